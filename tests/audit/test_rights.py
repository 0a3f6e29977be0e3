"""Whoever changes what a person may do stands in the audit trail, like whoever changes a limit."""

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse

from credit.groups import ADMINISTRATOR, MANAGER, OFFICER
from credit.models import Change
from tests.pages.people import signed_in, somebody

pytestmark = pytest.mark.django_db

DATES = {"date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}


@pytest.fixture
def administrator():
    return signed_in(ADMINISTRATOR, is_staff=True)


def save(client, user, *groups, **more):
    typed = {"username": user.username, "is_active": "on", **DATES, **more}
    typed["groups"] = [Group.objects.get(name=name).pk for name in groups]
    answer = client.post(reverse("admin:auth_user_change", args=[user.pk]), typed)
    assert answer.status_code == 302, answer.content.decode()


def test_a_person_who_gets_another_group_leaves_a_trace(administrator):
    officer = somebody(OFFICER)

    save(administrator, officer, OFFICER, MANAGER)

    change = Change.objects.get(verb="change_rights")
    assert change.before == {"groups": OFFICER}
    assert change.after == {"groups": f"{MANAGER}, {OFFICER}", "person": officer.username}
    assert (change.by_user, change.door) == (somebody(ADMINISTRATOR), "admin")


def test_a_person_who_may_not_sign_in_any_more_leaves_a_trace(administrator):
    save(administrator, somebody(OFFICER), OFFICER, is_active="")

    change = Change.objects.get(verb="change_rights")
    assert (change.before, change.after["is_active"]) == ({"is_active": True}, False)


def test_another_e_mail_address_is_no_change_of_rights(administrator):
    save(administrator, somebody(OFFICER), OFFICER, email="eva@example.com")

    assert not Change.objects.filter(verb="change_rights").exists()


def test_a_new_person_and_a_new_password_leave_a_trace(administrator):
    secret = {"password1": "quite-long-and-odd-4071", "password2": "quite-long-and-odd-4071"}
    answer = administrator.post(
        reverse("admin:auth_user_add"), {"username": "petra", "usable_password": "true", **secret}
    )
    assert answer.status_code == 302, answer.content.decode()
    petra = User.objects.get(username="petra")
    assert Change.objects.get(verb="sign_up_person").after["person"] == "petra"

    where = reverse("admin:auth_user_password_change", args=[petra.pk])
    assert administrator.post(where, {"usable_password": "true", **secret}).status_code == 302

    assert Change.objects.get(verb="change_rights").after == {"person": "petra", "new_password": True}
    assert secret["password1"] not in str(list(Change.objects.values_list("after", flat=True)))
