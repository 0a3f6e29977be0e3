"""The wallets in a SQLite file, and the sums of its books afterwards."""

import sqlite3
from contextlib import closing
from pathlib import Path

from benchmarks.charging.books import FAULTS, Range


def create_wallets(path: Path, count: int) -> Range:
    """As on PostgreSQL: copies of the two patterns in turns, their Wallet IDs the numbers 1 to count."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        columns = connection.execute("SELECT name FROM pragma_table_info('credit_wallet') WHERE name <> 'id'")
        names = [name for (name,) in columns]
        values = ["CAST(number AS TEXT)" if name == "wallet_id" else name for name in names]
        connection.execute(
            "WITH RECURSIVE numbers(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < ?), "
            "pattern AS (SELECT *, row_number() OVER (ORDER BY id) - 1 AS turn FROM credit_wallet "
            "WHERE wallet_id LIKE 'W-%') "
            f"INSERT INTO credit_wallet ({', '.join(names)}) SELECT {', '.join(values)} "
            "FROM numbers JOIN pattern ON number % 2 = turn ORDER BY number",
            [count],
        )
        connection.execute("ANALYZE")
        # Whatever was written so far stands in the file itself: it is copied.
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return Range(1, count)


_SUMS = """
WITH ledger AS (
    SELECT wallet_id, sum(amount_micros) AS total, count(*) AS lines, max(sequence) AS last
    FROM credit_transaction GROUP BY wallet_id
), kept AS (
    SELECT wallet_id, count(*) AS answers, count(DISTINCT answer ->> 'transaction_id') AS named
    FROM credit_answer WHERE answer ->> 'accepted' GROUP BY wallet_id
)
SELECT
    coalesce(sum(lines), 0),
    count(*) FILTER (WHERE balance_micros - closing_micros - unbilled_micros <> coalesce(total, 0)),
    count(*) FILTER (WHERE last_sequence <> coalesce(lines, 0) OR last_sequence <> coalesce(last, 0)),
    count(*) FILTER (WHERE CASE mode
        WHEN 'prepaid' THEN balance_micros - reserved_micros + permanent_limit_micros
        ELSE permanent_limit_micros - unbilled_micros + max(0, balance_micros - closing_micros) - reserved_micros
    END < 0),
    count(*) FILTER (WHERE coalesce(lines, 0) <> coalesce(answers, 0) OR coalesce(lines, 0) <> coalesce(named, 0))
FROM credit_wallet AS w LEFT JOIN ledger ON ledger.wallet_id = w.id LEFT JOIN kept ON kept.wallet_id = w.id
"""


def faults(path: Path, accepted: int) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        lines, *counts = connection.execute(_SUMS).fetchone()
    found = [f"{count} wallets {fault}" for count, fault in zip(counts, FAULTS, strict=True) if count]
    if lines != accepted:
        found.append(f"{accepted} charges were accepted, {lines} stand in the ledger")
    return found
