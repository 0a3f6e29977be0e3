"""SQLite: finding wallets by a part of a name or number, by FTS5's trigrams and by LIKE."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from benchmarks.charging.server import python
from benchmarks.charging.stage import Stage
from benchmarks.lists.searching import KINDS, Searching
from benchmarks.rounds import Claim, Comparison, Way

FLOOR = 10


@contextmanager
def compare(stage: Stage) -> Iterator[Comparison]:
    path = stage.server.var_dir / "lists.sqlite3"
    env = stage.server.environment(f"sqlite:///{path}")
    python("benchmarks.lists.filling", str(stage.listed), "without copies", env=env)
    with Searching("benchmarks.lists.searching", env=env) as searching:
        ways = [
            Way(f"SQLite: {kind}, {how}", partial(searching.run, f"{kind}/{how}"), "searches/s")
            for kind in KINDS
            for how in ("FTS5", "LIKE")
        ]
        claims = [
            Claim(
                f"SQLite: search, {kind}: FTS5, times LIKE",
                f"SQLite: {kind}, FTS5",
                f"SQLite: {kind}, LIKE",
                FLOOR,
            )
            for kind in KINDS
        ]
        yield Comparison(
            name=f"SQLite: searching {stage.listed:,} wallets", ways=ways, claims=claims, audit=list,
            notes=["The first 31 that match, without the page."],
        )  # fmt: skip
