"""As of: the wallet's row at a past instant, rebuilt from what had been posted by then, read by today's one rule."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Q, Subquery, Sum
from django.utils.translation import gettext as _

from credit.archive import telling
from credit.models import Change, CreditLimit, HoldLine, LimitSlot, Period, Reservation, Transaction, Wallet

# How many lines are looked up at once for a date: a ledger of a million lines is searched in four questions.
_LOOKED_UP = 32


class NotThatFarBack(ValueError):
    """The wallet did not exist at that instant, or its lines of then are in the archive."""


@dataclass(frozen=True)
class Past:
    """A wallet's row as of an instant, how many holds were in progress, and the last line posted by then."""

    row: Wallet
    holds: int
    last_sequence: int


def wallet_as_of(wallet: Wallet, instant: datetime) -> Wallet:
    """The wallet with the numbers of `Wallet.objects.at()` as of an aware instant that is not in the future."""
    return read(wallet, instant).row


def read(wallet: Wallet, instant: datetime) -> Past:
    """The wallet as of an aware instant that is not in the future, with what the page tells beside it."""
    if instant < wallet.created_at:
        raise NotThatFarBack(
            _("The wallet was created on %(day)s at %(time)s UTC.")
            % {"day": f"{wallet.created_at:%Y-%m-%d}", "time": f"{wallet.created_at:%H:%M}"}
        )
    archived = telling.of(wallet)
    if archived and instant < archived.before:
        raise NotThatFarBack(archived.words)
    sequence = last_sequence_by(wallet, instant, after=archived.last_sequence if archived else 0)
    held = _held(wallet, instant)
    money = _money(wallet, instant, sequence, archived)
    columns = {**_decided(wallet, instant), **_limits(wallet, instant), **money, "reserved_micros": sum(held)}
    row = Wallet.objects.at(instant, **columns).select_related("organization").get(pk=wallet.pk)
    for name, value in columns.items():
        setattr(row, name, value)  # the row's own columns too: balance, mode and the slots of the limits
    return Past(row, len(held), sequence)


def _decided(wallet: Wallet, instant: datetime) -> dict[str, Any]:
    """Mode, scheme, status and closing: today's, with every later change taken back, newest first."""
    names = ("mode", "scheme", "organization_status", "time_zone", "closed_at")
    columns = {name: getattr(wallet, name) for name in names}
    later = Change.objects.filter(wallet=wallet, at__gt=instant).order_by("-at", "-pk")
    for before in later.values_list("before", flat=True):
        columns |= {name: before[name] for name in columns if name in before}
    if isinstance(columns["closed_at"], str):
        columns["closed_at"] = datetime.fromisoformat(columns["closed_at"])
    return columns


def _limits(wallet: Wallet, instant: datetime) -> dict[str, Any]:
    standing = CreditLimit.objects.filter(Q(ended_at=None) | Q(ended_at__gt=instant), wallet=wallet)
    standing = standing.filter(recorded_at__lte=instant).order_by("starts_at", "pk")
    permanent = next((limit for limit in standing if limit.slot == LimitSlot.PERMANENT), None)
    temporary = [limit for limit in standing if limit.slot != LimitSlot.PERMANENT]
    # Of two, the later one takes over at its start; a single one that has not begun is scheduled.
    running = (
        temporary[0] if len(temporary) > 1 or (temporary and temporary[0].starts_at <= instant) else None
    )
    scheduled = temporary[-1] if temporary and temporary[-1] is not running else None
    return {
        "permanent_limit_micros": permanent.amount_micros if permanent else None,
        "limit_unlimited": bool(permanent and permanent.unlimited),
        **_slot("temporary", running),
        **_slot("scheduled", scheduled),
    }


def _slot(name: str, limit: CreditLimit | None) -> dict[str, Any]:
    return {
        f"{name}_limit_micros": limit.amount_micros if limit else None,
        f"{name}_starts_at": limit.starts_at if limit else None,
        f"{name}_ends_at": limit.ends_at if limit else None,
    }


def _money(
    wallet: Wallet, instant: datetime, sequence: int, archived: telling.Archived | None
) -> dict[str, Any]:
    """The parts of the balance; the periods are split by the instant already, so none is left to end."""
    last = Transaction.objects.filter(wallet=wallet, sequence=sequence)
    after = last.values_list("current_balance_after_micros", flat=True).first()
    if after is None:  # no line came after those in the archive
        after = archived.current_balance_micros if archived else 0
    unbilled, closing = _unbilled_and_closing(wallet, instant, sequence)
    return {
        "balance_micros": after + unbilled + closing,
        "unbilled_micros": unbilled,
        "closing_micros": closing,
        "period_ends_at": None,
        "next_hold_ends_at": None,
    }


def last_sequence_by(wallet: Wallet, instant: datetime, after: int = 0) -> int:
    """The sequence of the last line posted by an instant; 0 where there was none.

    `after` is the last line in the archive, all of which were posted by then. Along the ledger neither the sequence nor
    `posted_at` ever falls, so a date is found by a few looks at lines that lie evenly.
    """
    known, last = after, wallet.last_sequence
    while known < last:
        lines = Transaction.objects.filter(wallet=wallet, sequence__in=_evenly(known, last)).order_by(
            "sequence"
        )
        found = list(lines.values_list("sequence", "posted_at"))
        assert found, "a ledger has no gaps above what is in the archive"
        posted = bisect_right(found, instant, key=lambda line: line[1])
        if posted < len(found):
            last = found[posted][0] - 1
        if posted:
            known = found[posted - 1][0]
    return known


def _evenly(known: int, last: int) -> list[int]:
    """Up to so many sequences above `known`, the last one among them."""
    lines = last - known
    steps = min(lines, _LOOKED_UP)
    return [known + lines * step // steps for step in range(1, steps + 1)]


def _unbilled_and_closing(wallet: Wallet, instant: datetime, sequence: int) -> tuple[int, int]:
    ended = Period.objects.filter(
        Q(closed_at=None) | Q(closed_at__gt=instant), wallet=wallet, starts_at__lte=instant
    )
    # A period that had ended has its sum on its row, also where its lines are in the archive by now.
    unbilled, closing = 0, sum(period.amount_micros for period in ended if period.ends_at <= instant)
    spans = [
        (period.starts_at, period.ends_at, period.first_sequence)
        for period in ended
        if period.ends_at > instant
    ]
    if wallet.period_starts_at and wallet.period_ends_at and wallet.period_starts_at <= instant:
        spans.append((wallet.period_starts_at, wallet.period_ends_at, wallet.period_first_sequence))
    for starts_at, ends_at, first in spans:
        counted = _counted(wallet, starts_at, first, sequence)
        if ends_at <= instant:
            closing += counted
        else:
            unbilled += counted
    return unbilled, closing


def _counted(wallet: Wallet, starts_at: datetime, first: int, last: int) -> int:
    lines = Transaction.objects.filter(
        wallet=wallet, sequence__range=(first, last), period_starts_at=starts_at
    )
    return -(lines.aggregate(total=Sum("amount_micros"))["total"] or 0)


def _held(wallet: Wallet, instant: datetime) -> list[int]:
    """What was held and had not expired by its end as known then."""
    steps = HoldLine.objects.filter(reservation=OuterRef("pk"), at__lte=instant)
    end_then = Subquery(steps.order_by("-pk").values("expires_at")[:1])
    holds = Reservation.objects.filter(
        Q(ended_at=None) | Q(ended_at__gt=instant), wallet=wallet, placed_at__lte=instant
    )
    holds = holds.annotate(
        end_then=end_then, held=Sum("steps__change_micros", filter=Q(steps__at__lte=instant))
    )
    return [hold.held or 0 for hold in holds if hold.end_then > instant]
