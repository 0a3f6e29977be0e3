"""What the next close would invoice, without booking anything: for one customer, or as a run over all of them."""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from credit.actions.month_end_reports import nested
from credit.models import InvoiceKind, MonthEndChunk, Period, Wallet
from credit.money import round_to_currency
from credit.periods import month_end_after
from credit.terms import Kind, PaymentMode, Scheme

Clock = Callable[[], datetime]

# Where a month begins last after it has begun first: from UTC+14 to UTC-12.
ROUND_THE_WORLD = timedelta(hours=26)
LONGEST_PERIOD = timedelta(days=70)  # a month and what a change of time zone may add
LARGEST = 10

# Ended periods that are not closed, and running ones that end by an instant: each with the range of its lines.
_SPANS = """
    SELECT id AS wallet_id, NULL AS period_id, currency, scheme, period_starts_at AS starts_at,
        period_first_sequence AS first_sequence, last_sequence
    FROM credit_wallet WHERE id BETWEEN %(first)s AND %(last)s AND period_ends_at <= %(until)s
    UNION ALL
    SELECT period.wallet_id, period.id, wallet.currency, period.scheme, period.starts_at,
        period.first_sequence, period.last_sequence
    FROM credit_period AS period JOIN credit_wallet AS wallet ON wallet.id = period.wallet_id
    WHERE period.wallet_id BETWEEN %(first)s AND %(last)s AND period.closed_at IS NULL
        AND period.ends_at <= %(until)s
"""
_LINES = """
    line.wallet_id = span.wallet_id AND line.sequence BETWEEN span.first_sequence AND span.last_sequence
    AND line.period_starts_at = span.starts_at
"""
# Each span steps into the index for its own lines.
_PER_KIND = {
    "postgresql": f"""
        SELECT span.wallet_id, span.period_id, span.currency, span.scheme, sums.kind, sums.total, sums.lines
        FROM ({_SPANS}) AS span LEFT JOIN LATERAL (
            SELECT line.kind, SUM(line.amount_micros) AS total, COUNT(*) AS lines
            FROM credit_transaction AS line WHERE {_LINES} GROUP BY line.kind
        ) AS sums ON TRUE ORDER BY span.wallet_id, span.starts_at, sums.kind
    """,  # noqa: S608
    "sqlite": f"""
        SELECT span.wallet_id, span.period_id, span.currency, span.scheme, line.kind, SUM(line.amount_micros),
            COUNT(line.id)
        FROM ({_SPANS}) AS span LEFT JOIN credit_transaction AS line ON {_LINES}
        GROUP BY span.wallet_id, span.starts_at, line.kind ORDER BY span.wallet_id, span.starts_at, line.kind
    """,  # noqa: S608
}


@dataclass(frozen=True)
class Line:
    kind: str
    exact_micros: int
    rounded_micros: int
    count: int

    @property
    def kind_words(self) -> str:
        return str(Kind(self.kind).label)


@dataclass
class Draft:
    """The document that closing one period would make. Without lines it makes none; the period closes all the same."""

    wallet_pk: int
    period_pk: int | None  # None is the running one
    currency: str
    scheme: str
    lines: list[Line] = field(default_factory=list)

    @property
    def kind(self) -> InvoiceKind:
        return InvoiceKind.STATEMENT if self.scheme == Scheme.NONE else InvoiceKind.MONTHLY

    @property
    def total_micros(self) -> int:
        return sum(line.rounded_micros for line in self.lines)

    @property
    def exact_micros(self) -> int:
        return sum(line.exact_micros for line in self.lines)


@dataclass(frozen=True)
class NextInvoice:
    """As things stand now; `is_ended`: its month is over and only the close is still to come."""

    draft: Draft
    starts_at: datetime
    ends_at: datetime
    is_ended: bool


def until(now: datetime) -> datetime:
    """By then the month that is running now has ended everywhere."""
    return month_end_after(now, settings.PORTAL_TIME_ZONE) + ROUND_THE_WORLD


def drafts(first_wallet: int, last_wallet: int, until: datetime) -> Iterator[Draft]:
    """What a close at `until` would make of the wallets with these pks, were nothing posted meanwhile; oldest first."""
    instant = connection.ops.adapt_datetimefield_value(until)
    span = {"first": first_wallet, "last": last_wallet, "until": instant}
    draft = None
    with connection.cursor() as cursor:
        cursor.execute(_PER_KIND[connection.vendor], span)
        for wallet_pk, period_pk, currency, scheme, kind, total, lines in cursor.fetchall():
            if draft is None or (draft.wallet_pk, draft.period_pk) != (wallet_pk, period_pk):
                if draft:
                    yield draft
                draft = Draft(wallet_pk, period_pk, currency, scheme)
            if kind is not None:
                exact = -int(total)
                draft.lines.append(Line(kind, exact, round_to_currency(exact, currency), lines))
    if draft:
        yield draft


def next_invoice(wallet: Wallet, now: datetime) -> NextInvoice | None:
    """The oldest period with items that is not closed yet, else the running one; None for a prepaid or closed wallet.

    Its lines are per kind, rounded; a hold that is still live is no part of it.
    """
    if wallet.mode != PaymentMode.POSTPAID or wallet.closed_at or wallet.period_ends_at is None:
        return None
    assert wallet.period_starts_at is not None
    found = list(drafts(wallet.pk, wallet.pk, now + LONGEST_PERIOD))
    draft = next((each for each in found if each.lines), found[-1])
    if draft.period_pk is None:
        is_ended = wallet.period_ends_at <= now
        return NextInvoice(draft, wallet.period_starts_at, wallet.period_ends_at, is_ended)
    period = Period.objects.get(pk=draft.period_pk)
    return NextInvoice(draft, period.starts_at, period.ends_at, is_ended=True)


def work_off(chunk: MonthEndChunk, *, now: Clock) -> dict[str, int]:
    """One chunk of a rehearsal. It writes nothing but what it found, once."""
    found = _added_up(drafts(chunk.first_wallet, chunk.last_wallet, chunk.run.until))
    with transaction.atomic():
        held = MonthEndChunk.objects.select_for_update().get(pk=chunk.pk)
        if held.finished_at is None:
            held.counts, held.finished_at = found, now()
            held.save(update_fields=["counts", "finished_at"])
    return {"wallets_rehearsed": chunk.wallets}


def _added_up(drafts: Iterator[Draft]) -> dict[str, Any]:
    """Counts and totals as in the report of a close; documents by currency, and the largest of them."""
    wallets: set[int] = set()
    without: set[int] = set()
    totals: dict[tuple[str, str], tuple[int, int, int]] = {}
    documents: dict[str, dict[str, dict[str, int]]] = {}
    largest: list[tuple[int, int, str]] = []
    invoices = 0
    for draft in drafts:
        wallets.add(draft.wallet_pk)
        if not draft.lines:
            without.add(draft.wallet_pk)
            continue
        invoices += 1
        _add_lines(totals, draft)
        for name in _sorts(draft):
            _count(documents.setdefault(draft.currency, {}), name, draft.total_micros)
        largest.append((draft.total_micros, draft.wallet_pk, draft.currency))
    return {
        "wallets": len(wallets),
        "invoices": invoices,
        "without_items": len(without),
        "totals": nested(totals),
        "documents": documents,
        "largest": _largest(largest),
    }


def _add_lines(totals: dict[tuple[str, str], tuple[int, int, int]], draft: Draft) -> None:
    for line in draft.lines:
        exact, rounded, count = totals.get((draft.currency, line.kind), (0, 0, 0))
        totals[draft.currency, line.kind] = (
            exact + line.exact_micros,
            rounded + line.rounded_micros,
            count + line.count,
        )


def _sorts(draft: Draft) -> Iterator[str]:
    yield "statements" if draft.kind == InvoiceKind.STATEMENT else "invoices"
    if draft.total_micros < 0:
        yield "negative"
    if draft.total_micros == 0:
        yield "zero"


def _count(table: dict[str, dict[str, int]], name: str, micros: int) -> None:
    numbers = table.setdefault(name, {"count": 0, "total_micros": 0})
    numbers["count"] += 1
    numbers["total_micros"] += micros


def _largest(found: list[tuple[int, int, str]]) -> dict[str, list[list[int]]]:
    """Per currency, since amounts of different currencies have no order: [micros, wallet], the largest first."""
    by_currency: dict[str, list[list[int]]] = {}
    for micros, wallet, currency in found:
        by_currency.setdefault(currency, []).append([micros, wallet])
    return {currency: heapq.nlargest(LARGEST, rows) for currency, rows in by_currency.items()}
