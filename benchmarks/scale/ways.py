"""Charging and closing on each of the ledgers, in turns."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from benchmarks.charging.stage import Stage
from benchmarks.charging.worker import Worker
from benchmarks.closing.shares import Sharing
from benchmarks.rounds import Comparison, Way
from benchmarks.scale.ledgers import Ledger

HOWS = {"pruned": "closes.close", "every month": "without the lines’ instants"}


@contextmanager
def charging(stage: Stage, ledgers: Sequence[Ledger], how: str) -> Iterator[Comparison]:
    """`how`: single charges, or batches of a thousand over many wallets."""
    with ExitStack() as stack:
        ways = []
        for ledger in ledgers:
            env = stage.server.environment(ledger.url)
            worker = stack.enter_context(
                Worker("benchmarks.charging.ours", how, *ledger.charged.arguments, env=env)
            )
            ways.append(Way(ledger.name, worker.run))
        yield Comparison(name=f"Charging, {how}", ways=ways, claims=[], audit=list)


@contextmanager
def closing(stage: Stage, ledgers: Sequence[Ledger], *, chunk: int, rounds: int) -> Iterator[Comparison]:
    """Each ledger's due wallets in two halves: one closed as it is, one by a text that names no instant."""
    with ExitStack() as stack:
        ways = []
        for ledger in ledgers:
            middle = (ledger.due.first + ledger.due.last) // 2
            halves = {"pruned": (ledger.due.first, middle), "every month": (middle + 1, ledger.due.last)}
            for how, (first, last) in halves.items():
                env = stage.server.environment(ledger.url)
                wallets = (last - first + 1) // (rounds + 1) // chunk * chunk
                given = {"env": env, "share": wallets, "warm_up": wallets}
                way = stack.enter_context(
                    Sharing("benchmarks.scale.closing", first, last, chunk, how, **given)
                )
                ways.append(Way(f"{ledger.name}, {HOWS[how]}", way.run, "wallets/s"))
        yield Comparison(name="Closing", ways=ways, claims=[], audit=list)
