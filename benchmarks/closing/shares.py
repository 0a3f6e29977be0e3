"""A process that works off a number of wallets whenever it is told how many; steps are whole transactions."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.charging.worker import Process, say
from benchmarks.rounds import Round


class Sharing(Process):
    """A round is the next share of the wallets; the first one, which warms up, is smaller."""

    def __init__(self, module: str, *arguments: object, env: dict[str, str], share: int, warm_up: int):
        super().__init__(module, *map(str, arguments), env=env)
        self.share, self.warm_up = share, warm_up

    def run(self, seconds: float) -> Round:
        """How long it takes is not asked for: `seconds` is what other comparisons go by."""
        return self.work_off(self.share if self.done else self.warm_up)

    def work_off(self, wallets: int) -> Round:
        return self.tell(wallets)


@dataclass
class Commit:
    """Seconds until the log of a transaction was on the disk, once everything else was done."""

    seconds: float = 0.0


@contextmanager
def committed() -> Iterator[Commit]:
    """A transaction of the portal. Foreign keys are asked before it commits, so that what is left is the disk."""
    from django.db import connection, transaction

    commit = Commit()
    with transaction.atomic():
        yield commit
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        began = time.perf_counter()
    commit.seconds = time.perf_counter() - began


def serve(
    step: Callable[[int], int],
    prepare: Callable[[], object] = lambda: None,
    flushed: Callable[[], float] = lambda: 0.0,
) -> None:
    """The process's side. `step` is a transaction: it is told how many wallets are wanted, and tells how many it did;
    `prepare` is off the clock; `flushed` tells for how many seconds the latest transaction waited for the disk."""
    say({})
    for line in sys.stdin:
        done, wanted = 0, int(line)
        taken: list[float] = []
        flushes: list[float] = []
        while done < wanted:
            prepare()
            began = time.perf_counter()
            did = step(wanted - done)
            taken.append(time.perf_counter() - began)
            flushes.append(flushed())
            if not did:
                raise RuntimeError(f"{wanted - done} wallets more were wanted than there are")
            done += did
        worked = max(took - flush for took, flush in zip(taken, flushes, strict=True))
        say({"done": done, "seconds": sum(taken), "longest": max(taken)} | _of_waits(worked, max(flushes)))


def _of_waits(worked: float, flush: float) -> dict[str, float]:
    return {"longest_work": worked, "longest_flush": flush} if flush else {}
