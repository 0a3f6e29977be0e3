"""PostgreSQL's own statements for the commonest case: gated charges that pass, decided and written in one round trip.

They do what `answering` does for that case and nothing else: lock the rows in pk order, ask the rule (its text is
compiled from `rules.py`), write lines, rows and answers. A wallet about which anything is not plain (something to
settle, a charge that does not fit, an invoice of its own) is left alone here, with nothing written, and
takes the portable path. The scenarios, the oracle and the races run on it.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from functools import cache
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, IntegrityError, connections, transaction

from credit import rules
from credit.actions import plain
from credit.actions.books import Now
from credit.actions.outcome import Outcome
from credit.actors import Actor
from credit.models import Answer, Transaction, Wallet
from credit.money import LARGEST_WALLET_MICROS

# The caller's clock, and what the wait for the lock has taken since: the instant is fixed after the lock.
_INSTANT = """
    greatest($1::timestamptz + CASE WHEN $2::bool THEN clock_timestamp() - statement_timestamp() ELSE interval '0' END,
        locked.latest_at)
"""

_TOLD = """
    jsonb_strip_nulls(jsonb_build_object('verb', 'charge', 'accepted', true, 'wallet_id', {row}.wallet_id,
        'amount_micros', {micros}, 'usable_micros', {row}.usable_after, 'unlimited',
        CASE WHEN {row}.usable_after IS NULL THEN true END, 'current_balance_micros', {row}.current_after,
        'transaction_id', {line}, 'sequence', {row}.sequence))
"""
_LINE = """
    (id, wallet_id, sequence, posted_at, occurred_at, kind, amount_micros, current_balance_after_micros,
     counted, overrun, period_starts_at, reference, description, reason, by_user_id, by_name)
"""

# $3 wallet, $4 micros, $5 kind, $6 currency, $7 occurred_at, $8 reference, $9 description, $10 key, $11 fingerprint,
# $12 by_user, $13 by_name, $14 overrun
_ONE = """
WITH locked AS MATERIALIZED (
    SELECT * FROM {wallet} WHERE {found_by} = $3 FOR NO KEY UPDATE
), w AS MATERIALIZED (
    SELECT locked.*, {instant} AS t FROM locked
), asked AS MATERIALIZED (
    SELECT w.*, {counted} AS counted, {usable} AS usable FROM w
    WHERE {plain} AND NOT {invoiced} AND ($6::text IS NULL OR w.currency = $6::text)
    AND ($7::timestamptz IS NULL OR $7::timestamptz <= w.t + interval '24 hours')
    AND {weight} <= {largest} - $4::bigint
), passed AS (
    SELECT * FROM asked WHERE $14::bool OR $4::bigint = 0 OR usable IS NULL OR $4::bigint <= usable
), kept AS (
    UPDATE {wallet} AS k SET
        balance_micros = p.balance_micros - CASE WHEN p.counted THEN 0 ELSE $4::bigint END,
        unbilled_micros = p.unbilled_micros + CASE WHEN p.counted THEN $4::bigint ELSE 0 END,
        last_sequence = p.last_sequence + 1,
        latest_at = p.t
    FROM passed p WHERE k.id = p.id
    RETURNING k.id, k.wallet_id, k.last_sequence AS sequence, p.t, p.counted, p.usable - $4::bigint AS usable_after,
        k.balance_micros - k.closing_micros - k.unbilled_micros AS current_after,
        CASE WHEN p.counted THEN p.period_starts_at END AS period
), line AS (
    INSERT INTO {line} {columns}
    SELECT nextval({ids}), id, sequence, t, $7::timestamptz, $5::text, -$4::bigint, current_after,
        counted, $14::bool, period, $8::text, $9::text, '', $12::int, $13::text
    FROM kept RETURNING id
), told AS (
    SELECT kept.id AS wallet, kept.t, {told} AS answer FROM kept, line
), stored AS (
    INSERT INTO {answer} (wallet_id, key, fingerprint, answer, created_at)
    SELECT wallet, $10::text, $11::text, answer, t FROM told WHERE $10::text IS NOT NULL
)
SELECT 0, answer FROM told
"""

# $3 wallets (distinct), $4 the lines as one JSON text (psycopg dumps a list ten times slower), $5 by_user, $6 by_name
_MANY = """
WITH locked AS MATERIALIZED (
    SELECT * FROM {wallet} WHERE id = ANY ($3::bigint[]) ORDER BY id FOR NO KEY UPDATE
), w AS MATERIALIZED (
    SELECT locked.*, {instant} AS t FROM locked
), asked AS MATERIALIZED (
    SELECT w.*, {usable} AS usable, {weight} AS weight FROM w WHERE {plain}
), sent AS MATERIALIZED (
    SELECT * FROM json_to_recordset($4::json) AS s (ordinal int, wallet bigint, micros bigint, kind text,
        sent_currency text, occurred_at timestamptz, reference text, description text, key text, fingerprint text,
        overrun bool)
), placed AS MATERIALIZED (
    SELECT s.*, w.id, w.wallet_id, w.t, w.usable, w.weight, w.last_sequence, w.period_starts_at,
        w.balance_micros - w.closing_micros - w.unbilled_micros AS current,
        {counted} AS counted,
        row_number() OVER line AS nth,
        (sum(s.micros) OVER line)::bigint AS so_far,
        (sum(s.micros) OVER whole)::bigint AS total,
        bool_and(NOT {invoiced} AND (s.sent_currency IS NULL OR s.sent_currency = w.currency)
            AND (s.occurred_at IS NULL OR s.occurred_at <= w.t + interval '24 hours')
        ) OVER whole AS all_plain
    FROM sent s JOIN asked w ON w.id = s.wallet
    WINDOW whole AS (PARTITION BY s.wallet), line AS (PARTITION BY s.wallet ORDER BY s.ordinal)
), judged AS MATERIALIZED (
    -- The totals only rise, so the last gated line that fits shows that all before it fitted too.
    SELECT placed.*, bool_and(overrun OR usable IS NULL OR so_far <= usable) OVER (PARTITION BY wallet) AS all_fit
    FROM placed
), passed AS MATERIALIZED (
    SELECT nextval({ids}) AS line, p.*, (p.usable - p.so_far)::bigint AS usable_after,
        (p.current - p.so_far)::bigint AS current_after, p.last_sequence + p.nth AS sequence
    FROM judged p
    WHERE p.all_plain AND p.all_fit AND p.weight <= {largest} - p.total
    ORDER BY p.wallet, p.ordinal
), kept AS (
    UPDATE {wallet} AS k SET
        balance_micros = k.balance_micros - moved.charged,
        unbilled_micros = k.unbilled_micros + moved.counted,
        last_sequence = k.last_sequence + moved.lines,
        latest_at = moved.t
    FROM (
        SELECT wallet, t, count(*) AS lines,
            coalesce(sum(micros) FILTER (WHERE NOT counted), 0) AS charged,
            coalesce(sum(micros) FILTER (WHERE counted), 0) AS counted
        FROM passed GROUP BY wallet, t
    ) AS moved WHERE k.id = moved.wallet
), written AS (
    INSERT INTO {line} {columns}
    SELECT line, wallet, sequence, t, occurred_at, kind, -micros, current_after, counted, overrun,
        CASE WHEN counted THEN period_starts_at END, reference, description, '', $5::int, $6::text
    FROM passed
), told AS MATERIALIZED (
    SELECT ordinal, wallet, key, fingerprint, t, {told} AS answer FROM passed
), stored AS (
    INSERT INTO {answer} (wallet_id, key, fingerprint, answer, created_at)
    SELECT wallet, key, fingerprint, answer, t FROM told WHERE key IS NOT NULL
)
SELECT ordinal, answer FROM told
"""
_KNOWN = """
    SELECT s.ordinal, a.fingerprint, a.answer
    FROM json_to_recordset($1::json) AS s (ordinal int, wallet bigint, key text)
    JOIN {answer} AS a ON a.wallet_id = s.wallet AND a.key = s.key
"""
_COLUMNS = (
    *("ordinal", "wallet", "micros", "kind", "sent_currency", "occurred_at"),
    *("reference", "description", "key", "fingerprint", "overrun"),
)


def charge_at_once(
    lines: Mapping[int, plain.Charge], prints: Mapping[int, str], *, by: Actor, now: Now
) -> dict[int, Outcome]:
    """Outcomes by ordinal of the lines whose wallets are plain; nothing of the others is written."""
    connection = connections[DEFAULT_DB_ALIAS]
    if not lines:
        return {}
    clock = (now, False) if isinstance(now, datetime) else (now(), True)
    user = by.user.pk if by.user else None
    if len(lines) == 1:
        ((ordinal, line),) = lines.items()
        return _charge_one(connection, ordinal, line, (*clock, prints[ordinal], user, by.name))
    return _charge_many(connection, lines, prints, clock, (user, by.name))


def _charge_one(
    connection: Any, ordinal: int, line: plain.Charge, context: tuple[Any, ...]
) -> dict[int, Outcome]:
    now, ticking, fingerprint, user, name = context
    given = isinstance(line.wallet, Wallet)
    wallet = line.wallet.pk if isinstance(line.wallet, Wallet) else line.wallet
    values = (
        *(now, ticking, wallet, line.micros, str(line.kind), line.currency, line.occurred_at),
        *(line.reference, line.description, line.key, fingerprint, user, name, line.overrun),
    )
    text = statement_for_one("id" if given else "wallet_id", str(line.kind))
    with suppress(IntegrityError):
        outcome = _execute(connection, text, values).get(0)
        return {ordinal: outcome} if outcome else {}
    return {}


def _charge_many(
    connection: Any,
    lines: Mapping[int, plain.Charge],
    prints: Mapping[int, str],
    clock: tuple[datetime, bool],
    who: tuple[Any, str],
) -> dict[int, Outcome]:
    wallets = _pks(lines)
    rows = [
        (
            *(ordinal, wallets[ordinal], line.micros, str(line.kind), line.currency, _text(line.occurred_at)),
            *(line.reference, line.description, line.key, prints[ordinal], line.overrun),
        )
        for ordinal, line in lines.items()
        if ordinal in wallets
    ]
    keyed = [(row[1], row[8]) for row in rows if row[8]]
    if not rows or len(set(keyed)) < len(keyed):
        return {}  # the same key twice is a replay of the first: the portable path's
    try:
        return _execute_many(connection, rows, clock, who)
    except IntegrityError:
        return _charge_unknown(connection, rows, clock, who)


def _charge_unknown(
    connection: Any, rows: list[tuple[Any, ...]], clock: tuple[datetime, bool], who: tuple[Any, str]
) -> dict[int, Outcome]:
    """A file that is sent again: what is known has its answer again, and only the others are charged.

    A key with other content, or one that another batch is using right now, is left to the portable path.
    """
    known = _known(connection, rows)
    prints = {row[0]: row[9] for row in rows}
    again = {at: Outcome.replay(told) for at, (kept, told) in known.items() if kept == prints[at]}
    others = [row for row in rows if row[0] not in known]
    if others:
        with suppress(IntegrityError):
            again |= _execute_many(connection, others, clock, who)
    return again


def _known(connection: Any, rows: list[tuple[Any, ...]]) -> dict[int, tuple[str, dict[str, Any]]]:
    """Fingerprint and answer by ordinal, of the lines whose keys are known."""
    sent = json.dumps([{"ordinal": row[0], "wallet": row[1], "key": row[8]} for row in rows if row[8]])
    # Planned anew each time: a plan from when the table was small would read all of it.
    with connection.wrap_database_errors, psycopg.RawCursor(connection.connection) as cursor:
        found = cursor.execute(_KNOWN.format(answer=Answer._meta.db_table), (sent,), prepare=False).fetchall()
    return {ordinal: (fingerprint, json.loads(answer)) for ordinal, fingerprint, answer in found}


def _execute_many(
    connection: Any, rows: list[tuple[Any, ...]], clock: tuple[datetime, bool], who: tuple[Any, str]
) -> dict[int, Outcome]:
    sent = json.dumps([dict(zip(_COLUMNS, row, strict=True)) for row in rows])
    values = (*clock, sorted({row[1] for row in rows}), sent, *who)
    return _execute(connection, statement_for_many(), values)


def _text(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None


def _pks(lines: Mapping[int, plain.Charge]) -> dict[int, int]:
    """The wallet's pk by ordinal; a Wallet ID that nobody has is left out."""
    named = {line.wallet for line in lines.values() if isinstance(line.wallet, str)}
    found: dict[str, int] = {}
    if named:
        found = dict(Wallet.objects.filter(wallet_id__in=named).values_list("wallet_id", "pk"))
    pks = {
        ordinal: line.wallet.pk if isinstance(line.wallet, Wallet) else found.get(line.wallet)
        for ordinal, line in lines.items()
    }
    return {ordinal: pk for ordinal, pk in pks.items() if pk is not None}


@cache
def statement_for_one(found_by: str, kind: str) -> str:
    """The wallet is found by its pk ("id") or its Wallet ID ("wallet_id"); the kind's rules are in the text."""
    return _statement(
        _ONE,
        f"'{kind}'",
        found_by=found_by,
        told=_TOLD.format(row="kept", micros="$4::bigint", line="line.id"),
    )


@cache
def statement_for_many() -> str:
    return _statement(
        _MANY, "s.kind", told=_TOLD.format(row="passed", micros="passed.micros", line="passed.line")
    )


def _statement(text: str, kind: str, **parts: str) -> str:
    line = Transaction._meta.db_table
    return text.format(
        wallet=Wallet._meta.db_table,
        line=line,
        answer=Answer._meta.db_table,
        ids=f"'{sequence_of(line)}'::regclass",
        columns=_LINE,
        instant=_INSTANT,
        plain=plain.PLAIN,
        weight=plain.WEIGHT,
        largest=LARGEST_WALLET_MICROS,
        usable=plain.usable(),
        counted=plain.where(rules.is_counted, kind),
        invoiced=plain.where(rules.is_invoiced_at_once, kind),
        **parts,
    )


def sequence_of(table: str) -> str:
    """The sequence of a table's pk by name: looked up once, not once a line."""
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [table])
        return str(cursor.fetchone()[0])


def _execute(connection: Any, text: str, values: tuple[Any, ...]) -> dict[int, Outcome]:
    """One round trip. IntegrityError: a known key breaks the unique constraint. To look keys up first would cost every
    charge."""
    connection.ensure_connection()
    if connection.in_atomic_block:
        with transaction.atomic():
            return _ask(connection, text, values)
    return _ask(connection, text, values)


def _ask(connection: Any, text: str, values: tuple[Any, ...]) -> dict[int, Outcome]:
    # A raw cursor takes the text as it is: psycopg would parse one this long anew at every call.
    with connection.wrap_database_errors, psycopg.RawCursor(connection.connection) as cursor:
        rows = cursor.execute(text, values, prepare=True).fetchall()
    # Django asks psycopg to hand JSON over as text.
    return {ordinal: Outcome(**json.loads(answer)) for ordinal, answer in rows}
