"""What needs a person today, counted and found without reading all wallets.

How many are blocked or near comes from the lists' stored copy, at most a minute old, else from the newest count of
exposure; only where there are few wallets a page counts them itself. Which of them are shown is decided by the rule,
at the instant.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Max, Min, QuerySet, Sum

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
    Wallet,
    WalletCopy,
)
from credit.reports import overdue
from credit.reports.exposure import FEW
from credit.terms import Standing

MOST = 1000  # where a count stops
COPY_LASTS = timedelta(seconds=60)
A_DAY = timedelta(days=1)
_CANDIDATES = 40  # looked at to find the first few that still are what they were
_LATEST_DECLINES = 200


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
    def stopped(self) -> int:
        return self.blocked + self.suspended


def standings(now: datetime) -> Standings:
    state = CopyState.objects.first()
    if state and state.layout == facets.LAYOUT and now - state.taken_at <= COPY_LASTS:
        return _of_the_copy(state)
    if Wallet.objects.order_by().values("pk")[: FEW + 1].count() <= FEW:
        live = Wallet.objects.filter(closed_at=None).at(now, "standing").order_by().values("standing")
        return Standings(
            **_by_standing(live.annotate(wallets=Count("pk")).values_list("standing", "wallets"))
        )
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
    counts = _by_standing(lines.annotate(Sum("wallets")))
    return Standings(**counts, taken_at=taken_at, is_known=taken_at is not None)


def _by_standing(rows: Iterable[tuple[str, int]]) -> dict[str, int]:
    shown = (Standing.BLOCKED, Standing.SUSPENDED, Standing.NEAR)
    return {standing: wallets for standing, wallets in rows if standing in shown}


def _place(standing: Standing) -> int:
    """As the copy keeps it (list_orders.py)."""
    return " ".join(Standing.values).index(standing) + 1


@dataclass(frozen=True)
class Stopped:
    """A blocked wallet with the rule's numbers; since when, and how often it was declined in the last day."""

    wallet: Any
    since: datetime | None
    declines: int


def blocked(now: datetime, count: int) -> list[Stopped]:
    """The first few: those whose charges were declined last, then those blocked last, then any."""
    recent = (
        Decline.objects.filter(pk__in=_latest_declines(), at__gt=now - A_DAY).order_by().values("wallet_id")
    )
    declined = {
        row["wallet_id"]: row for row in recent.annotate(times=Count("pk"), first=Min("at"), last=Max("at"))
    }
    watched = dict(
        AlertWatch.objects.filter(blocked_since__isnull=False)
        .order_by("-blocked_since")
        .values_list("wallet_id", "blocked_since")[:_CANDIDATES]
    )
    copied = WalletCopy.objects.filter(standing_order=_place(Standing.BLOCKED)).order_by("wallet")
    by_last_decline = sorted(declined, key=lambda pk: declined[pk]["last"], reverse=True)
    pks = [*by_last_decline, *watched, *copied.values_list("wallet_id", flat=True)[:_CANDIDATES]]
    return [
        Stopped(
            wallet,
            watched.get(wallet.pk) or declined.get(wallet.pk, {}).get("first"),
            declined.get(wallet.pk, {}).get("times", 0),
        )
        for wallet in _still(Standing.BLOCKED, pks, now)[:count]
    ]


def _latest_declines() -> list[int]:
    return list(Decline.objects.order_by("-pk").values_list("pk", flat=True)[:_LATEST_DECLINES])


def near(now: datetime, count: int) -> list[Any]:
    """The first few, the fullest first."""
    fullest = WalletCopy.objects.filter(standing_order=_place(Standing.NEAR), used_order__lte=100)
    pks = list(fullest.order_by("-used_order", "-wallet").values_list("wallet_id", flat=True)[:_CANDIDATES])
    found = _still(Standing.NEAR, pks, now)
    return sorted(found, key=lambda wallet: -wallet.used_percent)[:count]


def _still(standing: Standing, pks: Sequence[int], now: datetime) -> list[Any]:
    """Those of which it is true at the instant, in their order."""
    if not pks:
        return []
    wallets = Wallet.objects.filter(closed_at=None).at(
        now, "standing", "usable_micros", "used_percent", "effective_limit_micros", "limit_state"
    )
    found = wallets.filter(pk__in=set(pks), standing=standing).select_related("organization").in_bulk()
    return [found[pk] for pk in dict.fromkeys(pks) if pk in found]


def of(pks: Sequence[int]) -> dict[int, Wallet]:
    return Wallet.objects.filter(pk__in=pks).select_related("organization").in_bulk() if pks else {}


# --- the rest ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Spending:
    """Customers who are overdue and go on spending, of those with the oldest invoices."""

    number: int
    is_more: bool
    rows: list[Any]


def overdue_and_spending(now: datetime, count: int) -> Spending:
    """Looked for among the oldest invoices only, along the index of due dates."""
    oldest = overdue.late(now).order_by("due_on", "pk").values_list("wallet_id", flat=True)[: MOST + 1]
    wallets = list(oldest)
    rows = overdue.debtors(now, still_spending=True).filter(wallet_id__in=set(wallets))
    columns = ("wallet_id", "overdue_micros", "oldest_due_on", "invoices")
    found = list(rows.order_by("oldest_due", "wallet_id").values_list(*columns, named=True))
    return Spending(len(found), len(wallets) > MOST, found[:count])


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
    left = Delivery.objects.at(now).filter(sent_at=None)
    return many(left.filter(state__in=(DeliveryState.FAILED, DeliveryState.UNKNOWN)))
