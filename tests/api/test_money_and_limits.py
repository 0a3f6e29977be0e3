"""Payments, refunds, limits and payment mode over HTTP."""

import pytest

from credit.models import Change, CreditLimit
from tests.desk import a_desk

pytestmark = pytest.mark.django_db


def test_payment_says_how_much_debt_it_cleared(caller):
    wallet = a_desk(balance="-30", permanent_limit="50").wallet

    answer = caller.pay(wallet, "100", reference="bank-1", received_on="2026-03-14", method="bank_transfer")

    assert (answer.status, answer.body["cleared"], answer.body["usable"]) == (200, "30.00", "120.00")


def test_same_payment_under_another_key_is_already_recorded(caller, wallet):
    sent = {"reference": "bank-1", "received_on": "2026-03-14"}
    caller.pay(wallet, "100", **sent)
    again = caller.pay(wallet, "100", **sent)

    assert (again.status, again.headers["Idempotent-Replayed"]) == (200, "true")
    assert again.body["message"] == "Already recorded by Mediation."


def test_used_reference_is_409_until_confirmed_as_another_payment(caller, wallet):
    caller.pay(wallet, "100", reference="bank-1")
    question = caller.pay(wallet, "99", reference="bank-1", key="p2")

    assert (question.status, question.reason, question.body["confirm"]) == (409, "reference_used", "another")
    assert caller.pay(wallet, "99", reference="bank-1", another=True, key="p2").status == 200


def test_payment_with_more_decimals_than_the_currency_has_is_refused(caller, wallet):
    answer = caller.pay(wallet, "10.001")

    assert (answer.status, answer.reason, answer.body["field"]) == (422, "invalid_amount", "amount")


def test_charge_is_refunded_in_parts_up_to_what_is_left(caller, wallet):
    charged = caller.charge(wallet, "20").body["transaction"]
    part = caller.refund(wallet, charged, amount="5")
    too_much = caller.refund(wallet, charged, amount="16")
    rest = caller.refund(wallet, charged)

    assert (part.body["amount"], part.body["left"]) == ("5.00", "15.00")
    assert (too_much.status, too_much.reason, too_much.body["left"]) == (402, "already_refunded", "15.00")
    assert (rest.body["amount"], rest.body["usable"]) == ("15.00", "150.00")


def test_refund_of_a_line_of_another_wallet_is_404(caller, wallet):
    other = a_desk(balance="5").wallet
    charged = caller.charge(other, "1").body["transaction"]

    assert caller.refund(wallet, charged).status == 404


def test_payment_cannot_be_refunded(caller, wallet):
    paid = caller.pay(wallet, "1").body["transaction"]

    assert (caller.refund(wallet, paid).status, caller.refund(wallet, paid).reason) == (404, "not_found")


def test_permanent_and_temporary_limits_are_set_and_ended(caller, wallet):
    path = f"wallets/{wallet.wallet_id}/limit"
    permanent = caller.decide(path, {"amount": "80", "reason_code": "review", "reason": "asked"})
    temporary = caller.decide(path, {"amount": "200", "days": 3})
    ended = caller.decide(f"{path}/end", {})
    removed = caller.decide(f"{path}/end", {"slot": "permanent"})

    assert (permanent.status, permanent.body["slot"], permanent.body["wallet"]["usable"]) == (
        200,
        "permanent",
        "180.00",
    )
    assert temporary.body["wallet"]["limits"]["state"] == "temporary"
    assert temporary.body["wallet"]["limits"]["falls_back_to"] == "80.00"
    assert (ended.body["limits"]["state"], ended.body["usable"]) == ("permanent", "180.00")
    assert (removed.body["limits"]["state"], removed.body["usable"]) == ("not_set", "100.00")
    assert set(CreditLimit.objects.filter(wallet=wallet).values_list("by_name", flat=True)) == {"Mediation"}
    assert Change.objects.filter(wallet=wallet, by_name="Mediation").count() == 4


def test_limit_below_what_is_used_wants_a_yes(caller):
    wallet = a_desk(balance="-30", permanent_limit="50").wallet
    path = f"wallets/{wallet.wallet_id}/limit"
    question = caller.decide(path, {"amount": "10"})

    assert (question.status, question.body["confirm"]) == (409, "confirmed")
    assert caller.decide(path, {"amount": "10", "confirmed": True}).body["wallet"]["usable"] == "-20.00"


def test_limit_decided_on_an_old_version_is_409(caller, wallet):
    path = f"wallets/{wallet.wallet_id}/limit"
    version = caller.read(wallet).body["version"]
    assert caller.decide(path, {"amount": "60", "version": version}).status == 200

    answer = caller.decide(path, {"amount": "70", "version": version})

    assert (answer.status, answer.reason) == (409, "changed_meanwhile")


def test_nothing_to_end_is_404(caller, wallet):
    assert caller.decide(f"wallets/{wallet.wallet_id}/limit/end", {}).status == 404


def test_temporary_limit_on_postpaid_is_409(caller):
    wallet = a_desk(mode="postpaid", permanent_limit="50").wallet
    answer = caller.decide(f"wallets/{wallet.wallet_id}/limit", {"amount": "60", "days": 3})

    assert (answer.status, answer.reason) == (409, "not_allowed_for_mode")


def test_payment_mode_is_changed_with_the_limit_it_needs(caller, wallet):
    path = f"wallets/{wallet.wallet_id}/payment-mode"
    without = caller.decide(path, {"to": "postpaid", "scheme": "consolidated"})
    done = caller.decide(path, {"to": "postpaid", "scheme": "consolidated", "limit": "70"})
    back = caller.decide(path, {"to": "prepaid", "keep_limit": True})

    assert (without.status, without.reason) == (409, "credit_limit_required")
    assert (done.status, done.body["payment_mode"], done.body["usable"]) == (200, "postpaid", "170.00")
    assert done.body["formula"]["text"].startswith("usable = effective limit - unbilled")
    assert (back.body["payment_mode"], back.body["usable"]) == ("prepaid", "170.00")


def test_whether_the_limit_is_kept_has_to_be_said(caller):
    wallet = a_desk(mode="postpaid", permanent_limit="50").wallet
    answer = caller.decide(f"wallets/{wallet.wallet_id}/payment-mode", {"to": "prepaid"})

    assert (answer.status, answer.body["confirm"]) == (409, "keep_limit")
