"""Batches of a thousand charges: the portal's action beside COPY of all the same rows."""

from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.charging import books
from benchmarks.charging.stage import Stage
from benchmarks.charging.worker import Worker
from benchmarks.rounds import Claim, Comparison, Way

SPREAD = "charges.post, spread"
ONE = "charges.post, one wallet"
COPY = "COPY of the same rows"


@contextmanager
def compare(stage: Stage) -> Iterator[Comparison]:
    spread, one, copied = stage.wallets(stage.many), stage.wallets(1), stage.wallets(stage.many)
    with (
        Worker("benchmarks.charging.ours", "batch", *spread.arguments, env=stage.env) as in_spread,
        Worker("benchmarks.charging.ours", "batch", *one.arguments, env=stage.env) as on_one,
        Worker("benchmarks.charging.copying", *copied.arguments, env=stage.env) as copying,
    ):
        yield Comparison(
            name="Batches of 1,000 charges, in-process",
            ways=[Way(SPREAD, in_spread.run), Way(ONE, on_one.run), Way(COPY, copying.run, "rows/s")],
            claims=[
                Claim(
                    "batch of 1,000 over many wallets, of COPY of all the same rows", SPREAD, COPY, 0.35, 0.5
                ),
                Claim("batch of 1,000 on one wallet, of the same COPY", ONE, COPY, 0.5),
            ],
            audit=lambda: (
                books.faults(stage.url, spread, accepted=in_spread.accepted)
                + books.faults(stage.url, one, accepted=on_one.accepted)
            ),
            notes=[
                f"Every line has a key. Spread: over {stage.many:,} wallets. COPY writes ledger lines and answers with "
                "psycopg's typed rows into the portal's own tables, with their indexes and foreign keys, one "
                "transaction per 1,000; it decides nothing, reads nothing and leaves the wallets' rows alone. A row "
                "of COPY is a charge: its ledger line and its answer."
            ],
        )
