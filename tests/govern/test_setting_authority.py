"""Who may decide how much is set in the Django admin, by one action, and recorded."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from credit.actions import authorities
from credit.actions.refusals import NotDone
from credit.groups import ADMINISTRATOR, MANAGER, OFFICER
from credit.models import Authority, Change
from tests.factories import NOON, micros
from tests.govern.people import a_manager, a_person
from tests.pages.people import signed_in

pytestmark = pytest.mark.django_db


def officer_row(currency=""):
    return Authority.objects.get(group__name=OFFICER, currency=currency)


@pytest.fixture
def administrator():
    return signed_in(ADMINISTRATOR, is_staff=True)


def typed(**more):
    return {"amount": "20,000", "increase": "8000.50", "days": "30", **more}


def test_figures_are_typed_as_amounts_and_the_change_is_recorded(administrator):
    where = reverse("admin:credit_authority_change", args=[officer_row().pk])
    assert "10000.00" in administrator.get(where).content.decode()
    assert administrator.post(where, typed()).status_code == 302
    row = officer_row()
    assert (row.largest_amount_micros, row.largest_increase_micros) == (micros("20000"), micros("8000.50"))
    change = Change.objects.get(verb="set_authority")
    assert change.before["largest_amount_micros"] == micros("10000")
    assert change.after["group"] == OFFICER
    assert change.by_name == "Eva Horváthová"


def test_a_currency_gets_a_row_of_its_own(administrator):
    group = Group.objects.get(name=OFFICER)
    form = typed(group=group.pk, currency="JPY", amount="1600000")
    assert administrator.post(reverse("admin:credit_authority_add"), form).status_code == 302
    assert officer_row("JPY").largest_amount_micros == micros("1600000")
    again = administrator.post(reverse("admin:credit_authority_add"), form)
    assert again.status_code == 200
    assert Authority.objects.filter(group=group).count() == 2


@pytest.mark.parametrize("wrong", [{"amount": "-1"}, {"increase": "a lot"}, {"days": "-3"}])
def test_what_cannot_be_is_said_and_nothing_is_kept(administrator, wrong):
    where = reverse("admin:credit_authority_change", args=[officer_row().pk])
    assert administrator.post(where, typed(**wrong)).status_code == 200
    assert officer_row().largest_amount_micros == micros("10000")
    assert not Change.objects.exists()


def test_an_unknown_currency_is_refused(administrator):
    group = Group.objects.get(name=OFFICER)
    form = typed(group=group.pk, currency="EUX")
    assert "ISO 4217" in administrator.post(reverse("admin:credit_authority_add"), form).content.decode()


def test_a_row_is_removed_and_that_is_recorded(administrator):
    where = reverse("admin:credit_authority_delete", args=[officer_row().pk])
    assert administrator.post(where, {"post": "yes"}).status_code == 302
    assert not Authority.objects.filter(group__name=OFFICER).exists()
    assert Change.objects.get().verb == "remove_authority"


def test_a_manager_sets_no_authority():
    with pytest.raises(NotDone) as refusal:
        authorities.set_authority(
            group=Group.objects.get(name=MANAGER), amount="1", increase="1", days=1, by=a_manager(), now=NOON
        )
    assert refusal.value.reason == "not_authorized"


def test_a_staff_member_of_another_group_finds_no_button():
    user = a_person("Clerk", OFFICER, is_staff=True).user
    from django.test import Client

    client = Client()
    client.force_login(user)
    assert client.get(reverse("admin:credit_authority_add")).status_code == 403
