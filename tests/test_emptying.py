"""What a test leaves on PostgreSQL is what Django's own way would leave, and takes only the tables that it filled."""

import pytest
from django.contrib.auth.models import Group
from django.db import connection

from credit.models import Transaction, Wallet
from organizations.models import Organization
from tests import emptying
from tests.desk import a_desk

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite is emptied in Django's way"),
]


@pytest.fixture(autouse=True)
def known_by_now():
    """Whatever test came before: what stays is what is there now."""
    emptying.remember(connection)


def test_ledger_and_customers_are_gone_and_groups_keep_their_rights():
    rights = set(Group.objects.values_list("name", "permissions__codename"))
    a_desk(balance="100", permanent_limit="50")
    assert emptying.emptied(connection)
    assert not (Wallet.objects.exists() or Organization.objects.exists() or Transaction.objects.exists())
    assert rights and set(Group.objects.values_list("name", "permissions__codename")) == rights


def test_a_right_taken_from_a_group_is_given_back_in_djangos_way():
    group = Group.objects.exclude(permissions=None).first()
    group.permissions.remove(group.permissions.first())
    assert not emptying.emptied(connection)


def test_much_that_was_written_is_truncated_in_djangos_way(monkeypatch):
    monkeypatch.setattr(emptying, "LARGEST_BYTES", 0)
    a_desk(balance="100")
    assert not emptying.emptied(connection)
    assert Wallet.objects.exists()
