"""Adding up what a close has booked once more, by other means: the ledger's lines by the period that they carry,
against the invoices and the wallets' rows as they stand. Shares no statement with the close."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.db import connection

from credit.actions.month_end_reports import nested

# The pks travel as one JSON text: a list of a thousand placeholders would be parsed anew every time.
_THESE = {
    "postgresql": "(SELECT value::bigint FROM json_array_elements_text(%s::json))",
    "sqlite": "(SELECT value FROM json_each(%s))",
}
# From the first line of the period before: a line that a wrong boundary has left out would be found there.
_FROM = """
    COALESCE((SELECT earlier.first_sequence FROM credit_period AS earlier WHERE earlier.wallet_id = period.wallet_id
        AND earlier.starts_at < period.starts_at ORDER BY earlier.starts_at DESC LIMIT 1), 1)
"""
_LEDGER = {
    "postgresql": f"""
        SELECT period.id, sums.kind, sums.total, sums.lines FROM credit_period AS period CROSS JOIN LATERAL (
            SELECT line.kind, SUM(line.amount_micros) AS total, COUNT(*) AS lines FROM credit_transaction AS line
            WHERE line.wallet_id = period.wallet_id AND line.sequence >= {_FROM}
            AND line.period_starts_at = period.starts_at GROUP BY line.kind
        ) AS sums WHERE period.id IN {{these}}
    """,  # noqa: S608
    "sqlite": f"""
        SELECT period.id, line.kind, SUM(line.amount_micros), COUNT(*)
        FROM (SELECT * FROM credit_period WHERE id IN {{these}}) AS period
        CROSS JOIN credit_transaction AS line ON line.wallet_id = period.wallet_id AND line.sequence >= {_FROM}
        AND line.period_starts_at = period.starts_at GROUP BY period.id, line.kind
    """,  # noqa: S608
}
_INVOICED = """
    SELECT period.id, invoice.currency, line.kind, line.exact_micros, line.rounded_micros, line.count
    FROM credit_period AS period JOIN credit_invoice AS invoice ON invoice.id = period.invoice_id
    JOIN credit_invoiceline AS line ON line.invoice_id = invoice.id WHERE period.id IN {these}
"""
_PERIODS = """
    SELECT period.id, period.amount_micros, invoice.id, invoice.total_micros, (
        SELECT COALESCE(SUM(line.amount_micros), 0) FROM credit_transaction AS line
        WHERE line.invoice_id = invoice.id AND line.kind = 'rounding')
    FROM credit_period AS period LEFT JOIN credit_invoice AS invoice ON invoice.id = period.invoice_id
    WHERE period.id IN {these} ORDER BY period.id
"""
# Row and ledger of one moment: one statement reads both, while charges go on. The last line may be in the archive.
_WRONG_WALLETS = """
    SELECT wallet.wallet_id FROM credit_wallet AS wallet
    WHERE wallet.id IN (SELECT wallet_id FROM credit_period WHERE id IN {these})
    AND (wallet.balance_micros - wallet.closing_micros - wallet.unbilled_micros <> COALESCE(
            (SELECT line.current_balance_after_micros FROM credit_transaction AS line
                WHERE line.wallet_id = wallet.id AND line.sequence = wallet.last_sequence),
            (SELECT lines.current_balance_after_micros FROM credit_archivedlines AS lines
                WHERE lines.wallet_id = wallet.id AND lines.last_sequence = wallet.last_sequence), 0)
        OR wallet.closing_micros <> (SELECT COALESCE(SUM(ended.amount_micros), 0) FROM credit_period AS ended
            WHERE ended.wallet_id = wallet.id AND ended.closed_at IS NULL))
    ORDER BY wallet.id
"""

# (period, kind of transaction) -> (exact micros owed, ledger lines)
Sums = dict[tuple[int, str], tuple[int, int]]


def differences(said: dict[str, Any]) -> list[str]:
    """Where the close's own figures, the ledger, the invoices and the wallets' rows disagree; one sentence each.

    `said`: what the close told ("totals"), and the pks of the periods that it booked ("booked").
    """
    booked = json.dumps(said.get("booked", []))
    ledger = _ledger(booked)
    return [
        *_in_invoices(booked, ledger, said.get("totals", {})),
        *_in_periods(booked, ledger),
        *_in_wallets(booked),
    ]


def _in_invoices(booked: str, ledger: Sums, said: dict[str, Any]) -> Iterator[str]:
    invoiced, totals = _invoiced(booked)
    for pk, kind in sorted(name for name in {**ledger, **invoiced} if ledger.get(name) != invoiced.get(name)):
        in_ledger, on_invoice = ledger.get((pk, kind), (0, 0)), invoiced.get((pk, kind), (0, 0))
        yield f"Period {pk}, {kind}: the ledger has {in_ledger}, the invoice {on_invoice} (micros, lines)."
    if totals != said:
        yield f"The invoices add up to {totals}, the close said {said}."


def _ledger(booked: str) -> Sums:
    rows = _asked(_LEDGER[connection.vendor], booked)
    return {(pk, kind): (-int(total), lines) for pk, kind, total, lines in rows}


def _invoiced(booked: str) -> tuple[Sums, dict[str, Any]]:
    """What stands on the invoices: by period and kind, and in all by currency and kind."""
    sums: Sums = {}
    totals: dict[tuple[str, str], tuple[int, int, int]] = {}
    for pk, currency, kind, exact, rounded, count in _asked(_INVOICED, booked):
        sums[pk, kind] = (exact, count)
        so_far = totals.get((currency, kind), (0, 0, 0))
        totals[currency, kind] = (so_far[0] + exact, so_far[1] + rounded, so_far[2] + count)
    return sums, nested(totals)


def _in_periods(booked: str, ledger: Sums) -> Iterator[str]:
    """A period is what its lines add up to, and its invoice with the rounding lines that carry it is the same."""
    exact: Counter[int] = Counter()
    for (pk, _), (micros, _) in ledger.items():
        exact[pk] += micros
    for pk, amount, invoice, total, rounding in _asked(_PERIODS, booked):
        if exact[pk] != amount:
            yield f"Period {pk}: its lines add up to {exact[pk]}, it says {amount}."
        if invoice and total + int(rounding) != amount:
            yield f"Invoice {invoice}: {total} and rounding {rounding} are not {amount}."


def _in_wallets(booked: str) -> Iterator[str]:
    for (wallet_id,) in _asked(_WRONG_WALLETS, booked):
        yield f"Wallet {wallet_id}: row and ledger disagree about its balance or closing amount."


def _asked(text: str, booked: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(text.format(these=_THESE[connection.vendor]), [booked])
        return cursor.fetchall()
