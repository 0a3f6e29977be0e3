"""A new wallet above one's authority is opened with what is one's own; the limit that was typed is asked for."""

import re
from html import unescape

import pytest
from django.urls import reverse

from credit.actions import requests
from credit.groups import MANAGER
from credit.models import ChangeRequest, Wallet
from organizations.models import Organization
from tests.factories import an_organization, micros
from tests.govern.people import a_person, may, the_request
from tests.pages.people import signed_in
from tests.pages.test_new_wallets import CUSTOMER, NEW

pytestmark = pytest.mark.django_db
WALLET = {name: CUSTOMER[name] for name in ("currency", "mode", "scheme", "reason_code", "reason")} | {
    "key": "k"
}


@pytest.fixture
def manager():
    may(MANAGER, "10000", "5000")
    return signed_in(MANAGER)


@pytest.fixture
def address():
    return reverse("new_wallet", args=[an_organization().uuid])


def asked_with(client, address, sent):
    """What the page offers above authority, clicked."""
    page = client.post(address, sent)
    assert page.status_code == 409
    (value,) = re.findall(r'name="request" value="([^"]*)"', page.content.decode())
    assert not Wallet.objects.exists()
    return client.post(address, {**sent, "request": unescape(value)})


def test_the_page_says_what_it_is_opened_with_and_what_becomes_a_request(manager, address):
    page = manager.post(address, {**WALLET, "limit": "20000"}).content.decode()
    assert "opened with a limit of 5,000.00 EUR now" in page
    assert "Create and request 20,000.00 EUR" in page
    assert not Wallet.objects.exists()


def test_it_is_opened_with_the_allowed_part_and_the_rest_is_approved_by_somebody_else(manager, address):
    asked_with(manager, address, {**WALLET, "limit": "20000"})
    wallet = Wallet.objects.get()
    assert wallet.permanent_limit_micros == micros("5000")
    assert the_request().wish["amount"] == micros("20000")
    root = a_person("Root", is_superuser=True)
    requests.approve(request=the_request(), words="Known payer", by=root, now=lambda: wallet.latest_at)
    assert Wallet.objects.get().permanent_limit_micros == micros("20000")


def test_a_postpaid_one_asked_for_unlimited_is_opened_with_a_limit_of_zero(manager, address):
    sent = {**WALLET, "mode": "postpaid", "scheme": "none", "limit": "", "unlimited": "on"}
    asked_with(manager, address, sent)
    assert Wallet.objects.get().permanent_limit_micros == 0
    assert the_request().wish["unlimited"]


def test_a_new_customer_is_opened_the_same_way_and_shown(manager):
    answer = asked_with(manager, NEW, {**CUSTOMER, "limit": "20000"})
    wallet = Wallet.objects.get()
    assert answer.url == f"/organizations/{wallet.organization.uuid}/?wallet={wallet.wallet_id}"
    assert wallet.permanent_limit_micros == micros("5000")
    assert the_request().wallet == wallet


def test_an_amount_typed_over_after_the_button_was_shown_creates_nothing(manager, address):
    sent = {**WALLET, "limit": "20000", "request": "another"}
    assert manager.post(address, sent).status_code == 409
    assert not Wallet.objects.exists()
    assert not ChangeRequest.objects.exists()


def test_a_second_wallet_that_was_said_yes_to_is_not_asked_about_again(manager, address):
    assert manager.post(address, {**WALLET, "limit": "10"}).status_code in (200, 302)
    assert manager.post(address, {**WALLET, "key": "k2", "limit": "20000"}).status_code == 409
    page = manager.post(
        address, {**WALLET, "key": "k2", "limit": "20000", "confirmed": "on"}
    ).content.decode()
    assert '<input type="hidden" name="confirmed" value="on">' in page
    assert Organization.objects.count() == 1
