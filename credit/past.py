"""As of: the wallet's row at a past instant, rebuilt from what had been posted by then, read by today's one rule."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Q, Subquery, Sum
from django.utils.translation import gettext as _

from credit.archive import telling
from credit.models import Change, CreditLimit, HoldLine, LimitSlot, Period, Reservation, Transaction, Wallet


class NotThatFarBack(ValueError):
    """The wallet did not exist at that instant, or its lines of then are in the archive."""


def wallet_as_of(wallet: Wallet, instant: datetime) -> Wallet:
    """The wallet with the numbers of `Wallet.objects.at()` as of an aware instant that is not in the future."""
    if instant < wallet.created_at:
        raise NotThatFarBack(
            _("The wallet was created on %(day)s at %(time)s UTC.")
            % {"day": f"{wallet.created_at:%Y-%m-%d}", "time": f"{wallet.created_at:%H:%M}"}
        )
    archived = telling.of(wallet)
    if archived and instant < archived.before:
        raise NotThatFarBack(archived.words)
    money = _money(wallet, instant, archived)
    columns = {**_decided(wallet, instant), **_limits(wallet, instant), **money}
    row = Wallet.objects.at(instant, **columns).select_related("organization").get(pk=wallet.pk)
    for name, value in columns.items():
        setattr(row, name, value)  # the row's own columns too: balance, mode and the slots of the limits
    return row


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


def _money(wallet: Wallet, instant: datetime, archived: telling.Archived | None) -> dict[str, Any]:
    """The parts of the balance; the periods are split by the instant already, so none is left to end."""
    sequence = last_sequence_by(wallet, instant, after=archived.last_sequence if archived else 0)
    last = Transaction.objects.filter(wallet=wallet, sequence=sequence).first()
    current = (
        archived.current_balance_micros if archived else 0
    )  # where no line came after those in the archive
    unbilled, closing = _unbilled_and_closing(wallet, instant, sequence)
    return {
        "balance_micros": (last.current_balance_after_micros if last else current) + unbilled + closing,
        "unbilled_micros": unbilled,
        "closing_micros": closing,
        "period_ends_at": None,
        "reserved_micros": _reserved(wallet, instant),
        "next_hold_ends_at": None,
    }


class _PostedAt(Sequence[datetime]):
    """The instants of a wallet's lines by position; both never fall, so a date is found in a few look-ups."""

    def __init__(self, wallet: Wallet):
        self.lines = Transaction.objects.filter(wallet=wallet).values_list("posted_at", flat=True)
        self.length = wallet.last_sequence

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, at: Any) -> Any:
        return self.lines.get(sequence=at + 1)


def last_sequence_by(wallet: Wallet, instant: datetime, after: int = 0) -> int:
    """The sequence of the last line posted by an instant; 0 where there was none.

    `after` is the last line in the archive, all of which were posted by then.
    """
    return bisect_right(_PostedAt(wallet), instant, lo=after)


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


def _reserved(wallet: Wallet, instant: datetime) -> int:
    return sum(_held(wallet, instant))


def holds_at(wallet: Wallet, instant: datetime) -> int:
    """How many were in progress."""
    return len(_held(wallet, instant))


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
