"""The wallets that are charged, and the sums afterwards: one overspent or doubled charge voids a figure.

The sums are written here a second time on purpose. What is checked must not be what checks.
"""

from dataclasses import dataclass

import psycopg

PATTERNS = "starts_with(wallet_id, 'W-')"


@dataclass(frozen=True)
class Range:
    """Wallets whose Wallet IDs are the numbers from first to last."""

    first: int
    last: int

    @property
    def arguments(self) -> tuple[str, str]:
        return str(self.first), str(self.last)


def create_wallets(url: str, first: int, count: int) -> Range:
    """Copies of the patterns, prepaid and postpaid in turns, so that a Wallet ID is a number that pgbench can draw."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_name = 'credit_wallet' AND column_name <> 'id'"
        )
        names = [name for (name,) in rows]
        values = ["number::text" if name == "wallet_id" else name for name in names]
        connection.execute(
            f"INSERT INTO credit_wallet ({', '.join(names)}) SELECT {', '.join(values)} FROM ("
            f"  SELECT *, row_number() OVER (ORDER BY id) - 1 AS turn FROM credit_wallet WHERE {PATTERNS}"
            f") AS pattern JOIN generate_series(%s::int, %s::int) AS number ON number %% 2 = turn ORDER BY number",
            (first, first + count - 1),
        )
    settle_down(url)
    return Range(first, first + count - 1)


def settle_down(url: str) -> None:
    """Vacuumed, analysed, and everything on the disk: the rounds start from the same state."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


_SUMS = """
WITH w AS (
    SELECT * FROM credit_wallet WHERE wallet_id ~ '^[0-9]+$' AND wallet_id::bigint BETWEEN %(first)s AND %(last)s
), ledger AS (
    SELECT t.wallet_id, sum(amount_micros) AS total, count(*) AS lines, max(sequence) AS last
    FROM credit_transaction t JOIN w ON w.id = t.wallet_id GROUP BY t.wallet_id
), kept AS (
    SELECT a.wallet_id, count(*) AS answers, count(DISTINCT answer->>'transaction_id') AS named
    FROM credit_answer a JOIN w ON w.id = a.wallet_id WHERE answer->'accepted' = 'true' GROUP BY a.wallet_id
)
SELECT
    coalesce(sum(lines), 0)::bigint,
    count(*) FILTER (WHERE balance_micros - closing_micros - unbilled_micros <> coalesce(total, 0)),
    count(*) FILTER (WHERE last_sequence <> coalesce(lines, 0) OR last_sequence <> coalesce(last, 0)),
    count(*) FILTER (WHERE CASE mode
        WHEN 'prepaid' THEN balance_micros - reserved_micros + permanent_limit_micros
        ELSE permanent_limit_micros - unbilled_micros + greatest(0, balance_micros - closing_micros) - reserved_micros
    END < 0),
    count(*) FILTER (WHERE coalesce(lines, 0) <> coalesce(answers, 0) OR coalesce(lines, 0) <> coalesce(named, 0))
FROM w LEFT JOIN ledger ON ledger.wallet_id = w.id LEFT JOIN kept ON kept.wallet_id = w.id
"""

FAULTS = (
    "differ from the sum of their ledgers",
    "have a gap or a double in their sequence",
    "are overspent",
    "have charges and answers that do not pair one to one",
)


def faults(url: str, wallets: Range, *, accepted: int, unheard: int = 0) -> list[str]:
    """What is wrong with the books of these wallets.

    `accepted` charges were answered with a yes; up to `unheard` more may stand whose caller was stopped meanwhile.
    """
    with psycopg.connect(url) as connection:
        lines, *counts = connection.execute(_SUMS, vars(wallets)).fetchone()
    found = [f"{count} wallets {fault}" for count, fault in zip(counts, FAULTS, strict=True) if count]
    if not accepted <= lines <= accepted + unheard:
        found.append(f"{accepted} charges were accepted, {lines} stand in the ledger")
    return found
