"""What reports say once old lines are in the archive: the whole sum, or plainly that it is not there."""

from datetime import date, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from credit.actions import revenue_days
from credit.archive import returning
from credit.groups import OFFICER
from credit.models import LedgerArchive, Transaction
from credit.reports import revenue
from tests.commands.test_archive_ledger import a_year_of_use, lock, run
from tests.pages.people import signed_in, text
from tests.reports.test_journal import (  # noqa: F401  hledger is a fixture
    balances,
    exported,
    hledger,
    of_customers,
    portal_balances,
)

pytestmark = pytest.mark.django_db

JANUARY = date(2026, 1, 1)


@pytest.fixture(params=["prepaid", "postpaid"])
def desk(request, tmp_path):
    lock(JANUARY)
    desk = a_year_of_use(mode=request.param)
    run("--before", "2026-02", "--to", tmp_path)
    return desk


def test_the_journal_carries_what_is_in_the_archive(desk, hledger):  # noqa: F811
    text_of_all = exported(desk.now)

    hledger(text_of_all, "check", "--strict")

    assert "Lines that are in the archive" in text_of_all
    assert of_customers(balances(hledger, text_of_all)) == portal_balances()


def test_a_journal_that_begins_after_the_archive_opens_with_the_right_balance(desk, hledger):  # noqa: F811
    later = exported(desk.now, since=date(2026, 2, 1))

    hledger(later, "check", "--strict")

    assert of_customers(balances(hledger, later)) == portal_balances()
    assert "Lines that are in the archive" not in later


def test_a_journal_that_would_begin_inside_the_archive_is_refused(desk):
    with pytest.raises(CommandError, match="in the archive"):
        call_command("export_journal", since=date(2026, 1, 15))


def added_up(at):
    """As the job does it: once to look ahead, and once when that is settled."""
    return [sum(revenue_days.add_up(now=at + timedelta(minutes=later))) for later in (1, 5)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("before_the_archive", [True, False])
def test_the_revenue_of_a_restored_month_is_whole_whenever_it_was_added_up(tmp_path, before_the_archive):
    lock(JANUARY)
    desk = a_year_of_use(mode="prepaid")
    whole = revenue.of_month(JANUARY)
    if before_the_archive:
        added_up(desk.now)
    run("--before", "2026-02", "--to", tmp_path)
    added_up(desk.now + timedelta(minutes=10))

    for file in LedgerArchive.objects.all():
        returning.restore(tmp_path / file.name, lambda: desk.now)

    assert revenue.of_month(JANUARY) == whole
    assert sum(added_up(desk.now + timedelta(minutes=20))) == Transaction.objects.count()
    assert revenue.of_month(JANUARY) == whole
    assert revenue.differences(JANUARY) == []


def test_the_revenue_of_an_archived_month_is_not_shown_as_a_smaller_figure(desk):
    page = text(signed_in(OFFICER).get(reverse("reports"), {"month": "2026-01"}))

    assert "This month is not shown." in page
    assert "are in the archive" in page
