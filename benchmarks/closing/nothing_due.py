"""What beat asks every few seconds when nothing has ended, among many wallets."""

from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.charging.stage import Stage
from benchmarks.charging.worker import Worker
from benchmarks.closing import due_wallets
from benchmarks.rounds import Claim, Comparison, Way

LOOK = "looking for ended periods, limits and holds"


@contextmanager
def compare(stage: Stage) -> Iterator[Comparison]:
    url = stage.another_portal("quiet")
    due_wallets.create_due(url, 1, stage.closed, lines=0)
    with Worker("benchmarks.closing.portal", "look", env=stage.server.environment(url)) as looking:
        yield Comparison(
            name=f"Nothing to do, among {stage.closed:,} wallets",
            ways=[Way(LOOK, looking.run, "looks/s")],
            claims=[
                Claim(
                    f"finding nothing to do among {stage.closed:,} wallets, in ms",
                    *(LOOK, "", 20),
                    measure="longest_ms",
                    at_most=True,
                )
            ],
            audit=list,
            notes=["All four questions together; the longest of all of them counts."],
        )
