"""The books after a close, added up a second time: one wallet that does not add up voids a figure.

The sums are written here anew on purpose. What is checked must not be what checks.
"""

from datetime import datetime

import psycopg

from benchmarks.charging.books import Range
from benchmarks.closing.due_wallets import STARTS_AT

_MINE = "wallet_id ~ '^[0-9]+$' AND wallet_id::bigint BETWEEN %(first)s AND %(last)s"
_CLOSED = f"""
WITH w AS (
    SELECT * FROM credit_wallet WHERE {_MINE}
), ledger AS (
    SELECT t.wallet_id, sum(amount_micros) AS total, count(*) AS lines, max(sequence) AS last,
        -coalesce(sum(amount_micros) FILTER (WHERE t.period_starts_at = %(starts_at)s), 0) AS counted,
        -coalesce(sum(amount_micros) FILTER (WHERE invoice_id IS NOT NULL), 0) AS rounding
    FROM credit_transaction AS t JOIN w ON w.id = t.wallet_id GROUP BY t.wallet_id
), billed AS (
    SELECT i.wallet_id, count(DISTINCT i.id) AS invoices, max(i.total_micros) AS total,
        sum(l.rounded_micros) AS rounded, sum(l.exact_micros) AS exact
    FROM credit_invoice AS i JOIN w ON w.id = i.wallet_id JOIN credit_invoiceline AS l ON l.invoice_id = i.id
    WHERE i.period_starts_at = %(starts_at)s GROUP BY i.wallet_id
), ended AS (
    SELECT p.wallet_id, count(*) AS periods, count(p.closed_at) AS closed, count(p.invoice_id) AS invoices,
        sum(p.amount_micros) AS amount
    FROM credit_period AS p JOIN w ON w.id = p.wallet_id WHERE p.starts_at = %(starts_at)s GROUP BY p.wallet_id
), every AS (
    SELECT balance_micros, closing_micros, unbilled_micros, last_sequence, lines, last, counted, rounding,
        ledger.total AS sum_of_lines, billed.invoices AS made, billed.total AS billed_total, rounded, exact,
        periods, amount, ended.invoices AS noted, coalesce(closed = 1, false) AS is_closed
    FROM w JOIN ledger ON ledger.wallet_id = w.id LEFT JOIN billed ON billed.wallet_id = w.id
    LEFT JOIN ended ON ended.wallet_id = w.id
)
SELECT
    count(*) FILTER (WHERE is_closed),
    count(*) FILTER (WHERE balance_micros - closing_micros - unbilled_micros <> sum_of_lines),
    count(*) FILTER (WHERE last_sequence <> lines OR last_sequence <> last),
    count(*) FILTER (WHERE is_closed AND (made, periods, noted) IS DISTINCT FROM (1, 1, 1)),
    count(*) FILTER (WHERE is_closed AND (amount <> counted OR exact <> counted OR rounded <> billed_total
        OR counted + rounding <> billed_total OR closing_micros <> 0)),
    count(*) FILTER (WHERE NOT is_closed AND made IS NOT NULL)
FROM every
"""
CLOSED_FAULTS = (
    "differ from the sum of their ledgers",
    "have a gap or a double in their sequence",
    "are closed, but not with one period and one invoice",
    "have an invoice that is not what their month adds up to",
    "are not closed, but have an invoice",
)

_LIMITS = f"""
SELECT count(*) FILTER (WHERE temporary_ends_at IS NULL),
    count(*) FILTER (WHERE (temporary_ends_at IS NULL)
        IS DISTINCT FROM (h.ending = 'expired' AND coalesce(h.ended_at = h.ends_at, false))),
    count(*) FILTER (WHERE (temporary_ends_at IS NULL) IS DISTINCT FROM (n.limit_id IS NOT NULL)),
    count(*) FILTER (WHERE version <> CASE WHEN temporary_ends_at IS NULL THEN 2 ELSE 1 END)
FROM (SELECT * FROM credit_wallet WHERE {_MINE}) AS w
LEFT JOIN credit_creditlimit AS h ON h.wallet_id = w.id AND h.slot = 'temporary'
LEFT JOIN credit_notice AS n ON n.limit_id = h.id AND n.wallet_id = w.id
"""
LIMIT_FAULTS = (
    "have a history that says otherwise",
    "have a notice without an ended limit, or the other way round",
    "have a version that did not count the end",
)


# Nothing else is issued in this database, so every number that was drawn stands on one of these invoices.
_ISSUED = f"""
SELECT count(number), count(*) FILTER (WHERE number IS NULL), count(number) - count(DISTINCT number),
    (SELECT sum(last_number) FROM credit_invoiceseries) - count(number)
FROM credit_invoice WHERE wallet_id IN (SELECT id FROM credit_wallet WHERE {_MINE})
"""


def faults_of_closes(url: str, wallets: Range, *, closed: int, starts_at: datetime = STARTS_AT) -> list[str]:
    """What is wrong with the books of these wallets, so many of which were told to be closed."""
    counted, *counts = _asked(url, _CLOSED, {**vars(wallets), "starts_at": starts_at})
    return _told(counts, CLOSED_FAULTS) + _different(closed, counted, "closed")


def faults_of_ended_limits(url: str, wallets: Range, *, ended: int) -> list[str]:
    counted, *counts = _asked(url, _LIMITS, vars(wallets))
    return _told(counts, LIMIT_FAULTS) + _different(ended, counted, "without their temporary limit")


def faults_of_issues(url: str, wallets: Range, *, issued: int) -> list[str]:
    """What is wrong with the numbers of these wallets' invoices, so many of which were told to be issued."""
    counted, drafts, doubles, gaps = _asked(url, _ISSUED, vars(wallets))
    return [
        *_different(issued, counted, "issued", "invoices"),
        *(["no draft was left before the time was over"] if not drafts else []),
        *([f"{doubles} invoices have a number that another one has"] if doubles else []),
        *([f"{gaps} numbers were drawn for no invoice"] if gaps else []),
    ]


def _asked(url: str, statement: str, values: dict[str, object]) -> tuple[int, ...]:
    with psycopg.connect(url) as connection:
        return connection.execute(statement, values).fetchone()


def _told(counts: list[int], faults: tuple[str, ...]) -> list[str]:
    return [f"{count} wallets {fault}" for count, fault in zip(counts, faults, strict=True) if count]


def _different(told: int, counted: int, what: str, of: str = "wallets") -> list[str]:
    return [] if told == counted else [f"{told} {of} were told to be {what}, {counted} are"]
