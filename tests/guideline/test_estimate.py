"""The guideline's estimate, in figures that a finance person can check by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit.guideline.estimate import Margin, estimate, round_up

AMOUNTS = st.lists(st.integers(-(10**12), 10**15), min_size=3, max_size=12)


def euros(*amounts):
    return [amount * 1_000_000 for amount in amounts]


def test_it_is_105_percent_of_the_last_month_and_twice_the_usual_step():
    found = estimate(euros(900, 1000, 1100, 1000))
    assert (found.last_micros, found.usual_step_micros) == (1_000_000_000, 100_000_000)
    assert found.micros == 1_050_000_000 + 200_000_000


def test_a_steady_customer_gets_little_above_the_last_month():
    assert estimate(euros(500, 500, 500, 500)).micros == 525_000_000


@pytest.mark.parametrize("history", [[], euros(100), euros(100, 120), euros(0, 0, 0, 0), euros(-5, 0, -1)])
def test_too_little_history_is_said_and_nothing_guessed(history):
    assert estimate(history) is None


def test_a_month_of_refunds_counts_as_nothing():
    assert estimate(euros(100, -40, 100)) == estimate(euros(100, 0, 100))


@pytest.mark.parametrize(
    ("history", "confidence"),
    [
        (euros(500, 510, 490, 500), "high"),
        (euros(500, 510, 490), "medium"),
        (euros(500, 300, 520, 480), "medium"),
        (euros(0, 900, 10, 700), "low"),
    ],
)
def test_the_more_alike_the_months_the_surer(history, confidence):
    assert estimate(history).confidence == confidence


@given(AMOUNTS)
def test_it_covers_the_last_month_again_and_more_room_is_never_less(amounts):
    found = estimate(amounts)
    if found:
        assert found.micros >= amounts[-1]
        assert estimate(amounts, Margin(step=300)).micros >= found.micros


@pytest.mark.parametrize(
    ("amount", "round_number"),
    [(0, 0), (1, 10_000), (1_234_560_000, 1_300_000_000), (99_000_000, 99_000_000)],
)
def test_it_is_rounded_up_to_what_a_person_would_say(amount, round_number):
    assert round_up(amount, 10_000) == round_number


@given(st.integers(0, 10**18))
def test_rounding_never_goes_below_and_never_adds_a_tenth(micros):
    rounded = round_up(micros, 10_000)
    assert micros <= rounded <= max(10_000, micros * 11 // 10 + 10_000)
    assert rounded % 10_000 == 0
