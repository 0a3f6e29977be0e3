"""Every page and every verb asks for its right; what somebody may not do is not offered either."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from credit.actions import reservations
from credit.groups import ADMINISTRATOR, MANAGER, OFFICER, VIEWER
from credit.models import Change, Reservation, Transaction
from tests.pages.people import SYSTEM, charge, prepaid, signed_in

pytestmark = pytest.mark.django_db

EVERYBODY = {VIEWER, OFFICER, MANAGER, ADMINISTRATOR}
DESK = {OFFICER, MANAGER, ADMINISTRATOR}
LEAD = {MANAGER, ADMINISTRATOR}
ORGANIZATION = ("organization", "suspend_organization", "resume_organization", "change_time_zone")
WITHOUT = ("invoices", "jobs")
RIGHTS = {
    "organization": EVERYBODY,
    "invoices": EVERYBODY,
    "jobs": DESK,
    "ledger_csv": DESK,
    "add_payment": DESK,
    "adjust_credit": DESK,
    "refund": DESK,
    "reverse": DESK,
    "suspend_organization": DESK,
    "resume_organization": DESK,
    "withdraw": LEAD,
    "transfer": LEAD,
    "write_off": LEAD,
    "release_reservation": LEAD,
    "change_mode": LEAD,
    "change_scheme": LEAD,
    "change_time_zone": LEAD,
    "close_wallet": LEAD,
    "reopen_wallet": LEAD,
}
READING = ("organization", "invoices", "jobs", "ledger_csv")


@pytest.fixture
def wallet():
    wallet = prepaid(limit="50")
    charge(wallet, "1")
    reservations.reserve(wallet=wallet, reference="res-1", amount="5", by=SYSTEM, now=timezone.now)
    return wallet


def address(name, wallet):
    if name in WITHOUT:
        return reverse(name)
    if name in ORGANIZATION:
        return reverse(name, args=[wallet.organization.uuid])
    more = {"refund": [2], "reverse": [2], "release_reservation": [Reservation.objects.get().pk]}.get(
        name, []
    )
    return reverse(name, args=[wallet.wallet_id, *more])


@pytest.mark.parametrize("group", sorted(EVERYBODY))
@pytest.mark.parametrize("name", RIGHTS)
def test_a_page_opens_for_those_who_have_the_right(name, group, wallet):
    expected = 200 if group in RIGHTS[name] else 403
    assert signed_in(group).get(address(name, wallet)).status_code == expected


@pytest.mark.parametrize("name", [name for name in RIGHTS if name not in READING])
def test_without_the_right_nothing_is_written(name, wallet):
    before = (Transaction.objects.count(), Change.objects.count())
    answer = signed_in(VIEWER).post(
        address(name, wallet), {"key": "k", "amount": "1", "reason": "r", "direction": "give"}
    )
    assert answer.status_code == 403
    assert (Transaction.objects.count(), Change.objects.count()) == before


@pytest.mark.parametrize("name", RIGHTS)
def test_nobody_sees_a_page_without_signing_in(name, wallet):
    answer = Client().get(address(name, wallet))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/")


def test_what_somebody_may_not_do_is_not_offered(wallet):
    page = signed_in(VIEWER).get(address("organization", wallet)).content.decode()
    offered = [name for name in RIGHTS if name not in READING and address(name, wallet) in page]
    assert offered == []
    assert reverse("set_limit", args=[wallet.wallet_id]) not in page


def test_what_somebody_may_do_is_offered(wallet):
    page = signed_in(MANAGER).get(address("organization", wallet)).content.decode()
    elsewhere = {"reopen_wallet", "change_scheme", "resume_organization", *READING}
    missing = [name for name in RIGHTS if name not in elsewhere and address(name, wallet) not in page]
    # The payment line and the charge each offer the one correction that fits; a refund leads on to the reversal.
    assert missing == ["reverse"]
