"""Closing many wallets, a chunk a transaction: the portal's action beside COPY of the rows it writes."""

from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.charging.stage import Stage
from benchmarks.closing import books, due_wallets
from benchmarks.closing.shares import Sharing
from benchmarks.rounds import Claim, Comparison, Way

FEW = "closes.close, few wallets"
MANY = "closes.close"
COPY = "COPY of the same rows"
LONGEST_MS = 50
LOG_PER_CLOSE = 4_500  # bytes, for a wallet: the portal's, and as much for COPY


@contextmanager
def compare(stage: Stage) -> Iterator[Comparison]:
    chunk = stage.at_once
    stage.server.make_log_files(2 * stage.closed * LOG_PER_CLOSE)
    url, small = stage.another_portal("months"), stage.another_portal("few")
    many = due_wallets.create_due(url, 1, stage.closed)
    copied = due_wallets.create_due(url, stage.closed + 1, stage.closed)
    few = due_wallets.create_due(small, 1, stage.closed_few)
    how = {"env": stage.server.environment(url), **stage.shared_out(stage.closed)}
    how_few = {"env": stage.server.environment(small), **stage.shared_out(stage.closed_few)}
    with (
        Sharing("benchmarks.closing.portal", "close", *many.arguments, chunk, **how) as ours,
        Sharing("benchmarks.closing.copying", "close", *copied.arguments, chunk, **how) as copies,
        Sharing("benchmarks.closing.portal", "close", *few.arguments, chunk, **how_few) as of_few,
    ):
        yield Comparison(
            name=f"Closing {stage.closed:,} wallets, up to {chunk} in a transaction",
            ways=[
                Way(MANY, ours.run, "wallets/s"),
                Way(COPY, copies.run, "wallets/s"),
                Way(FEW, of_few.run, "wallets/s"),
            ],
            claims=[
                Claim("closing wallets, of COPY of all the rows that the close writes", MANY, COPY, 0.3),
                Claim(
                    "the longest transaction of a close, in ms",
                    MANY,
                    "",
                    LONGEST_MS,
                    measure="longest_ms",
                    at_most=True,
                ),
                Claim(
                    f"cost of closing a wallet among {stage.closed:,}, of that among {stage.closed_few:,}",
                    *(MANY, FEW, 1.2),
                    measure="cost_us",
                    at_most=True,
                ),
            ],
            audit=lambda: (
                books.faults_of_closes(url, many, closed=ours.done)
                + books.faults_of_closes(small, few, closed=of_few.done)
            ),
            notes=[
                f"Each wallet has {due_wallets.LINES} lines of two kinds in its month, each kind with a fraction of a "
                "cent, so that a close writes seven rows: the period, the invoice, its two lines, two rounding lines "
                "and the wallet. COPY writes all seven, from text that is made off the clock, into the portal's own "
                "tables with their indexes and foreign keys (a wallet's new version into a table of the same columns, "
                f"indexes and checks), {chunk} wallets in a transaction; it locks nothing, reads nothing and adds "
                "nothing up. Neither waits at its commit for the log to be on the disk (ADR 54)."
            ],
        )
