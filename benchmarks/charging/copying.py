"""COPY of the rows that a thousand charges leave, by psycopg, into the very tables the portal writes.

`python -m benchmarks.charging.copying FIRST LAST`: ledger lines and answers of wallets of these numbers, a thousand
of each in one transaction. The rows are made off the clock. The wallets' own rows are not touched, so that their books
do not add up afterwards: they are charged by nobody.
"""

import json
import os
import random
import sys
from collections import Counter
from datetime import UTC, datetime

import psycopg

from benchmarks.charging.worker import serve

BATCH = 1000
LINES = (
    "COPY credit_transaction (wallet_id, sequence, posted_at, kind, amount_micros, current_balance_after_micros,"
    " counted, overrun, period_starts_at, reference, description, reason, by_user_id, by_name) FROM STDIN"
)
ANSWERS = "COPY credit_answer (wallet_id, key, fingerprint, answer, created_at) FROM STDIN"


class Copies:
    def __init__(self, url: str, first: int, last: int):
        self.connection = psycopg.connect(url)
        rows = self.connection.execute(
            "SELECT id, wallet_id, mode, period_starts_at, last_sequence FROM credit_wallet"
            " WHERE wallet_id ~ '^[0-9]+$' AND wallet_id::bigint BETWEEN %s AND %s",
            (first, last),
        )
        self.wallets = rows.fetchall()
        self.connection.commit()
        self.sequences: Counter[int] = Counter()

    def prepare(self) -> None:
        now = datetime.now(UTC)
        self.lines, self.answers = [], []
        for _ in range(BATCH):
            pk, number, mode, period, _ = random.choice(self.wallets)
            self.sequences[pk] += 1
            sequence, balance = self.sequences[pk], -10_000 * self.sequences[pk]
            self.lines.append(
                (
                    *(pk, sequence, now, "sms", -10_000, balance, mode == "postpaid", False, period),
                    *("call-7f3a", "", "", None, "Switch"),
                )
            )
            answer = {
                "verb": "charge",
                "accepted": True,
                "wallet_id": number,
                "amount_micros": 10_000,
                "usable_micros": 10**12 + balance,
                "current_balance_micros": balance,
                "transaction_id": random.getrandbits(30),
                "sequence": sequence,
            }
            key = str(random.getrandbits(62))
            self.answers.append((pk, key, f"{random.getrandbits(256):064x}", json.dumps(answer), now))

    def step(self) -> int:
        with self.connection.transaction(), self.connection.cursor() as cursor:
            for text, rows in ((LINES, self.lines), (ANSWERS, self.answers)):
                with cursor.copy(text) as copy:
                    for row in rows:
                        copy.write_row(row)
        return BATCH


if __name__ == "__main__":
    copies = Copies(os.environ["DATABASE_URL"], int(sys.argv[1]), int(sys.argv[2]))
    serve(copies.step, copies.prepare)
