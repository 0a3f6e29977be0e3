"""Random histories: every answer and every number, now and ahead, must be the oracle's, on both databases.

pytest tests/histories --thorough      many more and longer histories than every run can afford
"""

from datetime import timedelta

import pytest
from hypothesis import given, settings

from tests.histories.beside import Beside
from tests.histories.paper import invoices_are_the_oracles, leaves_a_straight_past
from tests.histories.steps import SUPPRESSED, UNSHRUNK, histories

pytestmark = pytest.mark.django_db
A_MONTH_AND_MORE = timedelta(days=40)


def check(history):
    start, steps = history
    beside = Beside(*start)
    for step in steps:
        beside.run(step)
    beside.look_back()
    leaves_a_straight_past(beside.desk.wallet)
    beside.now += A_MONTH_AND_MORE
    beside.run(("close_periods",))
    assert invoices_are_the_oracles(beside.desk.wallet, beside.oracle)


@settings(max_examples=25, phases=UNSHRUNK, suppress_health_check=SUPPRESSED, deadline=None)
@given(histories)
def test_every_answer_and_every_number_is_the_oracles(history):
    check(history)


@pytest.mark.thorough
@settings(max_examples=2000, suppress_health_check=SUPPRESSED, deadline=None)
@given(histories)
def test_thousands_of_histories_agree_with_the_oracle(history):
    check(history)
