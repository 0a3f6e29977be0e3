"""Many lines in one request: each its own key, its own answer."""

import pytest

from credit.models import Transaction
from tests.api.asking import Caller, a_client
from tests.desk import a_desk

pytestmark = pytest.mark.django_db


def a_line(wallet, amount, key, **more):
    return {"wallet": wallet.wallet_id, "amount": amount, "kind": "sms", "key": key, **more}


def statuses(answer):
    return [result["status"] for result in answer.body["results"]]


def test_each_line_is_decided_in_order(caller, wallet):
    answer = caller.batch([a_line(wallet, "100", "a"), a_line(wallet, "60", "b"), a_line(wallet, "50", "c")])

    assert answer.status == 200
    assert statuses(answer) == [200, 402, 200]
    assert [result["usable"] for result in answer.body["results"]] == ["50.00", "50.00", "0.00"]
    assert (answer.body["accepted"], answer.body["declined"], answer.body["refused"]) == (2, 1, 0)
    assert [result["key"] for result in answer.body["results"]] == ["a", "b", "c"]


def test_bad_line_does_not_stop_the_others(caller, wallet):
    lines = [
        a_line(wallet, "1", "a"),
        a_line(wallet, "many", "b"),
        a_line(wallet, "1", "c", kind="bread"),
        {**a_line(wallet, "1", "d"), "wallet": "W-0000-0000"},
    ]
    answer = caller.batch(lines)

    assert statuses(answer) == [200, 422, 422, 404]
    assert [result.get("field") for result in answer.body["results"]] == [None, "amount", "kind", "wallet"]
    assert answer.body["refused"] == 3


@pytest.mark.parametrize("atomic", [False, True])
def test_key_with_a_character_that_cannot_be_stored_is_refused_by_its_line(caller, wallet, atomic):
    lines = [a_line(wallet, "1", "a"), a_line(wallet, "1", "b\x00")]
    answer = caller.batch(lines, atomic=atomic)

    assert statuses(answer) == ([424, 422] if atomic else [200, 422])
    assert answer.body["results"][1]["field"] == "key"


def test_batch_sent_again_is_replayed_line_by_line(caller, wallet):
    lines = [a_line(wallet, "100", "a"), a_line(wallet, "100", "b")]
    first, again = caller.batch(lines), caller.batch(lines)

    assert statuses(again) == statuses(first) == [200, 402]
    assert [result["replayed"] for result in again.body["results"]] == [True, True]
    assert Transaction.objects.filter(wallet=wallet, kind="sms").count() == 1


def test_atomic_batch_with_a_declined_line_posts_nothing(caller, wallet):
    lines = [a_line(wallet, "100", "a"), a_line(wallet, "100", "b")]
    answer = caller.batch(lines, atomic=True)

    assert (answer.status, answer.reason, answer.is_problem) == (402, "credit_limit_exceeded", True)
    assert statuses(answer) == [424, 402]
    assert Transaction.objects.filter(wallet=wallet, kind="sms").count() == 0
    assert statuses(caller.batch(lines[:1])) == [200]


def test_atomic_batch_with_a_bad_line_posts_nothing(caller, wallet):
    answer = caller.batch([a_line(wallet, "1", "a"), a_line(wallet, "x", "b")], atomic=True)

    assert (answer.status, answer.reason) == (422, "invalid_amount")
    assert statuses(answer) == [424, 422]
    assert Transaction.objects.filter(wallet=wallet, kind="sms").count() == 0


def test_what_stands_already_is_not_undone_by_an_atomic_batch_that_fails(caller, wallet):
    caller.charge(wallet, "100", kind="sms", key="a")
    answer = caller.batch([a_line(wallet, "100", "a"), a_line(wallet, "100", "b")], atomic=True)

    assert (answer.status, statuses(answer)) == (402, [200, 402])
    assert [result["replayed"] for result in answer.body["results"]] == [True, False]
    assert Transaction.objects.filter(wallet=wallet, kind="sms").count() == 1


def test_an_amount_that_no_number_can_hold_is_refused_in_its_line_alone(caller, wallet):
    answer = caller.batch([a_line(wallet, "1e9999999", "a"), a_line(wallet, "1", "b")])

    assert (answer.status, statuses(answer)) == (200, [422, 200])


def test_batch_mixes_charges_and_payments(caller, wallet):
    payment = {"verb": "payment", "wallet": wallet.wallet_id, "amount": "10", "key": "p"}
    answer = caller.batch([a_line(wallet, "150", "a"), payment, a_line(wallet, "10", "b")])

    assert statuses(answer) == [200, 200, 200]
    assert answer.body["results"][1]["cleared"] == "10.00"


def test_payments_in_a_batch_need_the_scope_pay(wallet):
    caller = Caller(a_client("Switch", ["charge"])[1])
    payment = {"verb": "payment", "wallet": wallet.wallet_id, "amount": "10", "key": "p"}

    assert caller.batch([payment]).status == 403


def test_overrun_line_without_its_scope_is_403_and_the_rest_is_done(wallet):
    caller = Caller(a_client("Switch", ["charge"])[1])
    answer = caller.batch([a_line(wallet, "1", "a", overrun=True), a_line(wallet, "1", "b")])

    assert statuses(answer) == [403, 200]


def test_batch_spreads_over_wallets(caller, wallet):
    other = a_desk(permanent_limit="5").wallet
    answer = caller.batch([a_line(wallet, "1", "a"), a_line(other, "6", "a"), a_line(other, "5", "b")])

    assert statuses(answer) == [200, 402, 200]


def test_thousand_lines_pass_and_one_more_is_refused(caller, wallet):
    lines = [a_line(wallet, "0.01", f"k{number}") for number in range(1001)]

    assert caller.batch(lines[:1000]).body["accepted"] == 1000
    assert caller.batch(lines).status == 422


def test_line_without_a_key_refuses_the_batch_and_names_the_line(caller, wallet):
    lines = [a_line(wallet, "1", "a"), {"wallet": wallet.wallet_id, "amount": "1", "kind": "sms"}]
    answer = caller.batch(lines)

    assert (answer.status, answer.body["errors"][0]["field"]) == (422, "lines.1.key")
    assert caller.batch([]).status == 422
