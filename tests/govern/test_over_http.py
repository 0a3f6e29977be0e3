"""A client sets limits as far as the people of its group; above that it reads what is allowed and how to ask."""

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from credit.actions import clients
from credit.actors import Actor
from credit.groups import OFFICER
from credit.models import ChangeRequest, Increase, Wallet
from tests.api.asking import Caller
from tests.factories import micros
from tests.pages.people import prepaid

pytestmark = pytest.mark.django_db


def a_caller(authority):
    by = Actor.system("Administrator")
    group = Group.objects.get(name=authority) if authority else None
    said = {"name": "Billing", "scopes": ["read", "limits"], "authority": group}
    return Caller(clients.create_client(**said, by=by, now=timezone.now())[1])


def set_limit(caller, wallet, amount):
    return caller.decide(f"wallets/{wallet.wallet_id}/limit", {"amount": amount, "confirmed": True})


def test_above_its_authority_a_client_is_told_what_is_allowed_and_nothing_is_asked_for():
    wallet = prepaid(limit="100")
    caller = a_caller(OFFICER)
    answer = set_limit(caller, wallet, "20000")
    assert (answer.status, answer.reason) == (403, "not_authorized")
    assert (answer.body["allowed"], answer.body["left"]) == ("5100.00", "5000.00")
    assert answer.body["largest_amount"] == "10000.00"
    assert not ChangeRequest.objects.exists()
    assert set_limit(caller, wallet, "5100").status == 200
    assert Increase.objects.get().by_name == "Billing"
    assert Wallet.objects.get(pk=wallet.pk).permanent_limit_micros == micros("5100")


def test_without_a_group_a_client_raises_nothing_and_may_lower():
    wallet = prepaid(limit="100")
    caller = a_caller(None)
    assert set_limit(caller, wallet, "101").status == 403
    assert set_limit(caller, wallet, "50").status == 200
