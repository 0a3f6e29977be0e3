"""What needs a person today, counted and found without reading all wallets.

How many are blocked or near comes from the lists' stored copy, at most a minute old, else from the newest count of
exposure; only where there are few wallets a page counts them itself. Which of them are shown is decided by the rule,
at the instant.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.cache import cache
from django.db.models import Count, F, Max, OuterRef, QuerySet, Subquery, Sum

from credit import facets
from credit.models import (
    AlertEvent,
    AlertKind,
    AlertWatch,
    CopyState,
    Decline,
    Delivery,
    DeliveryState,
    Exposure,
    ExposureLine,
    Invoice,
    Transaction,
    Wallet,
    WalletCopy,
)
from credit.reports import overdue
from credit.reports.exposure import FEW
from credit.terms import CHARGES, Standing

MOST = 1000  # where a count stops
COPY_LASTS = timedelta(seconds=60)
A_DAY = timedelta(days=1)
_CANDIDATES = 20  # looked at to find the first few that still are what they were
_LATEST_DECLINES = 200
_SPENDING = "overdue-and-spending"


@dataclass(frozen=True)
class Many:
    """A count that stops at a bound."""

    number: int

    @property
    def shown(self) -> int:
        return min(self.number, MOST)

    @property
    def is_more(self) -> bool:
        return self.number > MOST


def many(rows: QuerySet[Any, Any]) -> Many:
    return Many(rows.order_by().values("pk")[: MOST + 1].count())


# --- blocked and near -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Standings:
    """Open wallets by what their customers can do. `taken_at` None: counted at this instant."""

    blocked: int = 0
    suspended: int = 0
    near: int = 0
    taken_at: datetime | None = None
    is_known: bool = True

    @property
    def is_live(self) -> bool:
        return self.is_known and self.taken_at is None

    @property
    def stopped(self) -> int:
        return self.blocked + self.suspended


def standings(now: datetime) -> Standings:
    state = CopyState.objects.first()
    if state and state.layout == facets.LAYOUT and now - state.taken_at <= COPY_LASTS:
        return _of_the_copy(state)
    if Wallet.objects.order_by().values("pk")[: FEW + 1].count() <= FEW:
        live: QuerySet[Any, Any] = Wallet.objects.filter(closed_at=None).at(now, "standing").order_by()
        return _by_standing(live.values_list("standing").annotate(Count("pk")), None)
    return _of_the_exposure()


def _of_the_copy(state: CopyState) -> Standings:
    wallets = {int(packed): count for packed, count in state.facets.items()}

    def count(**asked: Sequence[str]) -> int:
        return sum(wallets[packed] for packed in facets.meeting(wallets, asked))

    return Standings(
        blocked=count(use=["blocked"], status=["active"]),
        suspended=count(status=["suspended"]),
        near=count(use=["near"], status=["active"]),
        taken_at=state.taken_at,
    )


def _of_the_exposure() -> Standings:
    day = Exposure.objects.order_by("-day").values("day")[:1]
    lines = ExposureLine.objects.filter(exposure__day=day).order_by().values_list("standing")
    taken_at = Exposure.objects.filter(day=day).aggregate(latest=Max("taken_at"))["latest"]
    return _by_standing(lines.annotate(Sum("wallets")), taken_at, is_known=taken_at is not None)


def _by_standing(
    rows: Iterable[tuple[Any, Any]], taken_at: datetime | None, *, is_known: bool = True
) -> Standings:
    wallets = dict(rows)
    shown = (Standing.BLOCKED, Standing.SUSPENDED, Standing.NEAR)
    blocked, suspended, near = (wallets.get(standing, 0) for standing in shown)
    return Standings(blocked, suspended, near, taken_at, is_known)


def _place(standing: Standing) -> int:
    """As the copy keeps it (list_orders.py)."""
    return " ".join(Standing.values).index(standing) + 1


@dataclass(frozen=True)
class Stopped:
    """A blocked wallet with the rule's numbers; since when, and how often it was declined in the last day."""

    wallet: Any
    since: datetime | None
    declines: int


@dataclass(frozen=True)
class FirstFew:
    """Blocked: those whose charges were declined last, then those blocked last, then any. Near: the fullest first."""

    blocked: list[Stopped]
    near: list[Any]


def first_few(now: datetime, count: int, counts: Standings) -> FirstFew:
    """Looked for where they are likely; the rule says in one query which of them it is true of at the instant."""
    declined, watched = _declined(now), _watched()
    if counts.is_live:
        blocked, filling = _live(Standing.BLOCKED, now), _live(Standing.NEAR, now)
    else:
        blocked = _copied(Standing.BLOCKED, "wallet")
        # Who has something left has used less than all: the index of use is walked from there on.
        filling = _copied(Standing.NEAR, "-used_order", "-wallet", used_order__lt=100)
    stopped = [*declined, *watched, *blocked]
    standing, percent = _still([*stopped, *filling], now)
    first = [pk for pk in dict.fromkeys(stopped) if standing.get(pk) == Standing.BLOCKED][:count]
    fullest = [pk for pk in filling if standing.get(pk) == Standing.NEAR]
    fullest.sort(key=lambda pk: -percent[pk])
    shown = _shown([*first, *fullest[:count]], now)
    return FirstFew(
        [
            Stopped(
                shown[pk],
                watched.get(pk) or min(declined.get(pk, []), default=None),
                len(declined.get(pk, [])),
            )
            for pk in first
        ],
        [shown[pk] for pk in fullest[:count]],
    )


def _declined(now: datetime) -> dict[int, list[datetime]]:
    """The instants of the last day's declines, the wallet declined last first: of the newest few only."""
    found: dict[int, list[datetime]] = {}
    for pk, at in Decline.objects.order_by("-pk").values_list("wallet_id", "at")[:_LATEST_DECLINES]:
        if at > now - A_DAY:
            found.setdefault(pk, []).append(at)
    return found


def _watched() -> dict[int, datetime]:
    blocked = AlertWatch.objects.filter(blocked_since__isnull=False).order_by("-blocked_since")
    return dict(blocked.values_list("wallet_id", "blocked_since")[:_CANDIDATES])  # type: ignore[arg-type]


def _copied(standing: Standing, *order: str, **bounds: int) -> list[int]:
    copies = WalletCopy.objects.filter(standing_order=_place(standing), **bounds).order_by(*order)
    return list(copies.values_list("wallet_id", flat=True)[:_CANDIDATES])


def _live(standing: Standing, now: datetime) -> list[int]:
    """Where there are few wallets and no fresh copy."""
    wallets: QuerySet[Any] = Wallet.objects.filter(closed_at=None).at(now, "standing", "used_percent")
    found = wallets.filter(standing=standing).order_by(F("used_percent").desc(nulls_last=True), "pk")
    return list(found.values_list("pk", flat=True)[:_CANDIDATES])


def _still(pks: Sequence[int], now: datetime) -> tuple[dict[int, str], dict[int, Any]]:
    """Standing and percent used of the open ones at the instant."""
    if not pks:
        return {}, {}
    wallets: QuerySet[Any] = Wallet.objects.filter(closed_at=None, pk__in=set(pks)).at(
        now, "standing", "used_percent"
    )
    rows = list(wallets.order_by().values_list("pk", "standing", "used_percent"))
    return {pk: standing for pk, standing, _ in rows}, {pk: percent for pk, _, percent in rows}


def _shown(pks: Sequence[int], now: datetime) -> dict[int, Any]:
    """With their numbers and organizations."""
    names = ("usable_micros", "used_percent", "effective_limit_micros", "limit_state")
    return Wallet.objects.at(now, *names).select_related("organization").in_bulk(pks) if pks else {}


# --- the rest ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Debt:
    """What a wallet has overdue, and since when."""

    wallet: Wallet
    oldest_due_on: date
    overdue_micros: int


@dataclass(frozen=True)
class Spending:
    """Customers who are overdue and go on spending; the count is at most a minute old, the rows are not."""

    number: int
    is_more: bool
    rows: list[Debt]


def overdue_and_spending(now: datetime, count: int) -> Spending:
    """As `overdue.debtors` has it, the longest overdue first, among the oldest invoices only."""
    kept = cache.get(_SPENDING)
    if kept is None:
        kept = _look_for_spending(now)
        cache.set(_SPENDING, kept, COPY_LASTS.seconds)
    number, is_more, first = kept
    return Spending(number, is_more, _debts(first, now, count))


def _look_for_spending(now: datetime) -> tuple[int, bool, list[int]]:
    """Along the index of due dates, no further than a bound."""
    late = overdue.late(now).order_by("due_on", "pk").values_list("wallet_id", "due_on")
    oldest = list(late[: MOST + 1])
    due_on: dict[int, date] = {}
    for pk, day in oldest[:MOST]:
        due_on.setdefault(pk, day)  # type: ignore[arg-type]
    charged = _charged_since(due_on)
    spending = [pk for pk in due_on if pk in charged]
    return len(spending), len(oldest) > MOST, spending[:_CANDIDATES]


def _debts(pks: Sequence[int], now: datetime, count: int) -> list[Debt]:
    """Of these wallets, the first few that are overdue at this instant."""
    there = overdue.today(now)
    invoices = overdue.open_invoices().filter(wallet__in=pks).order_by("due_on", "pk")
    found: dict[int, tuple[date, int]] = {}
    for pk, zone, due_on, micros in invoices.values_list(
        "wallet_id", "wallet__time_zone", "due_on", overdue.OPEN_MICROS
    ):
        if due_on and due_on < there.of(zone):
            oldest, total = found.get(pk, (due_on, 0))
            found[pk] = (oldest, total + micros)
    first = [pk for pk in pks if pk in found][:count]
    wallets = Wallet.objects.select_related("organization").in_bulk(first)
    return [Debt(wallets[pk], *found[pk]) for pk in first]


def _charged_since(due_on: dict[int, date]) -> set[int]:
    """Whose last charge was posted on a later day, where they are, than that on which the oldest invoice was due."""
    charged = Transaction.objects.filter(wallet=OuterRef("pk"), kind__in=CHARGES).newest_first()
    last = Wallet.objects.filter(pk__in=list(due_on)).annotate(last=Subquery(charged.values("posted_at")[:1]))
    return {
        pk
        for pk, zone, at in last.values_list("pk", "time_zone", "last")
        if at and at.astimezone(ZoneInfo(zone)).date() > due_on[pk]
    }


def drafts() -> Many:
    """Invoices that wait for a person: all drafts where there is a review, else those held back."""
    waiting = Invoice.objects.filter(issued_at=None)
    if not settings.CREDIT_INVOICE_REVIEW_HOURS:
        waiting = waiting.filter(held_back_at__isnull=False)
    return many(waiting)


def recovered(since: datetime) -> Many:
    """Customers told to work again. The newest alerts only: as many as a count may look at."""
    newest = AlertEvent.objects.filter(kind=AlertKind.RECOVERED).order_by("-pk").values("pk")[: MOST + 1]
    wallets = AlertEvent.objects.filter(pk__in=newest, at__gte=since).values("wallet")
    return Many(wallets.distinct().count())


def undelivered(now: datetime) -> Many:
    """E-mail that failed, or of which nobody knows whether it left."""
    left: QuerySet[Any] = Delivery.objects.at(now).filter(sent_at=None)
    return many(left.filter(state__in=(DeliveryState.FAILED, DeliveryState.UNKNOWN)))
