"""Charges that wait together are applied together: one statement and one commit for all that arrived meanwhile.

Threads of one web process that charge at the same time would queue on the database, one commit after the other; on one
wallet each would hold the row through its own commit. Here one of them leads: it takes what is waiting, posts it as a
batch (each line with its own key and answer, as `charges.post` gives them) and hands the lead on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Event, Lock

from django.db import OperationalError

from credit.actions import charges
from credit.actions.books import Now
from credit.actions.charges import Line
from credit.actions.outcome import Outcome
from credit.actors import Actor

MOST_TOGETHER = 200


@dataclass
class _Waiting:
    line: Line
    by: Actor
    now: Now
    settled: Event = field(default_factory=Event)
    leads: bool = False
    outcome: Outcome | None = None


class Combiner:
    def __init__(self) -> None:
        self._lock = Lock()
        self._queue: list[_Waiting] = []
        self._led = False

    def charge(self, line: Line, *, by: Actor, now: Now) -> Outcome:
        """The outcome as `charges.post` gives it: bad input and refusals stand in it as its error."""
        mine = _Waiting(line, by, now)
        with self._lock:
            mine.leads, self._led = not self._led, True
            if not mine.leads:
                self._queue.append(mine)
        if not mine.leads:
            mine.settled.wait()  # whoever leads settles its followers, whatever happens to it
        if mine.leads:
            self._lead(mine)
        return mine.outcome or charges.post(lines=[line], by=by, now=now)[0]

    def _lead(self, mine: _Waiting) -> None:
        together = [mine, *self._take(mine)]
        try:
            _apply(together)
        finally:
            self._hand_on()
            for other in together[1:]:
                other.settled.set()

    def _take(self, mine: _Waiting) -> list[_Waiting]:
        """What one statement can carry: lines of the same client by the same clock."""
        with self._lock:
            fitting = [each for each in self._queue if each.by == mine.by and each.now == mine.now]
            taken = fitting[: MOST_TOGETHER - 1]
            self._queue = [each for each in self._queue if each not in taken]
        return taken

    def _hand_on(self) -> None:
        with self._lock:
            following = self._queue.pop(0) if self._queue else None
            self._led = following is not None
        if following:
            following.leads = True
            following.settled.set()


def _apply(together: Sequence[_Waiting]) -> None:
    """On a fault of the database nobody has an outcome: each then tries on its own and gets its own error."""
    try:
        outcomes = charges.post(
            lines=[each.line for each in together], by=together[0].by, now=together[0].now
        )
    except OperationalError:
        return
    for each, outcome in zip(together, outcomes, strict=True):
        each.outcome = outcome


_combiner = Combiner()


def charge(line: Line, *, by: Actor, now: Now) -> Outcome:
    """A single charge in a process that serves many at once; see `Combiner.charge`."""
    return _combiner.charge(line, by=by, now=now)
