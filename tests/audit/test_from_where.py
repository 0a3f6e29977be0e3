"""Every change says from where it was made, and no action had to be told."""

import pytest
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from credit import origins
from credit.actions import limits, payments
from credit.actors import Actor
from credit.groups import MANAGER
from credit.models import Change
from tests.api.asking import Caller, a_client
from tests.pages.people import SYSTEM, address, charge, prepaid, send, signed_in, somebody

pytestmark = pytest.mark.django_db

CALLER = {"REMOTE_ADDR": "203.0.113.9"}


def suspend(client, wallet, **headers):
    where = reverse("suspend_organization", args=[wallet.organization.uuid])
    answer = client.post(
        where, {"key": "k", "reason_code": "risk", "reason": "No answer", "confirmed": "on"}, **headers
    )
    assert answer.status_code == 302, answer.content.decode()
    return Change.objects.filter(verb="suspend").latest("pk")


def test_a_change_made_on_a_page_says_the_address_and_the_portal():
    wallet = prepaid()

    change = suspend(signed_in(MANAGER), wallet, **CALLER)

    assert (change.door, change.address) == ("portal", "203.0.113.9")
    assert change.by_user == somebody(MANAGER) and change.by_client is None


def test_a_change_of_a_job_says_so_and_has_no_address():
    wallet = prepaid()
    limits.set_limit(wallet=wallet, amount="50", by=SYSTEM, now=timezone.now)

    change = Change.objects.latest("pk")

    assert (change.door, change.address, change.by_user) == ("job", "", None)


def test_a_change_made_over_the_api_says_which_client_and_from_where():
    wallet = prepaid()
    client, credential = a_client("Billing engine")

    answer = Caller(credential).post(
        f"wallets/{wallet.wallet_id}/limit", {"amount": "75", "reason_code": "review", "reason": "Yearly"}
    )

    assert answer.status == 200, answer.body
    change = Change.objects.latest("pk")
    assert (change.by_client, change.door, change.address) == (client, "api", "127.0.0.1")


def test_once_the_request_is_answered_nobody_comes_from_there_any_more():
    suspend(signed_in(MANAGER), prepaid(), **CALLER)

    assert Actor.person(somebody(MANAGER)).origin == origins.Origin("job", "")


@pytest.mark.parametrize(
    ("proxies", "forwarded", "seen"),
    [
        (0, "198.51.100.7", "203.0.113.9"),
        (1, "198.51.100.7", "198.51.100.7"),
        (1, "10.6.6.6, 198.51.100.7", "198.51.100.7"),
        (2, "10.6.6.6, 198.51.100.7, 192.0.2.1", "198.51.100.7"),
        (2, "198.51.100.7", "203.0.113.9"),
        (1, "198.51.100.7:4711", "198.51.100.7"),
        (1, "[2001:db8::1]:4711", "2001:db8::1"),
        (1, "fe80::1%eth0", "fe80::1"),
        (1, "<script>", "203.0.113.9"),
        (1, "", "203.0.113.9"),
    ],
)
def test_behind_proxies_only_what_our_own_wrote_is_believed(settings, proxies, forwarded, seen):
    settings.PORTAL_PROXIES = proxies
    request = RequestFactory().get("/", HTTP_X_FORWARDED_FOR=forwarded, **CALLER)

    assert origins.address_of(request) == seen


def test_money_that_a_person_moves_stands_in_the_audit_trail_with_before_and_after():
    wallet = prepaid(paid="100")
    answer = send(
        signed_in(MANAGER), address("add_payment", wallet), amount="25.50", received_on="2026-02-20", reference="INV 7",
        method="bank_transfer",
    )  # fmt: skip
    assert answer.status_code == 302, answer.content.decode()

    change = Change.objects.get(verb="payment")

    assert change.before == {"current_balance_micros": 100_000_000}
    assert change.after == {
        "current_balance_micros": 125_500_000, "amount_micros": 25_500_000, "line": 2, "reference": "INV 7",
    }  # fmt: skip


def test_money_that_systems_move_stays_in_the_ledger_alone():
    wallet = prepaid(paid="100")
    charge(wallet, "5")
    payments.record_payment(wallet=wallet, amount="5", by=SYSTEM, now=timezone.now)

    assert not Change.objects.filter(verb__in=["payment", "call"]).exists()


def test_a_payment_is_not_taken_for_the_change_that_a_form_has_missed():
    wallet = prepaid(limit="50")
    person = Actor.person(somebody(MANAGER))
    payments.record_payment(wallet=wallet, amount="5", by=person, now=timezone.now)

    assert [change.verb for change in Change.objects.decisions().filter(wallet=wallet)] == ["create_wallet"]
