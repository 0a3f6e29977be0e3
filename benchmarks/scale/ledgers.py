"""The same wallets with the same years of lines, in ledgers of 0, 1, 12 and 36 partitions by month."""

from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg

from benchmarks.charging.books import Range, settle_down
from benchmarks.charging.stage import Stage
from benchmarks.charging.worker import BASE_DIR

SCRIPT = BASE_DIR / "docs" / "partition-the-ledger.sql"
PARTITIONS = (0, 1, 12, 36)
MONTHS = 36  # of lines, up to the one before the running one

# A few charges a month, each with a reference as a switch writes it; one line in a hundred is money, which stays.
_LINES = """
INSERT INTO credit_transaction (wallet_id, sequence, posted_at, kind, amount_micros, current_balance_after_micros,
    counted, overrun, period_starts_at, reference, description, reason, by_name)
SELECT w.id, month * %(each)s + nth, starts + nth * interval '20 days' / %(each)s,
    CASE WHEN w.mode = 'prepaid' AND (w.id + month + nth) %% 50 = 0 THEN 'withdrawal' ELSE 'sms' END, -12345,
    -12345::bigint * (month * %(each)s + nth), w.mode = 'postpaid', false, CASE w.mode WHEN 'postpaid' THEN starts END,
    'call-' || substr(md5((w.id * 1000003 + month * %(each)s + nth)::text), 1, 16), '', '', 'Switch'
FROM generate_series(0, %(months)s - 1) AS month
CROSS JOIN LATERAL (SELECT %(running)s - (%(months)s - month) * interval '1 month' AS starts) AS m
CROSS JOIN generate_series(1, %(each)s) AS nth CROSS JOIN credit_wallet AS w
WHERE NOT starts_with(w.wallet_id, 'W-') ORDER BY month, nth, w.id
"""
# Older months are invoiced and not paid; the last one stands as unbilled of a period that is over.
_DUE = """
UPDATE credit_wallet SET mode = 'postpaid', scheme = 'consolidated', time_zone = 'UTC',
    period_starts_at = %(running)s - interval '1 month', period_ends_at = %(running)s, latest_at = created_at
WHERE wallet_id ~ '^[0-9]+$' AND wallet_id::bigint BETWEEN %(first)s AND %(last)s
"""
_PREPAID = """
UPDATE credit_wallet SET mode = 'prepaid', scheme = '', period_starts_at = NULL, period_ends_at = NULL,
    time_zone = 'UTC' WHERE wallet_id ~ '^[0-9]+$' AND wallet_id::bigint BETWEEN %(first)s AND %(last)s
"""
_ROWS = """
UPDATE credit_wallet SET last_sequence = %(lines)s, period_first_sequence = %(lines)s - %(each)s + 1,
    balance_micros = -12345::bigint * CASE mode WHEN 'prepaid' THEN %(lines)s ELSE %(lines)s - %(each)s END,
    unbilled_micros = CASE mode WHEN 'prepaid' THEN 0 ELSE 12345::bigint * %(each)s END,
    latest_at = %(running)s - interval '2 days', created_at = %(running)s - %(months)s * interval '1 month'
WHERE NOT starts_with(wallet_id, 'W-')
"""


@dataclass
class Ledger:
    partitions: int
    url: str
    charged: Range  # prepaid, by the charging ways
    due: Range  # postpaid, with a month to close
    lines: int
    switched_ms: float = 0.0

    @property
    def name(self) -> str:
        if not self.partitions:
            return "one table"
        return f"{self.partitions} month{'s' if self.partitions > 1 else ''}"


def running_month() -> datetime:
    return datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def months_before(month: datetime, count: int) -> datetime:
    back = month.year * 12 + month.month - 1 - count
    return month.replace(year=back // 12, month=back % 12 + 1)


def make(stage: Stage, partitions: int, *, wallets: int, due: int, each: int) -> Ledger:
    """`wallets` that are charged and `due` that are closed, with `each` lines a month."""
    url = stage.another_portal(f"months{partitions}")
    charged, to_close = stage.wallets(wallets, url), stage.wallets(due, url)
    running = running_month()
    sizes = {"each": each, "months": MONTHS, "running": running, "lines": MONTHS * each}
    with psycopg.connect(url) as connection:
        connection.execute("SET session_replication_role = replica")  # sound by the way they are made
        connection.execute(_PREPAID, vars(charged))
        connection.execute(_DUE, {**vars(to_close), "running": running})
        if partitions > 1:  # what was posted before the switch stays in one partition, so it comes first
            switch(connection, months_before(running, partitions - 1))
        connection.execute(_LINES, sizes)
        connection.execute(_ROWS, sizes)
    ledger = Ledger(partitions, url, charged, to_close, (wallets + due) * MONTHS * each)
    if partitions == 1:
        ledger.switched_ms = _switch_a_full_table(url, running)
    settle_down(url)
    return ledger


def _switch_a_full_table(url: str, running: datetime) -> float:
    """As an operator does it: the indexes beforehand, then the switch, whose time charges wait."""
    with psycopg.connect(url, autocommit=True) as connection:
        beforehand(connection, running)
        connection.execute(SCRIPT.read_text())
        return _milliseconds(connection, running)


def _milliseconds(connection: psycopg.Connection, running: datetime) -> float:
    began = connection.execute("SELECT clock_timestamp()").fetchone()[0]
    connection.execute("SELECT credit_partition_ledger(%s)", [running])
    ended = connection.execute("SELECT clock_timestamp()").fetchone()[0]
    return (ended - began).total_seconds() * 1000


def beforehand(connection: psycopg.Connection, until: datetime) -> None:
    for columns, name in (
        ("id, posted_at", "ledger_by_id_and_instant"),
        (_LINE, "ledger_by_line_and_instant"),
    ):
        concurrently = "CONCURRENTLY" if connection.autocommit else ""
        connection.execute(f"CREATE UNIQUE INDEX {concurrently} {name} ON credit_transaction ({columns})")
    connection.execute(
        f"ALTER TABLE credit_transaction ADD CONSTRAINT ledger_ends CHECK (posted_at < '{until.isoformat()}') NOT VALID"
    )
    connection.execute("ALTER TABLE credit_transaction VALIDATE CONSTRAINT ledger_ends")


_LINE = "wallet_id, sequence, posted_at"


def switch(connection: psycopg.Connection, first: datetime) -> None:
    """Of an empty ledger, with every month up to the running one opened."""
    beforehand(connection, first)
    connection.execute(SCRIPT.read_text())
    connection.execute("SELECT credit_partition_ledger(%s)", [first])
    connection.execute(
        "SELECT credit_open_month(month) FROM generate_series(%s::timestamptz, %s, interval '1 month') AS month",
        [first, running_month()],
    )
