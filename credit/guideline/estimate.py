"""What the next span of time will cost, estimated from equal spans before it. Pure; amounts are integers of micros.

The last span, a little more, and twice what usually changes from one span to the next: a customer whose months are
alike gets little above the last one, a customer whose months jump gets room for a jump. docs/recommendation.md shows
how this does on 30,000 real clients.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

FEWEST_SPANS = 3
# A usual step above this percentage of a usual span says that the spans tell little about the next one.
_STEADY, _UNSTEADY = 20, 60


@dataclass(frozen=True)
class Margin:
    """How much of the last span, and how much of the usual step is added; in percent."""

    last: int = 105
    step: int = 200


MARGIN = Margin()  # what the portal shows; docs/recommendation.md says why


@dataclass(frozen=True)
class Estimate:
    """`micros` is what would have to be covered; the parts are what it is made of."""

    micros: int
    last_micros: int
    usual_step_micros: int
    confidence: str


def estimate(spans: Sequence[int], margin: Margin = MARGIN) -> Estimate | None:
    """From the amounts of equal spans, oldest first, in micros; None: too little history.

    A span below zero (refunds exceed charges) counts as nothing.
    """
    amounts = [max(0, micros) for micros in spans]
    if len(amounts) < FEWEST_SPANS or not any(amounts):
        return None
    step = usual_step(amounts)
    micros = amounts[-1] * margin.last // 100 + step * margin.step // 100
    return Estimate(micros, amounts[-1], step, _confidence(amounts, step))


def usual_step(amounts: Sequence[int]) -> int:
    """The mean of what changes from one span to the next, whichever way."""
    steps = [abs(after - before) for before, after in pairwise(amounts)]
    return sum(steps) // len(steps)


def _confidence(amounts: Sequence[int], step: int) -> str:
    """In words: how alike the spans are, and whether there are enough of them."""
    percent = 100 * step * len(amounts) // sum(amounts)
    if percent > _UNSTEADY:
        return "low"
    return "high" if percent <= _STEADY and len(amounts) > FEWEST_SPANS else "medium"


def round_up(micros: int, unit_micros: int) -> int:
    """To a number that a person would say: two leading digits, never below the currency's minor unit."""
    step = unit_micros
    while micros > 100 * step:
        step *= 10
    return -(-micros // step) * step
