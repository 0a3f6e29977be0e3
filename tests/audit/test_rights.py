"""Whoever changes what a person may do stands in the audit trail, like whoever changes a limit."""

import re

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.urls import reverse
from django.utils.html import escape

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


def test_rights_that_a_group_gets_or_loses_leave_a_trace(administrator):
    group = Group.objects.create(name="Night shift")
    had, gets = rights("set_credit_limit", "record_payment"), rights("record_payment", "overrun")
    group.permissions.set(had)

    where = reverse("admin:auth_group_change", args=[group.pk])
    typed = {"name": "Night shift", "permissions": [right.pk for right in gets]}
    assert administrator.post(where, typed).status_code == 302

    change = Change.objects.get(verb="change_group")
    assert change.before == {"group": "Night shift", "scopes": ["credit.set_credit_limit"]}
    assert change.after == {"group": "Night shift", "scopes": ["credit.overrun"]}
    assert (change.by_user, change.door) == (somebody(ADMINISTRATOR), "admin")
    assert administrator.post(where, typed).status_code == 302
    assert Change.objects.filter(verb="change_group").count() == 1


def test_a_group_that_is_made_or_removed_leaves_a_trace(administrator):
    typed = {"name": "Night shift", "permissions": [right.pk for right in rights("overrun")]}
    assert administrator.post(reverse("admin:auth_group_add"), typed).status_code == 302
    assert Change.objects.get(verb="change_group").after == {
        "group": "Night shift",
        "scopes": ["credit.overrun"],
    }

    made = Group.objects.get(name="Night shift")
    chosen = {"action": "delete_selected", "_selected_action": [made.pk], "post": "yes"}
    assert administrator.post(reverse("admin:auth_group_changelist"), chosen).status_code == 302
    change = Change.objects.get(verb="remove_group")
    assert (change.before, change.after) == ({"scopes": ["credit.overrun"]}, {"group": "Night shift"})


def test_a_person_who_is_removed_leaves_a_trace(administrator):
    petra = User.objects.create_user("petra")
    where = reverse("admin:auth_user_delete", args=[petra.pk])
    assert administrator.post(where, {"post": "yes"}).status_code == 302
    assert Change.objects.get(verb="remove_person").after == {"person": "petra"}

    oneself = somebody(ADMINISTRATOR)
    where = reverse("admin:auth_user_delete", args=[oneself.pk])
    assert administrator.post(where, {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [oneself.pk], "post": "yes"}
    administrator.post(reverse("admin:auth_user_changelist"), chosen)
    assert User.objects.filter(pk=oneself.pk).exists()


def rights(*names):
    return Permission.objects.filter(content_type__app_label="credit", codename__in=names)


def test_every_right_there_is_is_offered_with_those_of_the_group_marked(administrator):
    group = Group.objects.create(name="Night shift")
    group.permissions.set(rights("record_payment", "overrun"))

    page = administrator.get(reverse("admin:auth_group_change", args=[group.pk])).content.decode()

    offered = Permission.objects.select_related("content_type")
    has = set(group.permissions.values_list("pk", flat=True))
    options = [
        f'<option value="{right.pk}"{" selected" if right.pk in has else ""}>{escape(right)}</option>'
        for right in offered
    ]
    assert [option for option in options if option not in page] == []
    assert page.count("<option ") == len(options)
    (opens,) = re.findall(r'<select name="permissions"[^>]*>', page)
    assert all(part in opens for part in ['id="id_permissions"', 'class="selectfilter"', " multiple"])
