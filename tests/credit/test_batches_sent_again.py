"""A batch that comes again, whole or in part: what is known has its answer again, only the rest is charged."""

import pytest

from credit.actions import charges
from credit.actions.refusals import BadInput
from credit.models import Answer, Transaction
from tests.desk import FINANCE, a_desk
from tests.factories import NOON, days

pytestmark = pytest.mark.django_db


def line(desk, number, amount="1", key=None):
    return charges.Line(desk.wallet.wallet_id, key or f"key-{number}", amount=amount, kind="call")


def post(lines, now=NOON):
    return charges.post(lines=lines, by=FINANCE, now=now)


def told(outcomes):
    return [(one.accepted, one.replayed, one.transaction_id, one.usable_micros) for one in outcomes]


def amounts(desk):
    return [one.amount_micros for one in desk.lines()[1:]]  # the first line is what the desk begins with


@pytest.fixture
def desks():
    return [a_desk("50"), a_desk("50")]


@pytest.fixture
def lines(desks):
    return [line(desks[number % 2], number) for number in range(20)]


def test_a_batch_sent_again_gets_the_same_answers_and_posts_nothing(desks, lines):
    first = post(lines)
    again = post(lines, NOON + days(40))
    assert told(again) == [(True, True, one.transaction_id, one.usable_micros) for one in first]
    assert all(len(amounts(desk)) == 10 for desk in desks)


def test_of_a_batch_that_is_known_in_part_only_the_rest_is_charged_in_its_order(desks, lines):
    post(lines[5:12])
    outcomes = post(lines)
    assert [one.replayed for one in outcomes] == [5 <= number < 12 for number in range(20)]
    for half in (0, 1):
        new = [one.sequence for one in outcomes[half::2] if not one.replayed]
        assert new == sorted(new)
        assert len(amounts(desks[half])) == 10
    assert all(desk.books_are_straight() for desk in desks)
    assert Answer.objects.count() == 20


def test_a_known_key_with_other_content_is_told_and_holds_up_nobody(desks, lines):
    post(lines[:3])
    other = line(desks[0], 0, amount="2")
    outcomes = post([other, *lines[1:6]])
    assert str(outcomes[0].reason) == "key_reused"
    assert [one.accepted for one in outcomes[1:]] == [True] * 5
    assert [one.replayed for one in outcomes[1:]] == [True, True, False, False, False]
    assert sum(len(amounts(desk)) for desk in desks) == 6


def test_a_decline_stays_a_decline_while_what_is_new_is_charged(desks):
    too_much = line(desks[0], 1, amount="51")
    assert not post([too_much])[0].accepted
    assert desks[0].pay("100")
    again, new = post([too_much, line(desks[0], 2)])
    assert (again.accepted, again.replayed, str(again.reason)) == (False, True, "credit_limit_exceeded")
    assert (new.accepted, new.replayed) == (True, False)


def test_what_is_new_is_judged_by_what_is_left_after_the_known_lines(desks):
    known = [line(desks[0], number, amount="20") for number in range(2)]
    post(known)
    outcomes = post([*known, line(desks[0], 2, amount="10"), line(desks[0], 3, amount="0.000001")])
    assert [one.accepted for one in outcomes] == [True, True, True, False]
    assert desks[0].is_(usable="0")


def test_two_lines_of_one_batch_under_one_key_are_one_charge_also_beside_known_ones(desks, lines):
    post(lines[:2])
    outcomes = post([*lines[:4], lines[3]])
    assert [one.replayed for one in outcomes] == [True, True, False, False, True]
    assert Transaction.objects.filter(kind="call").count() == 4


@pytest.mark.parametrize("name", ["W\x00", "W\ud800"])
def test_a_wallet_whose_name_cannot_be_stored_is_not_known_and_stops_no_other_line(desks, name):
    wrong, again = charges.Line(name, "wrong", amount="1", kind="call"), line(desks[0], 1)
    outcomes = post([wrong, again])

    assert [outcome.accepted for outcome in outcomes] == [False, True]
    assert outcomes[0].error.field == "wallet"
    with pytest.raises(BadInput, match="not known"):
        charges.charge(wallet=name, amount="1", kind="call", by=FINANCE, now=NOON)
