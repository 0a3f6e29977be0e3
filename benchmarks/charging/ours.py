"""Charging by the portal's own actions, in a process of its own.

`python -m benchmarks.charging.ours single FIRST LAST` charges wallets of these numbers one by one, `batch` a thousand
at a time.
"""

import random
import sys
from collections.abc import Callable

from benchmarks.charging.portal import caller, set_up
from benchmarks.charging.worker import serve

BATCH = 1000


def single(first: int, last: int) -> Callable[[], int]:
    from django.utils import timezone

    from credit.actions import charges

    by = caller()

    def step() -> int:
        outcome = charges.charge(
            wallet=str(random.randint(first, last)),
            amount="0.01",
            kind="sms",
            reference="call-7f3a",
            key=str(random.getrandbits(62)),
            by=by,
            now=timezone.now,
        )
        return int(outcome.accepted)

    return step


class Batches:
    """The lines are made off the clock, as the rows of a COPY are; parsing them is on it."""

    def __init__(self, first: int, last: int):
        self.first, self.last = first, last
        self.by = caller()

    def prepare(self) -> None:
        from credit.actions.charges import Line

        self.lines = [
            Line(
                wallet=str(random.randint(self.first, self.last)),
                amount="0.01",
                kind="sms",
                reference="call-7f3a",
                key=str(random.getrandbits(62)),
            )
            for _ in range(BATCH)
        ]

    def step(self) -> int:
        from django.utils import timezone

        from credit.actions import charges

        outcomes = charges.post(lines=self.lines, by=self.by, now=timezone.now)
        return sum(outcome.accepted for outcome in outcomes)


def main(way: str, first: str, last: str) -> None:
    set_up()
    if way == "single":
        serve(single(int(first), int(last)))
    else:
        batches = Batches(int(first), int(last))
        serve(batches.step, batches.prepare)


if __name__ == "__main__":
    main(*sys.argv[1:])
