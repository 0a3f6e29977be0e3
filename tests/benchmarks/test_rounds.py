"""How a ratio is taken and judged."""

import pytest

from benchmarks import report
from benchmarks.rounds import Claim, Comparison, Round, Way, measure

FASTER = Claim("ours, of theirs", "ours", "theirs", floor=0.5, reach=0.9)
QUICKER = Claim(
    "p99 of ours, times theirs", "ours", "theirs", floor=8, reach=4, measure="p99_ms", at_most=True
)


def figures_of(ours, theirs, *, claim=FASTER, faults=()):
    asked = []

    def way(name, answers):
        given = iter([Round(1), *answers])  # the first one warms up

        def run(seconds):
            asked.append(name)
            return next(given)

        return Way(name, run)

    ways = [way("ours", ours), way("theirs", theirs)]
    comparison = Comparison("A charge", ways, [claim], audit=lambda: list(faults), notes=["Spread."])
    return measure(comparison, rounds=len(ours), seconds=0.1), asked


def rates(*values):
    return [Round(value, p99_ms=value) for value in values]


def test_a_ratio_is_of_medians_and_its_spread_of_neighbouring_rounds():
    figures, _ = figures_of(rates(60, 70, 10), rates(100, 100, 40))

    assert figures.ratio(FASTER) == 0.6
    assert figures.ratio_spread(FASTER) == (0.25, 0.7)


def test_the_ways_take_turns_and_none_is_always_first():
    _, asked = figures_of(rates(1, 1, 1), rates(1, 1, 1))

    assert asked[2:] == ["ours", "theirs", "theirs", "ours", "ours", "theirs"]


@pytest.mark.parametrize(("ours", "verdict"), [(49, "missed"), (50, "floor"), (90, "reach")])
def test_the_floor_itself_is_enough(ours, verdict):
    figures, _ = figures_of(rates(ours), rates(100))

    assert figures.verdict(FASTER) == verdict


@pytest.mark.parametrize(("ours", "verdict"), [(81, "missed"), (80, "floor"), (40, "reach")])
def test_where_less_is_better_the_bound_is_an_upper_one(ours, verdict):
    figures, _ = figures_of(rates(ours), rates(10), claim=QUICKER)

    assert figures.verdict(QUICKER) == verdict


def test_one_overspent_charge_voids_the_best_figure():
    figures, _ = figures_of(rates(100), rates(100), faults=["1 wallets are overspent"])

    assert figures.verdict(FASTER) == "void"
    page = report.page([figures], ["2 cores"], {}, rounds=1, seconds=0.1)
    assert "**VOID**" in page
    assert "**Void: 1 wallets are overspent.**" in page


def test_what_is_not_reached_has_its_account_on_the_page():
    figures, _ = figures_of(rates(60), rates(100))

    page = report.page([figures], ["2 cores"], {FASTER.sentence: "The disk."}, rounds=1, seconds=0.1)

    assert "| ours, of theirs | 0.60 (0.60–0.60) | ≥ 0.5 | ≥ 0.9 | floor reached |" in page
    assert "**ours, of theirs.** The disk." in page
