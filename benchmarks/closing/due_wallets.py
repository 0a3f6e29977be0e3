"""Wallets whose month has ended, and wallets whose temporary limit has: made by the server, as many as are wanted.

The instants are fixed, since a close reads no other clock than the one it is given; only where it is charged meanwhile
the month is the one before this one.
"""

from datetime import UTC, datetime, timedelta

import psycopg

from benchmarks.charging.books import PATTERNS, Range, settle_down

STARTS_AT = datetime(2026, 5, 31, 22, tzinfo=UTC)  # June in the pattern's zone, Europe/Bratislava
ENDS_AT = datetime(2026, 6, 30, 22, tzinfo=UTC)
CLOSED_AT = ENDS_AT + timedelta(hours=2)
LINES = 4  # of each wallet: two calls and two messages, each with a fraction of a cent
LINE_MICROS = (10_005, 7_003)

_LINES = """
INSERT INTO credit_transaction (wallet_id, sequence, posted_at, kind, amount_micros, current_balance_after_micros,
    counted, overrun, period_starts_at, reference, description, reason, by_name)
SELECT id, sequence, %(period_starts_at)s + interval '1 day' * sequence,
    CASE sequence %% 2 WHEN 1 THEN 'call' ELSE 'sms' END,
    -amount, -(sequence / 2 * %(call)s + sequence / 2 * %(sms)s + sequence %% 2 * %(call)s),
    true, false, %(period_starts_at)s, '', '', '', 'Switch'
FROM credit_wallet, generate_series(1, %(lines)s) AS sequence,
    LATERAL (SELECT CASE sequence %% 2 WHEN 1 THEN %(call)s ELSE %(sms)s END AS amount) AS charged
WHERE wallet_id ~ '^[0-9]+$' AND wallet_id::bigint BETWEEN %(first)s AND %(last)s ORDER BY sequence, id
"""


def create_due(
    url: str,
    first: int,
    count: int,
    *,
    lines: int = LINES,
    month: tuple[datetime, datetime] = (STARTS_AT, ENDS_AT),
) -> Range:
    """Postpaid wallets with so many charges each in the month that has ended."""
    starts_at, ends_at = month
    columns = {
        "latest_at": starts_at,
        "created_at": starts_at,
        "period_starts_at": starts_at,
        "period_ends_at": ends_at,
        "period_first_sequence": 1,
        "last_sequence": lines,
        "unbilled_micros": sum(LINE_MICROS) * lines // 2,
    }
    return _create(url, "postpaid", first, count, columns, lines)


def create_with_ended_limits(url: str, first: int, count: int) -> Range:
    """Prepaid wallets with a permanent limit and a temporary one that has ended, each with its history."""
    columns = {
        "temporary_limit_micros": 2_000_000_000_000,
        "temporary_starts_at": STARTS_AT,
        "temporary_ends_at": ENDS_AT,
        "latest_at": STARTS_AT,
        "created_at": STARTS_AT,
    }
    wallets = _create(url, "prepaid", first, count, columns)
    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO credit_creditlimit (wallet_id, slot, amount_micros, unlimited, starts_at, ends_at,"
            " recorded_at, reason_code, reason, ending, ended_by_name, reviewed_by_name, by_name)"
            " SELECT id, 'temporary', temporary_limit_micros, false, temporary_starts_at, temporary_ends_at,"
            " temporary_starts_at, '', '', '', '', '', 'Finance' FROM credit_wallet"
            " WHERE wallet_id ~ '^[0-9]+$' AND wallet_id::bigint BETWEEN %s AND %s ORDER BY id",
            (wallets.first, wallets.last),
        )
    settle_down(url)
    return wallets


def _create(url: str, mode: str, first: int, count: int, columns: dict[str, object], lines: int = 0) -> Range:
    wallets = Range(first, first + count - 1)
    with psycopg.connect(url) as connection:
        # The rows are sound by the way they are made: foreign keys need not be asked a million times.
        connection.execute("SET session_replication_role = replica")
        names = _columns(connection)
        values = [f"%({name})s" if name in columns else _of_pattern(name) for name in names]
        connection.execute(
            f"INSERT INTO credit_wallet ({', '.join(names)}) SELECT {', '.join(values)} FROM credit_wallet AS pattern,"
            f" generate_series(%(first)s::int, %(last)s::int) AS number WHERE {PATTERNS} AND mode = %(which)s"
            " ORDER BY number",
            {**columns, **vars(wallets), "which": mode},
        )
        if lines:
            amounts = dict(zip(("call", "sms"), LINE_MICROS, strict=True))
            connection.execute(_LINES, {**columns, **vars(wallets), **amounts, "lines": lines})
    settle_down(url)
    return wallets


def _columns(connection: psycopg.Connection) -> list[str]:
    rows = connection.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'credit_wallet' AND column_name <> 'id'"
    )
    return [name for (name,) in rows]


def _of_pattern(name: str) -> str:
    return "number::text" if name == "wallet_id" else f"pattern.{name}"
