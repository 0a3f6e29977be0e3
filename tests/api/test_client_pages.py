"""API clients in the portal: made, rotated and revoked by administrators."""

import re

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.utils import timezone

from credit.actions import clients
from credit.groups import ADMINISTRATOR, MANAGER, OFFICER, VIEWER
from credit.models import ApiClient
from tests.api.asking import Caller, a_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator(client):
    return signed_in(client, ADMINISTRATOR)


def signed_in(client, group):
    user = get_user_model().objects.create_user(f"eva-{group}")
    user.groups.add(Group.objects.get(name=group))
    client.force_login(user)
    return client


def credential_on(page):
    return re.search(r'id="credential" value="([^"]+)"', page.content.decode())[1]


def test_credential_of_a_new_client_is_shown_once_and_works(administrator, wallet):
    page = administrator.post("/api-clients/new/", {"name": "Switch", "scopes": ["read"]})

    assert page.status_code == 200
    assert "no-store" in page.headers["Cache-Control"]
    credential = credential_on(page)
    assert Caller(credential).read(wallet).status == 200
    assert credential.split(".")[1] not in administrator.get("/api-clients/").content.decode()
    assert ApiClient.objects.get().by_name == f"eva-{ADMINISTRATOR}"


def test_list_shows_last_use_and_scopes(administrator, wallet):
    _, credential = a_client("Switch", ["read", "pay"])
    assert "Never" in administrator.get("/api-clients/").content.decode()
    Caller(credential).read(wallet)

    text = administrator.get("/api-clients/").content.decode()

    assert "Never" not in text
    assert "Read wallets and ledgers; Record payments" in text


@pytest.mark.parametrize(
    "sent",
    [
        {"name": "", "scopes": ["read"]},
        {"name": "X"},
        {"name": "X", "scopes": ["root"]},
        {"name": "Mediation", "scopes": ["read"]},
    ],
)
def test_client_without_name_or_scope_or_with_a_taken_name_is_not_made(administrator, sent):
    a_client("Mediation")
    page = administrator.post("/api-clients/new/", sent)

    assert page.status_code == 422
    assert "Nothing is saved yet" in page.content.decode()
    assert ApiClient.objects.count() == 1


def test_new_credential_leaves_the_old_one_a_day(administrator, wallet):
    client, old = a_client()
    assert "24 hours" in administrator.get(f"/api-clients/{client.pk}/credential/").content.decode()
    new = credential_on(administrator.post(f"/api-clients/{client.pk}/credential/"))

    assert [Caller(one).read(wallet).status for one in (old, new)] == [200, 200]
    assert "the old credential works until" in administrator.get("/api-clients/").content.decode()


def test_revoked_client_can_neither_sign_in_nor_be_given_a_new_credential(administrator):
    client, credential = a_client()
    administrator.post(f"/api-clients/{client.pk}/revoke/")
    assert clients.signed_in(credential, timezone.now()) is None

    page = administrator.post(f"/api-clients/{client.pk}/credential/", follow=True)

    assert "was revoked by" in page.content.decode()
    assert client.keys.count() == 1


@pytest.mark.parametrize("group", [VIEWER, OFFICER, MANAGER])
def test_only_administrators_manage_clients(client, group):
    made, _ = a_client()
    person = signed_in(client, group)
    for path in ("", "new/", f"{made.pk}/credential/", f"{made.pk}/revoke/"):
        assert person.get(f"/api-clients/{path}").status_code == 403
    assert person.post(f"/api-clients/{made.pk}/revoke/").status_code == 403
    assert "API clients" not in person.get("/organizations/").content.decode()
    assert ApiClient.objects.get().revoked_at is None
