"""What a charge costs once the ledger has grown: the same wallets, the same charges, a thousand times the lines."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import psycopg

from benchmarks.charging import books
from benchmarks.charging.stage import Stage
from benchmarks.charging.worker import Worker
from benchmarks.rounds import Claim, Comparison, Way

# As if every wallet had been charged the same number of times before, one cent each, with an answer for each.
_LINES = """
INSERT INTO credit_transaction (wallet_id, sequence, posted_at, kind, amount_micros, current_balance_after_micros,
    counted, overrun, period_starts_at, reference, description, reason, by_name)
SELECT id, sequence, latest_at, 'sms', -10000, -10000 * sequence, mode = 'postpaid', false, period_starts_at,
    'call-7f3a', '', '', 'Switch'
FROM generate_series(1, %(each)s) AS sequence, credit_wallet
WHERE NOT starts_with(wallet_id, 'W-') ORDER BY sequence, id
"""
_ANSWERS = """
INSERT INTO credit_answer (wallet_id, key, fingerprint, answer, created_at)
SELECT wallet_id, (id * 7919 * 104729 %% 4611686018427387904)::text, repeat('0', 64), jsonb_build_object(
    'verb', 'charge', 'accepted', true, 'amount_micros', 10000, 'transaction_id', id, 'sequence', sequence,
    'current_balance_micros', current_balance_after_micros,
    'usable_micros', 1000000000000 + current_balance_after_micros
), posted_at FROM credit_transaction
"""
_WALLETS = """
UPDATE credit_wallet SET last_sequence = %(each)s,
    balance_micros = CASE WHEN mode = 'prepaid' THEN -10000 * %(each)s ELSE 0 END,
    unbilled_micros = CASE WHEN mode = 'postpaid' THEN 10000 * %(each)s ELSE 0 END
WHERE NOT starts_with(wallet_id, 'W-')
"""


def fill(url: str, each: int) -> None:
    with psycopg.connect(url) as connection:
        # The rows are sound by the way they are made: foreign keys need not be asked ten million times.
        connection.execute("SET session_replication_role = replica")
        for statement in (_LINES, _ANSWERS, _WALLETS):
            connection.execute(statement, {"each": each})
    books.settle_down(url)


@contextmanager
def compare(stage: Stage) -> Iterator[Comparison]:
    ways, audits = [], []
    with ExitStack() as stack:
        for lines in (stage.lines_small, stage.lines_large):
            url = stage.another_portal(f"lines{lines}")
            wallets = stage.wallets(min(stage.many, stage.lines_small), url)
            each = lines // (wallets.last - wallets.first + 1)
            fill(url, each)
            env = stage.server.environment(url)
            worker = stack.enter_context(
                Worker("benchmarks.charging.ours", "single", *wallets.arguments, env=env)
            )
            ways.append(Way(_name(lines), worker.run))
            audits.append((url, wallets, lines, worker))
        yield Comparison(
            name=f"A single charge as the ledger grows to {stage.lines_large:,} lines",
            ways=ways,
            claims=[
                Claim(
                    f"cost per charge with {stage.lines_large:,} ledger lines, of that with {stage.lines_small:,}",
                    _name(stage.lines_large),
                    _name(stage.lines_small),
                    floor=1.2,
                    measure="cost_us",
                    at_most=True,
                )
            ],
            audit=lambda: [
                fault
                for url, wallets, lines, worker in audits
                for fault in books.faults(url, wallets, accepted=worker.accepted + lines)
            ],
            notes=[
                "Two databases on one server; each line of the ledger has its answer, as if charged with a key."
            ],
        )


def _name(lines: int) -> str:
    return f"charges.charge, {lines:,} lines"
