"""A client above its authority asks, and somebody in finance decides; it reads what became of it."""

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from credit.actions import clients, requests
from credit.actions.refusals import NotDone
from credit.actors import Actor
from credit.groups import MANAGER, OFFICER
from credit.models import Change, ChangeRequest, Wallet
from tests.api.asking import Caller
from tests.factories import micros
from tests.govern.people import a_manager, a_person, may, the_request
from tests.pages.people import prepaid

pytestmark = pytest.mark.django_db


def a_caller(name="Billing", by=None):
    """With an officer's authority: 10,000 in total, 5,000 more in 30 days."""
    group = Group.objects.get(name=OFFICER)
    said = {"name": name, "scopes": ["read", "limits"], "authority": group}
    made_by = by or Actor.system("Administrator")
    return Caller(clients.create_client(**said, by=made_by, now=timezone.now())[1])


@pytest.fixture
def wallet():
    return prepaid(limit="100")


@pytest.fixture
def billing(wallet):
    return a_caller()


def asks(caller, wallet, amount="20000", key=None, **more):
    sent = {"amount": amount, "reason_code": "contract", "if_beyond_authority": "request", **more}
    return caller.post(f"wallets/{wallet.wallet_id}/limit", sent, key)


def approve(by, request=None):
    done = {"request": request or the_request(), "words": "Good payer", "confirmed": True}
    return requests.approve(**done, by=by, now=timezone.now)


def limit_of(wallet):
    return Wallet.objects.get(pk=wallet.pk).permanent_limit_micros


def test_above_its_authority_a_client_asks_and_a_person_approves(billing, wallet):
    answer = asks(billing, wallet, reason="Framework contract")
    assert (answer.status, answer.body["state"]) == (202, "open")
    assert answer.headers["Location"] == answer.body["address"] == f"/api/v1/requests/{the_request().pk}"
    assert answer.body["wish"]["amount"] == "20000.00"
    assert limit_of(wallet) == micros("100")

    approve(a_manager())

    read = billing.get(f"requests/{answer.body['request']}")
    assert (read.status, read.body["state"], read.body["decided_by"]) == (200, "approved", "Jana")
    assert read.body["decision"] == "Good payer"
    assert limit_of(wallet) == micros("20000")


def test_the_trail_says_which_client_asked_and_through_which_door(billing, wallet):
    asks(billing, wallet)
    entry = Change.objects.get(verb="ask_for_approval")
    assert (entry.by_name, entry.door, entry.by_client_id) == ("Billing", "api", the_request().by_client_id)
    assert entry.reason_code == "contract"


def test_within_its_authority_it_is_done_and_nothing_is_asked_for(billing, wallet):
    answer = asks(billing, wallet, "5100")
    assert (answer.status, answer.body["amount"]) == (200, "5100.00")
    assert not ChangeRequest.objects.exists()


def test_the_allowed_part_is_granted_in_the_same_step_if_wanted(billing, wallet):
    answer = asks(billing, wallet, if_beyond_authority="grant_and_request")
    assert (answer.status, answer.body["granted"]) == (202, "5100.00")
    assert limit_of(wallet) == micros("5100")
    assert the_request().wish["amount"] == micros("20000")


def test_a_refusal_says_how_to_ask(billing, wallet):
    answer = asks(billing, wallet, if_beyond_authority="refuse")
    assert (answer.status, answer.body["if_beyond_authority"]) == (403, ["request", "grant_and_request"])
    assert "if_beyond_authority" in answer.body["detail"]
    assert not ChangeRequest.objects.exists()


def test_the_same_wish_waits_once(billing, wallet):
    first = asks(billing, wallet).body["request"]
    again = asks(billing, wallet)
    assert (again.status, again.body["request"]) == (409, first)
    assert ChangeRequest.objects.count() == 1


def test_with_a_key_it_is_asked_for_once_however_often_it_is_sent(billing, wallet):
    first = asks(billing, wallet, key="k1")
    again = asks(billing, wallet, "20000.00", key="k1")
    assert (again.status, again.body) == (202, first.body)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Location"] == first.body["address"]

    requests.reject(request=the_request(), words="No", by=a_manager(), now=timezone.now)
    assert asks(billing, wallet, key="k1").body == first.body
    assert ChangeRequest.objects.count() == 1


def test_a_key_with_other_content_is_refused(billing, wallet):
    asks(billing, wallet, key="k1")
    other = asks(billing, wallet, "20001", key="k1")
    assert (other.status, other.reason) == (422, "key_reused")


def test_a_limit_that_was_set_under_a_key_is_set_once(billing, wallet):
    first = asks(billing, wallet, "200", key="k1")
    asks(billing, wallet, "300")
    again = asks(billing, wallet, "200", key="k1")
    assert (again.status, again.body) == (200, first.body)
    assert limit_of(wallet) == micros("300")


def test_a_refused_change_leaves_its_key_free(billing, wallet):
    refused = asks(billing, wallet, key="k1", if_beyond_authority="refuse")
    assert refused.status == 403
    assert asks(billing, wallet, "200", key="k1").status == 200


def test_unlimited_is_asked_for_since_no_client_has_that_right(billing, wallet):
    may(OFFICER, "10000", "5000", unlimited=True)
    sent = {"amount": None, "unlimited": True}
    refused = asks(billing, wallet, **sent, if_beyond_authority="refuse")
    assert (refused.status, refused.body["if_beyond_authority"]) == (403, ["request"])
    assert asks(billing, wallet, **sent).status == 202
    approve(a_manager())
    assert Wallet.objects.get(pk=wallet.pk).limit_unlimited


def test_a_switch_of_mode_is_asked_for(billing, wallet):
    sent = {"to": "postpaid", "scheme": "none", "limit": "20000", "if_beyond_authority": "request"}
    answer = billing.decide(f"wallets/{wallet.wallet_id}/payment-mode", sent)
    assert (answer.status, answer.body["verb"]) == (202, "change_payment_mode")
    assert answer.body["wish"]["limit"] == "20000.00"
    approve(a_manager())
    assert Wallet.objects.get(pk=wallet.pk).mode == "postpaid"


def test_a_client_withdraws_what_it_asked_for(billing, wallet):
    number = asks(billing, wallet).body["request"]
    done = billing.post(f"requests/{number}/withdraw", {"words": "Paid"}, None)
    assert (done.status, done.body["state"], done.body["decision"]) == (200, "withdrawn", "Paid")
    again = billing.post(f"requests/{number}/withdraw", {}, None)
    assert (again.status, again.reason) == (409, "changed_meanwhile")


def test_requests_of_others_are_not_there(billing, wallet):
    number = asks(billing, wallet).body["request"]
    other = a_caller("Policy")
    assert other.get(f"requests/{number}").status == 404
    assert other.post(f"requests/{number}/withdraw", {}, None).status == 404


def test_who_made_the_clients_credential_decides_none_of_its_requests(wallet):
    """They may hold it, so its request may be their own."""
    maker = a_person("Root", is_superuser=True)
    asks(a_caller(by=maker), wallet)
    with pytest.raises(NotDone) as refusal:
        approve(maker)
    assert refusal.value.reason == "not_authorized"
    assert not requests.waiting_for(maker, timezone.now()).exists()
    requests.withdraw(request=the_request(), by=maker, now=timezone.now)


def test_who_made_a_new_credential_of_the_client_decides_none_either(wallet):
    caller, rotator = a_caller(), a_person("Root", is_superuser=True)
    asks(caller, wallet)
    client = the_request().by_client
    clients.rotate_key(client=client, by=rotator, now=timezone.now())
    assert not requests.waiting_for(rotator, timezone.now()).exists()
    assert requests.waiting_for(a_manager(), timezone.now()).exists()


def test_a_change_without_a_reason_code_is_told_which_there_are(billing, wallet):
    for path, sent in {
        "limit": {"amount": "1"}, "limit/end": {}, "payment-mode": {"to": "postpaid"}
    }.items():  # fmt: skip
        answer = billing.post(f"wallets/{wallet.wallet_id}/{path}", sent, None)
        assert (answer.status, answer.body["field"]) == (422, "reason_code"), path
        assert "payment_promised" in answer.body["errors"][0]["allowed"]
        assert "payment_promised" in answer.body["detail"]


def test_a_manager_still_approves_within_their_authority_only(billing, wallet):
    asks(billing, wallet, "900000")
    with pytest.raises(NotDone) as refusal:
        approve(a_manager())
    assert refusal.value.reason == "not_authorized"
    may(MANAGER, "1000000", "900000")
    approve(a_manager("Karol"))
