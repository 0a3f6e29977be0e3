"""Charges of one web process that wait together are applied together: each keeps its own key, answer and refusal."""

import pytest
from django.db import OperationalError

from credit.actions import charges, combining
from credit.models import Transaction
from tests.desk import FINANCE, a_desk
from tests.factories import NOON, micros
from tests.races.together import together

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def combiner():
    return combining.Combiner()


def charging(combiner, wallet, amount="200", **more):
    def charge():
        line = charges.Line(wallet=wallet, amount=amount, kind="call", **more)
        return combiner.charge(line, by=FINANCE, now=NOON)

    return charge


def test_sixteen_charges_of_200_on_a_limit_of_1000_take_1000(combiner):
    desk = a_desk("0", permanent_limit="1000")
    outcomes = together(*[charging(combiner, desk.wallet, key=f"k{number}") for number in range(16)])
    assert sum(outcome.accepted for outcome in outcomes) == 5
    assert {str(outcome.reason) for outcome in outcomes if not outcome.accepted} == {"credit_limit_exceeded"}
    assert desk.books_are_straight()


def test_the_same_key_from_eight_threads_has_one_effect_and_one_answer(combiner):
    desk = a_desk("1000")
    outcomes = together(*[charging(combiner, desk.wallet, key="same")] * 8)
    assert {outcome.transaction_id for outcome in outcomes} == {Transaction.objects.get(kind="call").pk}
    assert sum(not outcome.replayed for outcome in outcomes) == 1


def test_a_line_that_cannot_be_read_keeps_nobody_else_from_charging(combiner):
    desk = a_desk("1000")
    good = [charging(combiner, desk.wallet, "1", key=f"k{number}") for number in range(6)]
    *fine, bad = together(*good, charging(combiner, desk.wallet, "-1", key="bad"))
    assert all(outcome.accepted for outcome in fine)
    assert str(bad.error.reason) == "invalid_amount"


def test_a_fault_of_the_batch_is_tried_again_one_by_one(combiner, monkeypatch):
    desk = a_desk("1000")
    post = charges.post

    def faulty(*, lines, **context):
        if len(lines) > 1:
            raise OperationalError("the connection was cut")
        return post(lines=lines, **context)

    monkeypatch.setattr(charges, "post", faulty)
    outcomes = together(*[charging(combiner, desk.wallet, "1", key=f"k{number}") for number in range(8)])
    assert all(outcome.accepted for outcome in outcomes)
    assert sum(line.amount_micros for line in Transaction.objects.filter(kind="call")) == -micros("8")


def test_what_waits_meanwhile_is_applied_in_one_go(combiner, monkeypatch):
    desk = a_desk("1000")
    post, sizes = charges.post, []

    def counted(*, lines, **context):
        sizes.append(len(lines))
        return post(lines=lines, **context)

    monkeypatch.setattr(charges, "post", counted)
    together(*[charging(combiner, desk.wallet, "1", key=f"k{number}") for number in range(16)])
    assert sum(sizes) == 16
    assert len(sizes) < 16
