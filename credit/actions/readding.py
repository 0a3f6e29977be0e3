"""Adding up what a close has booked once more, by other means: the ledger's lines by the period that they carry,
against the invoices and the wallets' rows as they stand. Shares no statement with the close."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection
from django.db.models import BigIntegerField, F, OuterRef, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from credit.actions.month_end_reports import nested
from credit.models import ArchivedLines, InvoiceLine, Period, Transaction, Wallet
from credit.terms import Kind

# From the first line of the period before: a line that a wrong boundary has left out would be found there.
_FROM = """
    COALESCE((SELECT earlier.first_sequence FROM credit_period AS earlier WHERE earlier.wallet_id = period.wallet_id
        AND earlier.starts_at < period.starts_at ORDER BY earlier.starts_at DESC LIMIT 1), 1)
"""
_PER_KIND = {
    "postgresql": f"""
        SELECT period.id, sums.kind, sums.total, sums.lines FROM credit_period AS period CROSS JOIN LATERAL (
            SELECT line.kind, SUM(line.amount_micros) AS total, COUNT(*) AS lines FROM credit_transaction AS line
            WHERE line.wallet_id = period.wallet_id AND line.sequence >= {_FROM}
            AND line.period_starts_at = period.starts_at GROUP BY line.kind
        ) AS sums WHERE period.id IN (SELECT value::bigint FROM json_array_elements_text(%s::json))
    """,  # noqa: S608
    "sqlite": f"""
        SELECT period.id, line.kind, SUM(line.amount_micros), COUNT(*)
        FROM (SELECT * FROM credit_period WHERE id IN (SELECT value FROM json_each(%s))) AS period
        CROSS JOIN credit_transaction AS line ON line.wallet_id = period.wallet_id AND line.sequence >= {_FROM}
        AND line.period_starts_at = period.starts_at GROUP BY period.id, line.kind
    """,  # noqa: S608
}

# (period, kind of transaction) -> (exact micros owed, ledger lines)
Sums = dict[tuple[int, str], tuple[int, int]]


def differences(said: dict[str, Any]) -> list[str]:
    """Where the close's own figures, the ledger, the invoices and the wallets' rows disagree; one sentence each.

    `said`: what the close told ("totals"), and the pks of the periods that it booked ("booked").
    """
    periods = list(Period.objects.filter(pk__in=said.get("booked", ())).select_related("invoice"))
    return [
        *_in_invoices(periods, said.get("totals", {})),
        *_in_rounding(periods),
        *_in_wallets([period.wallet_id for period in periods]),
    ]


def _in_invoices(periods: Sequence[Period], said: dict[str, Any]) -> Iterator[str]:
    ledger, invoiced, totals = _ledger(periods), *_invoiced(periods)
    for pk, kind in sorted(ledger.keys() | invoiced.keys()):
        in_ledger, on_invoice = ledger.get((pk, kind), (0, 0)), invoiced.get((pk, kind), (0, 0))
        if in_ledger != on_invoice:
            yield f"Period {pk}, {kind}: the ledger has {in_ledger}, the invoice {on_invoice} (micros, lines)."
    exact: Counter[int] = Counter()
    for (pk, _), (micros, _) in ledger.items():
        exact[pk] += micros
    for period in periods:
        if exact[period.pk] != period.amount_micros:
            yield f"Period {period.pk}: its lines add up to {exact[period.pk]}, it says {period.amount_micros}."
    if nested(totals) != said:
        yield f"The invoices add up to {nested(totals)}, the close said {said}."


def _ledger(periods: Sequence[Period]) -> Sums:
    with connection.cursor() as cursor:
        cursor.execute(_PER_KIND[connection.vendor], [json.dumps([period.pk for period in periods])])
        return {(pk, kind): (-int(total), lines) for pk, kind, total, lines in cursor.fetchall()}


def _invoiced(periods: Sequence[Period]) -> tuple[Sums, dict[tuple[str, str], tuple[int, int, int]]]:
    """What stands on the invoices: by period and kind, and in all by currency and kind."""
    sums: Sums = {}
    totals: dict[tuple[str, str], tuple[int, int, int]] = defaultdict(lambda: (0, 0, 0))
    lines = InvoiceLine.objects.filter(invoice__period__in=[period.pk for period in periods]).order_by()
    named = ("invoice__period", "invoice__currency", "kind", "exact_micros", "rounded_micros", "count")
    for pk, currency, kind, exact, rounded, count in lines.values_list(*named):
        sums[pk, kind] = (exact, count)
        so_far = totals[currency, kind]
        totals[currency, kind] = (so_far[0] + exact, so_far[1] + rounded, so_far[2] + count)
    return sums, totals


def _in_rounding(periods: Sequence[Period]) -> Iterator[str]:
    """An invoice's total and the rounding lines that carry it together are the period's exact amount."""
    invoices = {period.invoice_id: period for period in periods if period.invoice_id}
    rounding = Transaction.objects.filter(invoice__in=list(invoices), kind=Kind.ROUNDING).order_by()
    posted = dict(
        rounding.values("invoice").annotate(total=Sum("amount_micros")).values_list("invoice", "total")
    )
    for pk, period in invoices.items():
        total = period.invoice.total_micros if period.invoice else 0
        if total + posted.get(pk, 0) != period.amount_micros:
            yield f"Invoice {pk}: {total} and rounding {posted.get(pk, 0)} are not {period.amount_micros}."


def _in_wallets(pks: Sequence[int]) -> Iterator[str]:
    """Row and ledger of one moment: one statement reads both, while charges go on."""
    last = Transaction.objects.filter(wallet=OuterRef("pk"), sequence=OuterRef("last_sequence"))
    # The last line of a wallet that was quiet for long may be in the archive.
    archived = ArchivedLines.objects.filter(wallet=OuterRef("pk"), last_sequence=OuterRef("last_sequence"))
    ended = Period.objects.filter(wallet=OuterRef("pk"), closed_at=None).order_by().values("wallet")
    rows = Wallet.objects.filter(pk__in=pks).annotate(
        on_row=F("balance_micros") - F("closing_micros") - F("unbilled_micros"),
        on_line=_first_of(
            last.values("current_balance_after_micros"), archived.values("current_balance_after_micros")
        ),
        to_close=_first_of(ended.annotate(total=Sum("amount_micros")).values("total")),
    )
    wrong = rows.exclude(on_row=F("on_line"), closing_micros=F("to_close")).order_by("pk")
    for wallet in wrong:
        yield f"Wallet {wallet.wallet_id}: row and ledger disagree about its balance or closing amount."


def _first_of(*rows: Any) -> Coalesce:
    """The first that is there, else zero."""
    number = BigIntegerField()
    found = [Subquery(each, output_field=number) for each in rows]
    return Coalesce(*found, Value(0, output_field=number), output_field=number)
