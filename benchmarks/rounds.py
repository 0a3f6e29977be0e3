"""Ways of doing the same work, measured in turns, and what is claimed about their ratio."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median

WARM_UP_SECONDS = 1.0


@dataclass(frozen=True)
class Round:
    """What one way did in one round: `rate` per second; times where somebody waits."""

    rate: float
    p99_ms: float = 0.0
    longest_ms: float = 0.0
    median_ms: float = 0.0
    p95_ms: float = 0.0

    @property
    def cost_us(self) -> float:
        return 1e6 / self.rate


@dataclass(frozen=True)
class Way:
    """One way of doing the work; `run` works for about so many seconds."""

    name: str
    run: Callable[[float], Round]
    unit: str = "charges/s"


@dataclass(frozen=True)
class Claim:
    """`ours` over `theirs`, in the medians of a measure, is at least the floor; with `at_most`, at most.

    Without `theirs` it is no ratio but the measure itself, and the worst round counts.
    """

    sentence: str
    ours: str
    theirs: str
    floor: float
    reach: float | None = None
    measure: str = "rate"
    at_most: bool = False

    def meets(self, ratio: float, bound: float) -> bool:
        return ratio <= bound if self.at_most else ratio >= bound


@dataclass
class Comparison:
    """What is measured side by side. `audit` says, in words, everything that is wrong in the books afterwards."""

    name: str
    ways: Sequence[Way]
    claims: Sequence[Claim]
    audit: Callable[[], list[str]]
    notes: list[str] = field(default_factory=list)


@dataclass
class Figures:
    """The rounds of one comparison. A figure whose books are wrong is void, however good it looks."""

    comparison: Comparison
    rounds: dict[str, list[Round]]
    faults: list[str]

    def values(self, way: str, measure: str) -> list[float]:
        return [getattr(taken, measure) for taken in self.rounds[way]]

    def median(self, way: str, measure: str = "rate") -> float:
        return median(self.values(way, measure))

    def ratio(self, claim: Claim) -> float:
        if not claim.theirs:
            worst = max if claim.at_most else min
            return worst(self.values(claim.ours, claim.measure))
        return self.median(claim.ours, claim.measure) / self.median(claim.theirs, claim.measure)

    def ratio_spread(self, claim: Claim) -> tuple[float, float]:
        """The least and the greatest ratio of two rounds that ran one after the other."""
        if not claim.theirs:
            values = self.values(claim.ours, claim.measure)
            return min(values), max(values)
        pairs = zip(
            self.values(claim.ours, claim.measure), self.values(claim.theirs, claim.measure), strict=True
        )
        ratios = [ours / theirs for ours, theirs in pairs]
        return min(ratios), max(ratios)

    def verdict(self, claim: Claim) -> str:
        if self.faults:
            return "void"
        ratio = self.ratio(claim)
        if claim.reach is not None and claim.meets(ratio, claim.reach):
            return "reach"
        return "floor" if claim.meets(ratio, claim.floor) else "missed"


def measure(comparison: Comparison, *, rounds: int, seconds: float) -> Figures:
    """Each round runs every way once; every second round in the other order, so that none is always first."""
    for way in comparison.ways:
        way.run(min(seconds, WARM_UP_SECONDS))
    taken: dict[str, list[Round]] = {way.name: [] for way in comparison.ways}
    for number in range(rounds):
        for way in comparison.ways if number % 2 == 0 else reversed(comparison.ways):
            taken[way.name].append(way.run(seconds))
    return Figures(comparison, taken, comparison.audit())
