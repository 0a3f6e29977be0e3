"""What a worker does for a person says where the person came from, and for which task."""

from dataclasses import replace

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from credit.actions import limits, sealing
from credit.actions.canonical import COLUMNS
from credit.actors import Actor
from credit.groups import MANAGER
from credit.models import Change, Sealed
from credit.origins import Origin
from tests.audit.test_seals import CHANGES, check, sealed, tamper
from tests.bulk.acts import chosen, run
from tests.pages.people import SYSTEM, prepaid, signed_in, somebody, text

pytestmark = pytest.mark.django_db
FROM_THE_PORTAL = Origin("portal", "203.0.113.9")


def eva():
    """As she is while her request is answered."""
    return replace(Actor.person(somebody(MANAGER)), origin=FROM_THE_PORTAL)


def test_a_bulk_change_says_the_portal_the_address_and_its_number():
    wallets = [prepaid(limit="100"), prepaid(limit="200")]
    act = run(chosen(wallets, "raise_limit", eva(), percent="10"), eva())

    told = Change.objects.filter(verb="set_limit", wallet__in=wallets)
    assert told.count() == 2
    assert set(told.values_list("door", "address", "task")) == {
        ("portal", "203.0.113.9", f"Bulk change {act.pk}")
    }
    page = text(signed_in(MANAGER).get(reverse("audit_entry", args=[told[0].pk])))
    assert f"the portal, 203.0.113.9, Bulk change {act.pk}" in page


def test_what_nobody_but_a_job_or_a_person_at_a_page_did_names_no_task():
    wallet = prepaid()
    limits.set_limit(wallet=wallet, amount="50", by=SYSTEM, now=timezone.now)
    limits.set_limit(wallet=wallet, amount="60", reason_code="review", by=eva(), now=timezone.now)
    assert set(Change.objects.values_list("task", flat=True)) == {""}


@pytest.mark.django_db(transaction=True)
def test_the_task_is_sealed_with_the_entry():
    wallets = [prepaid(limit="100")]
    run(chosen(wallets, "raise_limit", eva(), percent="10"), eva())
    sealed()
    assert check().fault == ""

    tamper("UPDATE credit_change SET task = 'Bulk change 99' WHERE task <> ''")

    assert check().fault.startswith("Batch 1 ")


@pytest.mark.django_db(transaction=True)
def test_what_was_sealed_before_there_were_tasks_holds_still_and_its_print_too(monkeypatch):
    limits.set_limit(wallet=prepaid(), amount="50", by=SYSTEM, now=timezone.now)
    change = Change.objects.latest("pk")
    monkeypatch.setattr(sealing, "NEWEST_COLUMNS", 1)
    sealed()
    printed = sealing.digest_of(change)
    monkeypatch.undo()

    limits.set_limit(wallet=prepaid(), amount="50", by=SYSTEM, now=timezone.now)
    sealed()

    assert check(CHANGES).fault == ""
    assert sealing.digest_of(change) == printed
    assert COLUMNS[Sealed.CHANGES][2][:-1] == COLUMNS[Sealed.CHANGES][1]


def test_the_column_came_without_making_the_table_anew():
    """SQLite's table made anew would have lost the triggers that refuse every change of it."""
    catalogue = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'credit_change'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE tgrelid = 'credit_change'::regclass AND NOT tgisinternal",
    }
    with connection.cursor() as cursor:
        cursor.execute(catalogue[connection.vendor])
        names = {name for (name,) in cursor.fetchall()}
    assert {"credit_change_refuses_update", "credit_change_refuses_delete"} <= names
