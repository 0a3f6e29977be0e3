"""Ending many temporary limits with their history: the portal's action beside COPY of the rows it writes."""

from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.charging.stage import Stage
from benchmarks.closing import books, due_wallets
from benchmarks.closing.shares import Sharing
from benchmarks.rounds import Claim, Comparison, Way

OURS = "limits.book_ended"
COPY = "COPY of the same rows"


@contextmanager
def compare(stage: Stage) -> Iterator[Comparison]:
    url = stage.another_portal("limits")
    mine = due_wallets.create_with_ended_limits(url, 1, stage.limits)
    copied = due_wallets.create_with_ended_limits(url, stage.limits + 1, stage.limits)
    env = stage.server.environment(url)
    how = {"env": env, **stage.shared_out(stage.limits)}
    with (
        Sharing("benchmarks.closing.portal", "end", *mine.arguments, stage.at_once, **how) as ours,
        Sharing("benchmarks.closing.copying", "end", *copied.arguments, stage.at_once, **how) as copies,
    ):
        yield Comparison(
            name=f"Ending {stage.limits:,} temporary limits, {stage.at_once} in a transaction",
            ways=[Way(OURS, ours.run, "limits/s"), Way(COPY, copies.run, "limits/s")],
            claims=[Claim("ending temporary limits, of COPY of all the rows written", OURS, COPY, 0.3)],
            audit=lambda: books.faults_of_ended_limits(url, mine, ended=ours.done),
            notes=[
                "Three rows each: the history's, the notice, the wallet. COPY writes the notice into the portal's own "
                "table; what is a new version of a row for the portal goes into tables of the same columns, indexes "
                "and checks."
            ],
        )
