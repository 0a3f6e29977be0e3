"""A new customer with its first wallet, and one more wallet of a customer."""

import pytest
from django.urls import reverse

from credit.groups import MANAGER, OFFICER
from credit.models import Change, Wallet
from organizations.models import Organization
from tests.factories import a_wallet, an_organization
from tests.pages.people import signed_in

pytestmark = pytest.mark.django_db
NEW = "/organizations/new/"
CUSTOMER = {
    "key": "form-1",
    "name": "Mediworx s.r.o.",
    "country": "sk",
    "time_zone": "Europe/Bratislava",
    "reference": "",
    "currency": "eur",
    "mode": "prepaid",
    "scheme": "",
    "limit": "150",
    "reason_code": "contract",
    "reason": "Signed today",
}


@pytest.fixture
def manager():
    return signed_in(MANAGER)


def test_a_customer_is_created_with_its_first_wallet_in_one_step(manager):
    answer = manager.post(NEW, CUSTOMER)
    wallet = Wallet.objects.get()
    assert (wallet.currency, wallet.mode, wallet.permanent_limit_micros) == ("EUR", "prepaid", 150_000_000)
    assert (wallet.organization.name, wallet.organization.country) == ("Mediworx s.r.o.", "SK")
    assert wallet.time_zone == "Europe/Bratislava"
    assert answer.url == f"/organizations/{wallet.organization.uuid}/?wallet={wallet.wallet_id}"
    assert Change.objects.get().reason == "Signed today"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": ""}, "name"),
        ({"country": "SVK"}, "country"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"currency": "EUX"}, "currency"),
        ({"currency": ""}, "currency"),
        ({"mode": ""}, "mode"),
        ({"mode": "prepaid", "scheme": "consolidated"}, "scheme"),
        ({"mode": "postpaid", "scheme": ""}, "scheme"),
        ({"mode": "postpaid", "scheme": "consolidated", "limit": ""}, "limit"),
        ({"limit": "-1"}, "limit"),
        ({"limit": "1.999"}, "limit"),
        ({"reason": ""}, "reason"),
    ],
)
def test_what_cannot_be_created_names_its_field_and_stores_nothing(manager, given, field):
    answer = manager.post(NEW, {**CUSTOMER, **given})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert not Organization.objects.exists()
    assert not Wallet.objects.exists()


def test_a_second_customer_of_the_same_name_is_asked_about(manager):
    an_organization(name="MEDIWORX  S.R.O.")
    answer = manager.post(NEW, CUSTOMER)
    assert answer.status_code == 409
    assert "is a customer already" in answer.context["question"]
    assert not Wallet.objects.exists()
    assert manager.post(NEW, {**CUSTOMER, "confirmed": "on"}).status_code == 302
    assert Organization.objects.count() == 2


def test_a_double_click_does_not_create_a_customer_twice(manager):
    manager.post(NEW, CUSTOMER)
    assert manager.post(NEW, CUSTOMER).status_code == 409
    assert Wallet.objects.count() == 1


def test_a_second_wallet_in_the_currency_is_asked_about(manager):
    first = a_wallet()
    address = reverse("new_wallet", args=[first.organization.uuid])
    given = {name: CUSTOMER[name] for name in ("key", "mode", "scheme", "limit", "reason_code", "reason")}
    answer = manager.post(address, {**given, "currency": first.currency})
    assert answer.status_code == 409
    assert first.wallet_id in answer.context["question"]
    assert manager.post(address, {**given, "currency": "USD"}).status_code == 302
    manager.post(address, {**given, "currency": first.currency, "confirmed": "on"})
    assert sorted(Wallet.objects.values_list("currency", flat=True)) == sorted(["USD", *[first.currency] * 2])


def test_only_people_with_the_right_create_customers():
    client = signed_in(OFFICER)
    assert client.get(NEW).status_code == 403
    assert client.post(NEW, CUSTOMER).status_code == 403
    wallet = a_wallet()
    assert client.get(reverse("new_wallet", args=[wallet.organization.uuid])).status_code == 403
    assert "New organization" not in client.get("/organizations/").content.decode()
