"""Random histories: every answer and every number, now and ahead, must be the oracle's, on both databases.

pytest tests/histories --thorough      many more and longer histories than every run can afford
"""

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from credit.models import CreditLimit, HoldLine, Period, Reservation, Wallet
from tests.histories.beside import Beside
from tests.histories.steps import histories

pytestmark = pytest.mark.django_db


def check(history):
    start, steps = history
    beside = Beside(*start)
    for step in steps:
        beside.run(step)
    beside.look_back()
    leaves_a_straight_past(beside.desk.wallet)


def leaves_a_straight_past(wallet):
    """What the histories of limits, holds and periods say agrees with the row they led to."""
    row = Wallet.objects.get(pk=wallet.pk)
    assert row.reserved_micros == sum(
        Reservation.objects.open().filter(wallet=row).values_list("rest_micros", flat=True)
    )
    assert row.reserved_micros == sum(
        HoldLine.objects.filter(wallet=row).values_list("change_micros", flat=True)
    )
    assert row.closing_micros == total(Period.objects.filter(wallet=row, closed_at=None), "amount_micros")
    periods = list(Period.objects.filter(wallet=row).order_by("starts_at"))
    assert all(one.ends_at <= next_.starts_at for one, next_ in pairwise(periods))
    standing = {limit.slot: limit.amount_micros for limit in CreditLimit.objects.open().filter(wallet=row)}
    for slot in ("permanent", "temporary", "scheduled"):
        assert standing.get(slot) == getattr(row, f"{slot}_limit_micros")
    assert ("permanent" in standing) == (row.limit_unlimited or row.permanent_limit_micros is not None)


def total(rows, column):
    return sum(rows.values_list(column, flat=True))


SUPPRESSED = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


# Shrinking a failure takes minutes: `--thorough` does, and finds the same ones again.
@settings(
    max_examples=25,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=SUPPRESSED,
    deadline=None,
)
@given(histories)
def test_every_answer_and_every_number_is_the_oracles(history):
    check(history)


@pytest.mark.thorough
@settings(max_examples=2000, suppress_health_check=SUPPRESSED, deadline=None)
@given(histories)
def test_thousands_of_histories_agree_with_the_oracle(history):
    check(history)
