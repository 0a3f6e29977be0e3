"""The list of wallets beside the stock Django admin's, over the same million wallets, in process."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from benchmarks.charging.server import Server, python
from benchmarks.charging.stage import Stage
from benchmarks.lists import debian
from benchmarks.lists.asking import Asking
from benchmarks.lists.kinds import FLOORS, KINDS
from benchmarks.rounds import Claim, Comparison, Way

MEDIAN_MS, P95_MS = 10, 30


@contextmanager
def compare(stage: Stage) -> Iterator[Comparison]:
    place = debian.binaries()
    if place is None:
        print(f"\n{debian.MISSING}\n", flush=True)
        yield Comparison(
            name="The list of wallets", ways=[], claims=[], audit=list, notes=[f"**{debian.MISSING}**"]
        )
        return
    with debian.started(place) as server:
        yield from _compared(server, stage.listed)


def _compared(server: Server, wallets: int) -> Iterator[Comparison]:
    env = server.environment(server.database("lists"))
    filled = python("benchmarks.lists.filling", str(wallets), env=env)
    with Asking("benchmarks.lists.asking", "ours", env=env) as ours, \
            Asking("benchmarks.lists.asking", "stock", env=env) as stock:  # fmt: skip
        askings = {"portal": ours, "stock admin": stock}
        yield Comparison(
            name=f"The list of {wallets:,} wallets",
            ways=[
                Way(f"{kind}, {who}", partial(asking.run, number), "pages/s")
                for number, kind in enumerate(KINDS)
                for who, asking in askings.items()
            ],
            claims=[claim for kind in KINDS for claim in _claims(kind)],
            audit=list,
            notes=[
                f"PostgreSQL {server.version()} with pg_trgm; both lists show thirty rows a page. Filled in: "
                + "; ".join(filled.splitlines()) + "."
            ],
        )  # fmt: skip


def _claims(kind: str) -> Iterator[Claim]:
    ours, stock = f"{kind}, portal", f"{kind}, stock admin"
    yield Claim(f"list, {kind}: pages, times the stock admin", ours, stock, FLOORS[kind])
    yield Claim(f"list, {kind}: median, in ms", ours, "", MEDIAN_MS, measure="median_ms", at_most=True)
    yield Claim(f"list, {kind}: p95, in ms", ours, "", P95_MS, measure="p95_ms", at_most=True)
