"""A customer's plain record is changed in the Django admin; the audit trail says who did it, and what stood before."""

import pytest
from django.urls import reverse

from credit.groups import ADMINISTRATOR
from credit.models import Change
from organizations.models import Organization
from tests.factories import a_wallet, an_organization
from tests.pages.people import signed_in, somebody

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator():
    return signed_in(ADMINISTRATOR, is_staff=True)


def test_a_customer_who_gets_another_name_leaves_a_trace(administrator):
    customer = an_organization(name="Kovac")

    answer = administrator.post(
        reverse("admin:organizations_organization_change", args=[customer.pk]),
        {"name": "Kováč & Søn", "country": customer.country, "reference": customer.reference},
    )

    assert answer.status_code == 302, answer.content.decode()
    change = Change.objects.get(verb="change_record")
    assert (change.before, change.after) == ({"name": "Kovac"}, {"name": "Kováč & Søn"})
    assert (change.organization, change.by_user, change.door) == (
        customer,
        somebody(ADMINISTRATOR),
        "admin",
    )


def test_saving_what_stands_there_leaves_none(administrator):
    customer = a_wallet().organization
    kept = {"name": customer.name, "country": customer.country, "reference": customer.reference}

    administrator.post(reverse("admin:organizations_organization_change", args=[customer.pk]), kept)

    assert not Change.objects.filter(verb="change_record").exists()


def test_a_customer_made_in_the_admin_leaves_a_trace(administrator):
    typed = {"name": "Node Nexus", "country": "IN", "reference": "R-1", "time_zone": "Asia/Kolkata"}

    answer = administrator.post(reverse("admin:organizations_organization_add"), typed)

    assert answer.status_code == 302, answer.content.decode()
    change = Change.objects.get(verb="create_organization")
    assert change.organization == Organization.objects.get(name="Node Nexus")
    assert (change.before, change.after) == ({}, typed)


def test_when_a_wallet_counts_as_near_leaves_a_trace(administrator):
    wallet = a_wallet()

    administrator.post(reverse("admin:credit_wallet_change", args=[wallet.pk]), {"near_percent": "70"})

    change = Change.objects.get(verb="change_record")
    assert (change.wallet, change.before, change.after) == (
        wallet,
        {"near_percent": wallet.near_percent},
        {"near_percent": 70},
    )


def test_the_audit_trail_says_it_in_words(administrator):
    customer = an_organization(name="Kovac")
    administrator.post(
        reverse("admin:organizations_organization_change", args=[customer.pk]),
        {"name": "Renamed", "country": customer.country, "reference": customer.reference},
    )

    page = administrator.get(reverse("audit")).content.decode()

    assert "Change the record" in page
    assert "Renamed" in page
