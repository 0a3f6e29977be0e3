"""What the Month end page says: how far a run is, what ends next, which drafts wait. It never reads all wallets."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Count, Max, Q, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credit import display
from credit.models import Invoice, LockedMonth, MonthEndRun, Wallet
from credit.models.sums import WideSum
from credit.terms import Kind

MOST_COUNTED = 10_000
MOST_INSTANTS = 40
SHOWN_ERRORS = 10

# Steps from one instant to the next in the index of period ends, and counts no further than a bound at each.
_ENDS = """
    WITH RECURSIVE ends (instant) AS (
        SELECT MIN(period_ends_at) FROM credit_wallet WHERE period_ends_at IS NOT NULL
        UNION ALL
        SELECT (SELECT MIN(period_ends_at) FROM credit_wallet WHERE period_ends_at > ends.instant)
        FROM ends WHERE ends.instant IS NOT NULL
    )
    SELECT instant,
        (SELECT COUNT(*) FROM (
            SELECT 1 FROM credit_wallet WHERE period_ends_at = ends.instant LIMIT %s) AS counted),
        (SELECT MIN(time_zone) FROM (
            SELECT time_zone FROM credit_wallet WHERE period_ends_at = ends.instant LIMIT 100) AS seen),
        (SELECT COUNT(DISTINCT time_zone) FROM (
            SELECT time_zone FROM credit_wallet WHERE period_ends_at = ends.instant LIMIT 100) AS seen)
    FROM ends WHERE instant IS NOT NULL LIMIT %s
"""


@dataclass(frozen=True)
class Progress:
    """A run that is open; `rate` is whole wallets a second."""

    run: MonthEndRun
    done: int
    left: int
    percent: int
    rate: int
    ends_at: datetime | None
    errors: list[str]

    @property
    def is_cut(self) -> bool:
        return self.run.started_at is not None


@dataclass(frozen=True)
class End:
    """An instant at which periods end."""

    at: datetime
    place: str
    others: int
    wallets: int

    @property
    def is_capped(self) -> bool:
        return self.wallets > MOST_COUNTED

    @property
    def shown(self) -> int:
        return min(self.wallets, MOST_COUNTED)


def progress(run: MonthEndRun, now: datetime) -> Progress:
    finished = Q(finished_at__isnull=False)
    found = run.chunks.aggregate(done=Sum("wallets", filter=finished), latest=Max("finished_at"))
    done = found["done"] or 0
    seconds = (found["latest"] - run.started_at).total_seconds() if done and run.started_at else 0
    rate = int(done / seconds) if seconds > 0 else 0
    left = run.wallets - done
    return Progress(
        run=run,
        done=done,
        left=left,
        percent=100 * done // run.wallets if run.wallets else 0,
        rate=rate,
        ends_at=now + timedelta(seconds=left / rate) if rate else None,
        errors=list(run.chunks.exclude(error="").values_list("error", flat=True)[:SHOWN_ERRORS]),
    )


def ends() -> list[End]:
    """The next instants at which periods end, by index; one that has passed is due now."""
    with connection.cursor() as cursor:
        cursor.execute(_ENDS, [MOST_COUNTED + 1, MOST_INSTANTS])
        return [
            End(_instant(at), display.place(zone), places - 1, wallets)
            for at, wallets, zone, places in cursor.fetchall()
        ]


def _instant(value: Any) -> datetime:
    """SQLite hands a computed instant over as text."""
    if isinstance(value, datetime):
        return value
    field = Wallet._meta.get_field("period_ends_at")
    for convert in connection.ops.get_db_converters(field.get_col(Wallet._meta.db_table)):
        value = convert(value, None, connection)
    return value


def drafts() -> tuple[list[dict[str, Any]], bool]:
    """Per currency: count and total of invoices that are not issued; True if there are more than are counted."""
    some = (
        Invoice.objects.filter(issued_at=None).order_by("kind", "created_at").values("pk")[: MOST_COUNTED + 1]
    )
    rows = Invoice.objects.filter(pk__in=some).order_by("currency").values("currency")
    found = list(rows.annotate(count=Count("pk"), total=WideSum("total_micros"), held=Count("held_back_at")))
    return found, sum(row["count"] for row in found) > MOST_COUNTED


def months(now: datetime) -> dict[str, Any]:
    """The locked ones, newest first, and the latest that is over and not locked."""
    today = display.local(now, settings.PORTAL_TIME_ZONE).date()
    latest = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    locked = list(LockedMonth.objects.order_by("-month")[:6])
    is_open = not locked or locked[0].month < latest
    return {"locked": locked, "to_lock": latest if is_open else None}


def first_day(year: int, month: int) -> date | None:
    return date(year, month, 1) if 1 <= month <= 12 and 2000 <= year <= 9000 else None


# -- a report


def took(milliseconds: int) -> str:
    """ "340 ms", "12.4 s", "3 min 20 s"."""
    if milliseconds < 1000:
        return _("%(milliseconds)s ms") % {"milliseconds": milliseconds}
    minutes, rest = divmod(milliseconds, 60_000)
    return (
        _("%(minutes)s min %(rest)s s") % {"minutes": minutes, "rest": rest // 1000}
        if minutes
        else f"{rest // 1000}.{rest % 1000 // 100} s"
    )


def tables(report: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Per currency: a row per kind in the order of the words, their sum, and what a rehearsal counted."""
    totals, documents = report.get("totals", {}), report.get("documents", {})
    for currency in sorted({*totals, *documents}):
        rows = [
            _row(kind, totals[currency][kind]) for kind in Kind.values if kind in totals.get(currency, {})
        ]
        yield {
            "currency": currency,
            "rows": rows,
            "exact_micros": sum(row["exact_micros"] for row in rows),
            "rounded_micros": sum(row["rounded_micros"] for row in rows),
            "rounding_micros": sum(row["rounding_micros"] for row in rows),
            "lines": sum(row["lines"] for row in rows),
            "documents": [(SORTS[name], table) for name, table in _in_order(documents.get(currency, {}))],
            "largest": report.get("largest", {}).get(currency, []),
        }


def chosen(tables: list[dict[str, Any]], currency: str) -> dict[str, Any] | None:
    """The table of the currency, else the one with most transactions; with the wallets of its largest invoices."""
    named = [table for table in tables if table["currency"] == currency]
    table = named[0] if named else max(tables, key=lambda table: table["lines"], default=None)
    if table:
        wallets = Wallet.objects.select_related("organization").in_bulk([pk for _, pk in table["largest"]])
        table["largest"] = [(micros, wallets.get(pk)) for micros, pk in table["largest"]]
    return table


SORTS = {
    "invoices": gettext_lazy("Invoices"),
    "statements": gettext_lazy("Internal statements"),
    "negative": gettext_lazy("of these, negative"),
    "zero": gettext_lazy("of these, zero after rounding"),
}


def _in_order(documents: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    return ((name, documents[name]) for name in SORTS if name in documents)


def _row(kind: str, numbers: dict[str, int]) -> dict[str, Any]:
    rounding = numbers["rounded_micros"] - numbers["exact_micros"]
    return {"kind": Kind(kind).label, **numbers, "rounding_micros": rounding}
