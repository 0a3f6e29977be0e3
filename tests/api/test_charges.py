"""Charging over HTTP: what is asked, what is answered, what is declined."""

import pytest

from credit.models import Decline, Transaction
from tests.desk import a_desk

pytestmark = pytest.mark.django_db


def test_charge_is_answered_with_what_is_usable_now(caller, wallet):
    answer = caller.charge(wallet, "12.50")

    assert answer.status == 200
    assert answer.body["accepted"] is True
    assert answer.body["amount"] == "12.50"
    assert answer.body["usable"] == "137.50"
    assert answer.body["unlimited"] is False
    assert answer.body["current_balance"] == "87.50"
    assert answer.body["sequence"] == 2
    assert answer.body["transaction"] == Transaction.objects.get(sequence=2, wallet=wallet).pk


def test_charge_equal_to_usable_credit_is_accepted(caller, wallet):
    assert caller.charge(wallet, "150").body["usable"] == "0.00"


def test_ledger_line_names_the_client(caller, wallet):
    caller.charge(wallet, "1")

    assert Transaction.objects.get(wallet=wallet, sequence=2).by_name == "Mediation"


def test_charge_above_usable_is_402_with_the_formula(caller, wallet):
    answer = caller.charge(wallet, "150.000001", reference="call-9")

    assert (answer.status, answer.reason, answer.is_problem) == (402, "credit_limit_exceeded", True)
    assert answer.body["requested"] == "150.000001"
    assert answer.body["usable"] == "150.00"
    assert answer.body["breakdown"]["balance"] == "100.00"
    assert answer.body["breakdown"]["effective_limit"] == "50.00"
    assert answer.body["type"] == "/api/problems/credit_limit_exceeded"


def test_declined_attempt_is_kept_with_who_asked(caller, wallet):
    caller.charge(wallet, "999", reference="call-9")

    decline = Decline.objects.get(wallet=wallet)
    assert (decline.by_name, decline.reference, decline.amount_micros) == ("Mediation", "call-9", 999_000_000)


def test_declined_attempt_is_shown_on_the_organizations_page(caller, wallet, admin_client):
    caller.charge(wallet, "999", reference="call-9")

    page = admin_client.get(f"/organizations/{wallet.organization.uuid}/", {"wallet": wallet.wallet_id})

    assert "Why was it declined?" in page.content.decode()
    assert "call-9" in page.content.decode()


def test_unlimited_is_null_and_a_flag(caller):
    wallet = a_desk(limit_unlimited=True).wallet

    answer = caller.charge(wallet, "5")

    assert (answer.body["usable"], answer.body["unlimited"]) == (None, True)


def test_same_key_and_content_is_the_same_answer_done_once(caller, wallet):
    first = caller.charge(wallet, "12.50", key="k1")
    again = caller.charge(wallet, "12.5", key="k1")

    assert (again.status, again.body) == (first.status, first.body)
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert Transaction.objects.filter(wallet=wallet).count() == 2


def test_declined_key_stays_declined_after_a_payment(caller, wallet):
    first = caller.charge(wallet, "200", key="k1")
    caller.pay(wallet, "500")
    again = caller.charge(wallet, "200", key="k1")

    assert (again.status, again.body) == (402, first.body)
    assert again.headers["Idempotent-Replayed"] == "true"


def test_quoted_key_of_the_draft_is_the_same_key(caller, wallet):
    caller.charge(wallet, "1", key='"k1"')

    assert caller.charge(wallet, "1", key="k1").headers["Idempotent-Replayed"] == "true"


def test_key_with_other_content_is_422(caller, wallet):
    caller.charge(wallet, "1", key="k1")
    answer = caller.charge(wallet, "2", key="k1")

    assert (answer.status, answer.reason) == (422, "key_reused")


def test_charge_without_a_key_is_400(caller, wallet):
    answer = caller.post("charges", {"wallet": wallet.wallet_id, "amount": "1", "kind": "call"}, key=None)

    assert (answer.status, answer.reason, answer.is_problem) == (400, "key_missing", True)


def test_overrun_charges_what_was_delivered(caller, wallet):
    answer = caller.charge(wallet, "400", overrun=True)

    assert (answer.status, answer.body["usable"]) == (200, "-250.00")


@pytest.mark.parametrize(
    ("sent", "status", "reason", "field"),
    [
        ({"wallet": "W-0000-0000"}, 404, "not_found", "wallet"),
        ({"currency": "USD"}, 422, "currency_mismatch", "currency"),
        ({"amount": "1.0000001"}, 422, "invalid_amount", "amount"),
        ({"amount": "-1"}, 422, "invalid_amount", "amount"),
        ({"amount": "1000000000001"}, 422, "invalid_amount", "amount"),
        ({"amount": "NaN"}, 422, "invalid_amount", "amount"),
        ({"amount": "12,50"}, 422, "invalid_amount", "amount"),
        ({"kind": "payment"}, 422, "invalid_input", "kind"),
        ({"occurred_at": "2999-01-01T00:00:00Z"}, 422, "invalid_input", "occurred_at"),
    ],
)
def test_bad_input_names_the_field_and_stores_nothing(caller, wallet, sent, status, reason, field):
    body = {"wallet": wallet.wallet_id, "amount": "1", "kind": "call", **sent}
    answer = caller.post("charges", body, key="k1")

    assert (answer.status, answer.reason, answer.body["field"]) == (status, reason, field)
    assert answer.body["errors"][0]["field"] == field
    assert Transaction.objects.filter(wallet=wallet).count() == 1
    assert caller.charge(wallet, "1", key="k1").status == 200


def test_suspended_and_closed_decline_with_their_reason(caller):
    suspended = a_desk(organization_status="suspended").wallet
    closed = a_desk(closed_at="2026-03-01T00:00:00Z").wallet

    assert [
        (one.status, one.reason) for one in (caller.charge(suspended, "1"), caller.charge(closed, "1"))
    ] == [
        (402, "organization_suspended"),
        (402, "wallet_closed"),
    ]
