"""COPY of the rows that a close, or an ended limit, leaves behind, into the very tables the portal writes.

`python -m benchmarks.closing.copying close FIRST LAST CHUNK`: a transaction per chunk of wallets of these numbers. The
rows are made, and written out as text, off the clock: what is timed is the server. A wallet's own row is a new version
for the portal; here it goes into a table of the same columns, indexes and checks. Nobody closes these wallets.
"""

import os
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import count

import psycopg

from benchmarks.closing.due_wallets import CLOSED_AT, ENDS_AT, LINE_MICROS, LINES, STARTS_AT
from benchmarks.closing.shares import serve

NEXT_ENDS_AT = datetime(2026, 7, 31, 22, tzinfo=UTC)
KINDS = ("call", "sms")
CENT = 10_000
PERIODS = (
    "credit_period (wallet_id, starts_at, ends_at, scheme, amount_micros, first_sequence, last_sequence, recorded_at,"
    " closed_at, invoice_id)"
)
INVOICES = (
    "credit_invoice (id, wallet_id, kind, currency, period_starts_at, period_ends_at, total_micros, created_at,"
    " paid_micros, held_back_by_name, billed_to)"
)
INVOICE_LINES = "credit_invoiceline (invoice_id, kind, exact_micros, rounded_micros, count)"
LEDGER = (
    "credit_transaction (wallet_id, sequence, posted_at, kind, amount_micros, current_balance_after_micros, counted,"
    " overrun, invoice_id, reference, description, reason, by_name)"
)
NOTICES = "credit_notice (wallet_id, at, kind, limit_id, text)"
SCRATCH = """
CREATE TABLE IF NOT EXISTS scratch_wallet (LIKE credit_wallet INCLUDING ALL);
CREATE TABLE IF NOT EXISTS scratch_creditlimit (LIKE credit_creditlimit INCLUDING ALL);
"""


class Copies:
    def __init__(self, url: str, verb: str, first: int, last: int, chunk: int):
        self.connection = psycopg.connect(url, autocommit=True)
        self.connection.execute(SCRATCH)
        self.names = self._names("credit_wallet")
        self.chunks = self._chunks(first, last, chunk)
        self.make = {"close": self._of_a_close, "end": self._of_an_ended_limit}[verb]
        self.ids = count(self._largest("credit_invoice") + 10_000_000)
        self.waits = verb != "close"  # for the disk, as the portal does

    def prepare(self) -> None:
        self.wallets = next(self.chunks)
        self.blocks = [(f"COPY {table} FROM STDIN", _as_text(rows)) for table, rows in self.make()]

    def step(self, wanted: int) -> int:
        with self.connection.transaction(), self.connection.cursor() as cursor:
            if not self.waits:
                cursor.execute("SET LOCAL synchronous_commit = off")
            for statement, block in self.blocks:
                with cursor.copy(statement) as copy:
                    copy.write(block)
        return len(self.wallets)

    def _of_a_close(self) -> Iterator[tuple[str, list[tuple]]]:
        exact = [micros * LINES // 2 for micros in LINE_MICROS]
        rounded = [(micros + CENT // 2) // CENT * CENT for micros in exact]
        ids = [next(self.ids) for _ in self.wallets]
        numbered = list(zip(ids, (row["id"] for row in self.wallets), strict=True))
        span = (STARTS_AT, ENDS_AT)
        yield (
            INVOICES,
            [
                (invoice, pk, "monthly", "EUR", *span, sum(rounded), CLOSED_AT, 0, "", "{}")
                for invoice, pk in numbered
            ],
        )
        yield (
            INVOICE_LINES,
            [
                (invoice, kind, *amounts, LINES // 2)
                for invoice, _ in numbered
                for kind, *amounts in zip(KINDS, exact, rounded, strict=True)
            ],
        )
        yield (
            LEDGER,
            [
                (
                    pk,
                    LINES + nth,
                    CLOSED_AT,
                    "rounding",
                    1,
                    -sum(exact) + nth,
                    False,
                    False,
                    invoice,
                    "",
                    "",
                    "",
                    "Close",
                )
                for invoice, pk in numbered
                for nth in (1, 2)
            ],
        )
        yield (
            PERIODS,
            [
                (pk, *span, "individual", sum(exact), 1, LINES, CLOSED_AT, CLOSED_AT, invoice)
                for invoice, pk in numbered
            ],
        )
        changed = {"period_starts_at": ENDS_AT, "period_ends_at": NEXT_ENDS_AT, "last_sequence": LINES + 2}
        yield self._wallet_rows(changed | {"unbilled_micros": 0, "balance_micros": -sum(rounded)})

    def _of_an_ended_limit(self) -> Iterator[tuple[str, list[tuple]]]:
        pks = [row["id"] for row in self.wallets]
        names = self._names("credit_creditlimit")
        limits = self.connection.execute(
            f"SELECT {', '.join(names)} FROM credit_creditlimit WHERE wallet_id = ANY (%s) ORDER BY id", [pks]
        ).fetchall()
        ended = {"ended_at": ENDS_AT, "ending": "expired", "ended_by_name": "The clock"}
        history = [{**dict(zip(names, row, strict=True)), **ended} for row in limits]
        yield f"scratch_creditlimit ({', '.join(names)})", [tuple(row.values()) for row in history]
        text = "The temporary limit of 2,000,000.00 EUR has ended."
        yield (
            NOTICES,
            [(row["wallet_id"], CLOSED_AT, "temporary_limit_ended", row["id"], text) for row in history],
        )
        cleared = dict.fromkeys(("temporary_limit_micros", "temporary_starts_at", "temporary_ends_at"))
        yield self._wallet_rows(cleared | {"version": 2})

    def _wallet_rows(self, changed: dict[str, object]) -> tuple[str, list[tuple]]:
        rows = [tuple({**row, **changed, "latest_at": CLOSED_AT}.values()) for row in self.wallets]
        return f"scratch_wallet ({', '.join(self.names)})", rows

    def _chunks(self, first: int, last: int, size: int) -> Iterator[list[dict]]:
        rows = self.connection.cursor(row_factory=psycopg.rows.dict_row)
        pks = rows.execute(
            "SELECT id FROM credit_wallet WHERE wallet_id ~ '^[0-9]+$' AND wallet_id::bigint BETWEEN %s AND %s"
            " ORDER BY id",
            (first, last),
        ).fetchall()
        for at in range(0, len(pks), size):
            chunk = [row["id"] for row in pks[at : at + size]]
            yield rows.execute(
                f"SELECT {', '.join(self.names)} FROM credit_wallet WHERE id = ANY (%s) ORDER BY id", [chunk]
            ).fetchall()

    def _names(self, table: str) -> list[str]:
        rows = self.connection.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s ORDER BY ordinal_position",
            [table],
        )
        return [name for (name,) in rows]

    def _largest(self, table: str) -> int:
        return self.connection.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()[0]


def _as_text(rows: Iterable[tuple]) -> bytes:
    return "".join("\t".join(map(_field, row)) + "\n" for row in rows).encode()


def _field(value: object) -> str:
    if value is None:
        return r"\N"
    return value.isoformat() if isinstance(value, datetime) else str(value)


if __name__ == "__main__":
    verb, *numbers = sys.argv[1:]
    copies = Copies(os.environ["DATABASE_URL"], verb, *map(int, numbers))
    serve(copies.step, copies.prepare)
