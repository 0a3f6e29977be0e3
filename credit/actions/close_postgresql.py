"""PostgreSQL's own statements for a close: a chunk of wallets in two round trips, whatever their number.

They write what `closes` writes one wallet at a time, to the last digit: the tests close the same wallets both ways. The
rows are locked by one statement and read by the next, whose snapshot sees what was posted during the wait. Wallets on
which something else has to be booked first (a limit that ended, a hold that expired) are left to the portable path.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections

from credit import money, periods
from credit.actions import plain
from credit.actions.books import Now
from credit.actions.postgresql import sequence_of
from credit.actors import Actor
from credit.models import Invoice, InvoiceKind, InvoiceLine, Period, Transaction, Wallet
from credit.terms import Kind, Scheme

# Half away from zero to the currency's decimals, as money.round_to_currency: a division of integers cuts off.
_ROUNDED = """
    CASE WHEN sums.exact < 0 THEN -((e.unit / 2 - sums.exact) / e.unit * e.unit)
    ELSE (e.unit / 2 + sums.exact) / e.unit * e.unit END
"""

# True of every counted line (a day to either side: a period that a switch began may start a microsecond late). With it
# PostgreSQL passes over the other months of a ledger that is partitioned by month.
NEAR_ITS_PERIOD = """
    line.posted_at >= {period}.starts_at - interval '1 day' AND line.posted_at < {period}.ends_at + interval '1 day'
"""

# A month of more lines than this is added up before its wallet is locked, so that nobody waits for that.
MANY_LINES = 50

# $1 wallets. What is committed up to a sequence number never changes; only what came later is added up under the lock.
_ADD_UP = """
SELECT m.wallet_id, m.starts_at, m.last_sequence, line.kind, (-sum(line.amount_micros))::bigint, count(*)
FROM (
    SELECT id AS wallet_id, period_starts_at AS starts_at, period_ends_at AS ends_at,
        period_first_sequence AS first_sequence, last_sequence
    FROM {wallet} WHERE id = ANY ($1::bigint[])
    UNION ALL
    SELECT wallet_id, starts_at, ends_at, first_sequence, last_sequence
    FROM {period} WHERE wallet_id = ANY ($1::bigint[]) AND closed_at IS NULL
) AS m CROSS JOIN LATERAL (
    SELECT * FROM {line} AS line WHERE line.wallet_id = m.wallet_id
    AND line.sequence BETWEEN m.first_sequence AND m.last_sequence AND line.period_starts_at = m.starts_at
    AND {near_m}
) AS line
WHERE m.last_sequence - m.first_sequence >= $2::bigint GROUP BY 1, 2, 3, 4
"""

# $1 wallets
_LOCK = """
WITH locked AS MATERIALIZED (
    SELECT period_ends_at, time_zone, currency, latest_at FROM {wallet}
    WHERE id = ANY ($1::bigint[]) ORDER BY id FOR NO KEY UPDATE
)
SELECT period_ends_at, time_zone, array_agg(DISTINCT currency), max(latest_at) FROM locked GROUP BY 1, 2
"""

# $1 wallets, $2 now, $3 micros of each currency's minor unit, $4 the periods that follow an end in a zone,
# $5 by_user, $6 by_name, $7 what was added up before
_CLOSE = """
WITH following AS MATERIALIZED (
    SELECT * FROM json_to_recordset($4::json)
    AS f (after timestamptz, zone text, starts_at timestamptz, ends_at timestamptz)
), known AS MATERIALIZED (
    SELECT * FROM json_to_recordset($7::json)
    AS k (wallet bigint, starts_at timestamptz, up_to bigint, kind text, exact bigint, lines bigint)
), found AS MATERIALIZED (
    SELECT w.*, coalesce(w.period_ends_at <= w.t, false) AS is_over, {settled} AS is_plain
    FROM (SELECT *, greatest($2::timestamptz, latest_at) AS t FROM {wallet} WHERE id = ANY ($1::bigint[])) AS w
), w AS MATERIALIZED (
    SELECT found.*, ($3::jsonb ->> currency)::bigint AS unit,
        balance_micros - closing_micros - unbilled_micros AS current,
        f.starts_at AS next_starts_at, f.ends_at AS next_ends_at
    FROM found LEFT JOIN following AS f
    ON f.after = period_ends_at AND f.zone = time_zone AND f.starts_at <= t AND f.ends_at > t
    WHERE is_plain
), ended AS MATERIALIZED (
    SELECT w.id AS wallet, w.t, w.currency, w.unit, w.current, w.last_sequence AS latest_sequence,
        w.is_over, w.next_starts_at, w.next_ends_at,
        p.id AS period, p.starts_at, p.ends_at, p.scheme, p.amount_micros AS micros, p.first_sequence, p.last_sequence
    FROM w JOIN {period} AS p ON p.wallet_id = w.id AND p.closed_at IS NULL
    UNION ALL
    SELECT id, t, currency, unit, current, last_sequence, true, next_starts_at, next_ends_at,
        NULL, period_starts_at, period_ends_at, scheme, unbilled_micros, period_first_sequence, last_sequence
    FROM w WHERE is_over
    UNION ALL  -- months of silence: nothing can have been posted in them
    SELECT id, t, currency, unit, current, last_sequence, true, next_starts_at, next_ends_at,
        NULL, f.starts_at, f.ends_at, scheme, 0, last_sequence + 1, last_sequence
    FROM w JOIN following AS f ON f.after = w.period_ends_at AND f.zone = w.time_zone
    WHERE is_over AND f.ends_at <= t
), summed AS MATERIALIZED (
    SELECT e.*, sums.kind, sums.exact, sums.lines, {rounded} AS rounded
    FROM (
        SELECT ordered.*, nextval({invoice_ids}) AS invoice FROM (
            SELECT ended.*, greatest(k.up_to, first_sequence - 1) AS up_to
            FROM ended LEFT JOIN (SELECT wallet, starts_at, max(up_to) AS up_to FROM known GROUP BY 1, 2) AS k
            USING (wallet, starts_at) ORDER BY wallet, starts_at
        ) AS ordered
    ) AS e LEFT JOIN LATERAL (
        SELECT kind, sum(exact)::bigint AS exact, sum(lines)::bigint AS lines FROM (
            SELECT line.kind, -line.amount_micros AS exact, 1 AS lines FROM {line} AS line
            WHERE line.wallet_id = e.wallet AND line.sequence > e.up_to AND line.sequence <= e.last_sequence
            AND line.period_starts_at = e.starts_at AND {near_e}
            UNION ALL
            SELECT kind, exact, lines FROM known
            WHERE e.up_to >= e.first_sequence AND wallet = e.wallet AND starts_at = e.starts_at
        ) AS counted GROUP BY kind
    ) AS sums ON true
), items AS MATERIALIZED (
    SELECT *, starts_at IS DISTINCT FROM lag(starts_at) OVER wallets_items AS is_first,
        count(*) FILTER (WHERE exact <> rounded) OVER wallets_items AS nth_rounding,
        (sum(exact - rounded) OVER wallets_items)::bigint AS rounding_so_far
    FROM summed
    WINDOW wallets_items AS (PARTITION BY wallet ORDER BY starts_at, kind COLLATE "C")
), invoices AS (
    INSERT INTO {invoice} (id, wallet_id, kind, currency, period_starts_at, period_ends_at, total_micros, created_at,
        paid_micros, held_back_by_name, billed_to)
    SELECT invoice, min(wallet), CASE min(scheme) WHEN '{none}' THEN '{statement}' ELSE '{monthly}' END,
        min(currency), min(starts_at), min(ends_at), sum(rounded), min(t), 0, '', '{{}}'
    FROM items WHERE kind IS NOT NULL GROUP BY invoice ORDER BY invoice
), invoice_lines AS (
    INSERT INTO {invoice_line} (invoice_id, kind, exact_micros, rounded_micros, count)
    SELECT invoice, kind, exact, rounded, lines FROM items WHERE kind IS NOT NULL
), roundings AS (
    INSERT INTO {line} (wallet_id, sequence, posted_at, kind, amount_micros, current_balance_after_micros,
        counted, overrun, invoice_id, reference, description, reason, by_user_id, by_name)
    SELECT wallet, latest_sequence + nth_rounding, t, '{rounding}', exact - rounded, current + rounding_so_far,
        false, false, invoice, '', '', '', $5::int, $6::text
    FROM items WHERE exact <> rounded
), closed_periods AS (
    UPDATE {period} AS p SET closed_at = items.t, invoice_id = CASE WHEN items.kind IS NOT NULL THEN items.invoice END
    FROM items WHERE p.id = items.period AND items.is_first
), new_periods AS (
    INSERT INTO {period} (wallet_id, starts_at, ends_at, scheme, amount_micros, first_sequence, last_sequence,
        recorded_at, closed_at, invoice_id)
    SELECT wallet, starts_at, ends_at, scheme, micros, first_sequence, last_sequence, t, t,
        CASE WHEN kind IS NOT NULL THEN invoice END
    FROM items WHERE period IS NULL AND is_first
), kept AS (
    UPDATE {wallet} AS k SET
        balance_micros = k.balance_micros - moved.closed + moved.rounding,
        closing_micros = k.closing_micros - moved.was_closing,
        unbilled_micros = CASE WHEN moved.is_over THEN 0 ELSE k.unbilled_micros END,
        period_starts_at = CASE WHEN moved.is_over THEN moved.next_starts_at ELSE k.period_starts_at END,
        period_ends_at = CASE WHEN moved.is_over THEN moved.next_ends_at ELSE k.period_ends_at END,
        period_first_sequence = CASE WHEN moved.is_over THEN k.last_sequence + 1 ELSE k.period_first_sequence END,
        last_sequence = k.last_sequence + moved.lines,
        latest_at = moved.t
    FROM (
        SELECT wallet, min(t) AS t, bool_or(is_over) AS is_over, min(next_starts_at) AS next_starts_at,
            min(next_ends_at) AS next_ends_at, sum(micros) FILTER (WHERE is_first) AS closed,
            coalesce(sum(micros) FILTER (WHERE is_first AND period IS NOT NULL), 0) AS was_closing,
            coalesce(sum(exact - rounded), 0) AS rounding, count(*) FILTER (WHERE exact <> rounded) AS lines
        FROM items GROUP BY wallet
    ) AS moved WHERE k.id = moved.wallet
)
SELECT currency, kind, sum(exact), sum(rounded), sum(lines), NULL::bigint[] FROM items
WHERE kind IS NOT NULL GROUP BY currency, kind
UNION ALL
SELECT NULL, NULL, count(DISTINCT wallet), count(*) FILTER (WHERE is_first),
    count(*) FILTER (WHERE is_first AND kind IS NOT NULL), ARRAY(SELECT id FROM found WHERE NOT is_plain ORDER BY id)
FROM items
"""


class Booked(NamedTuple):
    """`totals`: currency, kind, exact micros, rounded micros, lines. `others`: wallets that were left alone."""

    wallets: int
    periods: int
    invoices: int
    totals: list[tuple[str, str, int, int, int]]
    others: list[int]


def close_at_once(wallet_pks: Sequence[int], *, by: Actor, now: Now) -> tuple[Booked, datetime]:
    """In the caller's transaction, which then holds the locks; with the instant, read once the rows were locked."""
    connection = connections[DEFAULT_DB_ALIAS]
    wallets = list(wallet_pks)
    with connection.wrap_database_errors, psycopg.RawCursor(connection.connection) as cursor:
        # For the foreign keys too, which are asked at the commit: their plans are kept, and may stem from empty tables.
        cursor.execute("SET LOCAL enable_seqscan = off")
        known = _added_up(cursor, wallets)
        ends = cursor.execute(_text(_LOCK), [wallets], prepare=True).fetchall()
        instant = now() if callable(now) else now
        who = (by.user.pk if by.user else None, by.name)
        values = [wallets, instant, _units(ends), _following(ends, instant), *who, known]
        rows = cursor.execute(_text(_CLOSE), values, prepare=True).fetchall()
    return _booked(rows), instant


def _added_up(cursor: Any, wallets: list[int]) -> str:
    names = ("wallet", "starts_at", "up_to", "kind", "exact", "lines")
    rows = cursor.execute(_text(_ADD_UP), [wallets, MANY_LINES], prepare=True).fetchall()
    return json.dumps([dict(zip(names, row, strict=True)) for row in rows], default=datetime.isoformat)


def _units(ends: list[tuple[Any, ...]]) -> str:
    currencies = {currency for _, _, used, _ in ends for currency in used}
    return json.dumps({currency: money.minor_unit(currency) for currency in currencies})


def _following(ends: list[tuple[Any, ...]], now: datetime) -> str:
    """After each end that has passed: the periods that ended since, and the one that runs."""
    rows = []
    for end, zone, _, latest in ends:
        starts_at = end
        while starts_at and starts_at <= max(now, latest):
            ends_at = periods.next_period_end(starts_at, zone)
            rows.append({"after": end, "zone": zone, "starts_at": starts_at, "ends_at": ends_at})
            starts_at = ends_at
    return json.dumps(rows, default=datetime.isoformat)


def _booked(rows: list[tuple[Any, ...]]) -> Booked:
    totals = [(row[0], row[1], *map(int, row[2:5])) for row in rows if row[0]]
    ((wallets, periods_, invoices, others),) = [row[2:] for row in rows if not row[0]]
    return Booked(int(wallets), int(periods_), int(invoices), totals, others)


@cache
def _text(text: str) -> str:
    return text.format(
        wallet=Wallet._meta.db_table,
        period=Period._meta.db_table,
        invoice=Invoice._meta.db_table,
        invoice_line=InvoiceLine._meta.db_table,
        line=Transaction._meta.db_table,
        invoice_ids=f"'{sequence_of(Invoice._meta.db_table)}'::regclass",
        settled=plain.LIMITS_AND_HOLDS_STAND,
        rounded=_ROUNDED,
        near_e=NEAR_ITS_PERIOD.format(period="e"),
        near_m=NEAR_ITS_PERIOD.format(period="m"),
        none=Scheme.NONE,
        statement=InvoiceKind.STATEMENT,
        monthly=InvoiceKind.MONTHLY,
        rounding=Kind.ROUNDING,
    )
