"""What happened to a wallet around an instant, of all sorts in one order: lines, holds, declines, limits, changes."""

from collections import namedtuple
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from heapq import merge
from itertools import islice
from operator import attrgetter
from typing import Any

from django.db import router
from django.db.models import DateTimeField, Model, Q, QuerySet
from django.utils.translation import gettext as _

from credit import display
from credit.models import (
    Change,
    CreditLimit,
    Decline,
    HoldLine,
    LimitEnding,
    LimitSlot,
    Period,
    Transaction,
    Wallet,
)
from credit.views.history import MOST_LIMITS
from credit.views.ledger import ICONS
from credit.written_queries import Written, slot
from organizations.models import Organization

EARLIER, LATER = 15, 5
# What the history of limits tells better.
_LIMIT_VERBS = ("set_limit", "end_temporary_limit", "remove_permanent_limit")


@dataclass(frozen=True)
class Event:
    """One thing that changed, or was refused to change, what the wallet can spend. Micros of its currency."""

    at: datetime
    icon: str
    words: str
    by: str = ""
    then: str = ""
    micros: int | None = None
    balance_micros: int | None = None


@dataclass(frozen=True)
class Around:
    """Newest first on both sides of an instant."""

    later: list[Event]
    earlier: list[Event]


def around(wallet: Wallet, instant: datetime, now: datetime, last: int) -> Around:
    """The last events up to the instant, and the first after it. Eleven bounded queries, whatever the history.

    `last` is the sequence of the last line posted by the instant: neither that nor `posted_at` ever falls.
    """
    limits = list(CreditLimit.objects.filter(wallet=wallet).newest_first()[:MOST_LIMITS])
    of_limits = sorted((event for event in _limit_events(limits, wallet) if event.at <= now), key=_at)
    upto = [event for event in of_limits if event.at <= instant]
    after = [event for event in of_limits if event.at > instant]
    earlier = [*_recorded(wallet, instant, last, is_later=False), reversed(upto)]
    later = [*_recorded(wallet, instant, last, is_later=True), after]
    return Around(
        later=list(islice(merge(*later, key=_at), LATER))[::-1],
        earlier=list(islice(merge(*earlier, key=_at, reverse=True), EARLIER)),
    )


_at = attrgetter("at")


def _recorded(wallet: Wallet, instant: datetime, last: int, *, is_later: bool) -> Iterator[Iterator[Event]]:
    """A stream for each table, away from the instant on one side of it."""
    yield (_line(line) for line in _lines(wallet, last, is_later))
    yield (_hold(step) for step in _side(HoldLine, wallet, instant, is_later))
    yield (_decline(one, wallet) for one in _side(Decline, wallet, instant, is_later))
    yield (_change(one) for one in _side(Change, wallet, instant, is_later))
    yield (_period(one, wallet) for one in _side(Period, wallet, instant, is_later))


# Of each table its instant, and what is told of a row.
_TOLD: dict[type[Model], tuple[str, ...]] = {
    HoldLine: ("at", "change_micros", "by_name", "reservation__reference"),
    Decline: ("at", "amount_micros", "reason", "by_name", "reference"),
    Change: ("at", "verb", "by_name", "reason"),
    Period: ("ends_at", "amount_micros"),
}
_ROWS = {table: namedtuple(table.__name__, told) for table, told in _TOLD.items()}  # type: ignore[misc]


def _side(table: type[Model], wallet: Wallet, instant: datetime, is_later: bool) -> Iterator[Any]:
    using = router.db_for_read(table)
    found = _written_side(using, table, is_later).rows(
        wallet=wallet.pk, organization=wallet.organization_id, at=instant
    )
    return map(_ROWS[table]._make, found)


@cache
def _written_side(using: str, table: type[Model], is_later: bool) -> Written:
    column, at = _TOLD[table][0], slot("at", DateTimeField())
    rows = _of_wallet(table).values_list(*_TOLD[table])
    if is_later:
        return Written(rows.filter(**{f"{column}__gt": at}).order_by(column, "pk")[:LATER], using)
    return Written(rows.filter(**{f"{column}__lte": at}).order_by(f"-{column}", "-pk")[:EARLIER], using)


def _of_wallet(table: type[Model]) -> QuerySet[Any]:
    wallet = slot("wallet", Wallet._meta.pk)
    if table is not Change:
        return table._default_manager.filter(wallet=wallet)
    about = Q(wallet=wallet) | Q(wallet=None, organization=slot("organization", Organization._meta.pk))
    return Change.objects.decisions().filter(about).exclude(verb__in=_LIMIT_VERBS)


def _lines(wallet: Wallet, last: int, is_later: bool) -> QuerySet[Transaction]:
    lines = Transaction.objects.filter(wallet=wallet)
    if is_later:
        return lines.filter(sequence__gt=last).order_by("sequence")[:LATER]
    return lines.filter(sequence__lte=last).order_by("-sequence")[:EARLIER]


def _line(line: Transaction) -> Event:
    told = [line.description or line.reason, line.reference]
    return Event(
        line.posted_at,
        ICONS[line.kind],
        line.get_kind_display(),
        by=line.by_name,
        then=" · ".join(part for part in told if part),
        micros=line.amount_micros,
        balance_micros=line.current_balance_after_micros,
    )


def _hold(step: Any) -> Event:
    words = _("Reserved") if step.change_micros > 0 else _("Reservation given back or committed")
    return Event(step.at, "pause", words, step.by_name, step.reservation__reference, -step.change_micros)


def _decline(decline: Any, wallet: Wallet) -> Event:
    amount = decline.amount_micros
    asked = "" if amount is None else display.with_code(amount, wallet.currency)
    words = _("Declined: %(reason)s") % {
        "reason": display.inside(Decline(reason=decline.reason).get_reason_display())
    }
    return Event(
        decline.at, "stop", words, decline.by_name, " · ".join(filter(None, [asked, decline.reference]))
    )


def _change(change: Any) -> Event:
    words = change.verb.replace("_", " ").capitalize()
    return Event(change.at, "swap", words, change.by_name, change.reason)


def _period(period: Any, wallet: Wallet) -> Event:
    amount = display.with_code(period.amount_micros, wallet.currency)
    words = _("The period ended; unbilled began at zero")
    return Event(period.ends_at, "repeat", words, then=_("%(amount)s to be invoiced") % {"amount": amount})


def _limit_events(limits: list[CreditLimit], wallet: Wallet) -> Iterator[Event]:
    for limit in limits:
        amount = (
            _("Unlimited")
            if limit.unlimited
            else display.with_code(limit.amount_micros or 0, wallet.currency)
        )
        is_permanent = limit.slot == LimitSlot.PERMANENT
        what = _("Permanent limit: %(amount)s") if is_permanent else _("Temporary limit: %(amount)s")
        words = what % {"amount": amount}
        if limit.recorded_at < limit.starts_at:
            yield Event(limit.recorded_at, "limit", f"{words}, {_('scheduled')}", limit.by_name, limit.reason)
        if (
            limit.ended_at is None or limit.ended_at > limit.starts_at
        ):  # else it was taken back before it began
            yield Event(limit.starts_at, "limit", words, limit.by_name, limit.reason)
        ended_at = limit.ended_at or limit.ends_at  # by the clock, also before anybody books it
        if ended_at:
            ending = display.inside(limit.get_ending_display() or LimitEnding.EXPIRED.label)
            yield Event(ended_at, "clock", f"{words}, {ending}", limit.ended_by_name)
