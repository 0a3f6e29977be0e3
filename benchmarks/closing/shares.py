"""A process that works off a number of wallets whenever it is told how many; steps are whole transactions."""

import sys
import time
from collections.abc import Callable

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


def serve(step: Callable[[int], int], prepare: Callable[[], object] = lambda: None) -> None:
    """The process's side. `step` is a transaction: it is told how many wallets are wanted, and tells how many it did;
    `prepare` is off the clock."""
    say({})
    for line in sys.stdin:
        done, wanted = 0, int(line)
        taken: list[float] = []
        while done < wanted:
            prepare()
            began = time.perf_counter()
            did = step(wanted - done)
            taken.append(time.perf_counter() - began)
            if not did:
                raise RuntimeError(f"{wanted - done} wallets more were wanted than there are")
            done += did
        say({"done": done, "seconds": sum(taken), "longest": max(taken)})
