"""The sums after a close see every way in which one can go wrong."""

import pytest
from django.db import connection

from benchmarks.charging import portal
from benchmarks.charging.stage import Stage
from benchmarks.closing import books, due_wallets
from credit.actions import closes, invoices, limits
from credit.actors import Actor
from credit.models import CreditLimit, InvoiceSeries, Notice, Period, Wallet
from tests.append_only import may_be_emptied

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="the benchmark fills PostgreSQL"),
]
BY = Actor.system("Month end")


@pytest.fixture
def closed(process_environment):
    """Ten wallets whose month has ended, six of them closed; returns what is wrong if so many were told to be."""
    portal.create_patterns()
    url = process_environment["DATABASE_URL"]
    wallets = due_wallets.create_due(url, 1, 10)
    pks = closes.due(due_wallets.CLOSED_AT, 6)
    assert closes.close(wallet_pks=pks, by=BY, now=due_wallets.CLOSED_AT).wallets == 6
    return lambda told: books.faults_of_closes(url, wallets, closed=told)


def change(**columns):
    Wallet.objects.filter(wallet_id="1").update(**columns)


def test_sound_books_have_no_fault(closed):
    assert closed(6) == []


def test_a_close_that_was_told_and_is_not_there_is_seen(closed):
    assert closed(7) == ["7 wallets were told to be closed, 6 are"]


def test_a_balance_that_is_not_the_sum_of_its_ledger_is_seen(closed):
    change(balance_micros=Wallet.objects.get(wallet_id="1").balance_micros - 1)
    assert closed(6) == ["1 wallets differ from the sum of their ledgers"]


def test_a_gap_in_a_ledger_is_seen(closed):
    change(last_sequence=9)
    assert closed(6) == ["1 wallets have a gap or a double in their sequence"]


def test_an_amount_that_is_not_the_months_is_seen(closed):
    with may_be_emptied(connection):
        Period.objects.filter(wallet__wallet_id="1").update(amount_micros=1)
    assert closed(6) == ["1 wallets have an invoice that is not what their month adds up to"]


def test_a_closed_period_that_does_not_know_its_invoice_is_seen(closed):
    with may_be_emptied(connection):
        Period.objects.filter(wallet__wallet_id="1").update(invoice=None)
    assert closed(6) == ["1 wallets are closed, but not with one period and one invoice"]


@pytest.fixture
def ended(process_environment):
    portal.create_patterns()
    url = process_environment["DATABASE_URL"]
    wallets = due_wallets.create_with_ended_limits(url, 1, 10)
    pks = limits.due(due_wallets.CLOSED_AT, 6)
    assert limits.book_ended(wallet_pks=pks, by=BY, now=due_wallets.CLOSED_AT) == 6
    return lambda told: books.faults_of_ended_limits(url, wallets, ended=told)


def test_limits_that_ended_with_their_history_have_no_fault(ended):
    assert ended(6) == []
    assert ended(5) == ["5 wallets were told to be without their temporary limit, 6 are"]


def test_a_limit_that_ended_without_its_notice_or_its_version_is_seen(ended):
    with may_be_emptied(connection):
        Notice.objects.filter(wallet__wallet_id="1").delete()
    change(version=1)
    assert ended(6) == [
        "1 wallets have a notice without an ended limit, or the other way round",
        "1 wallets have a version that did not count the end",
    ]


def test_a_history_that_says_otherwise_is_seen(ended):
    with may_be_emptied(connection):
        CreditLimit.objects.filter(wallet__wallet_id="1", slot="temporary").update(ended_at=None, ending="")
    assert ended(6) == ["1 wallets have a history that says otherwise"]


@pytest.fixture
def issued(process_environment):
    """Ten wallets closed, four of their invoices issued; returns what is wrong if so many were told to be."""
    portal.create_patterns()
    url = process_environment["DATABASE_URL"]
    wallets = due_wallets.create_due(url, 1, 10)
    closes.close(wallet_pks=closes.due(due_wallets.CLOSED_AT, 10), by=BY, now=due_wallets.CLOSED_AT)
    assert invoices.issue(now=due_wallets.CLOSED_AT, limit=4) == 4
    return lambda told: books.faults_of_issues(url, wallets, issued=told)


def test_issued_invoices_in_order_have_no_fault(issued):
    assert issued(4) == []


def test_an_invoice_that_was_told_and_is_not_issued_is_seen(issued):
    assert issued(5) == ["5 invoices were told to be issued, 4 are"]


def test_a_number_that_stands_on_no_invoice_is_seen(issued):
    InvoiceSeries.objects.filter(last_number=4).update(last_number=6)
    assert issued(4) == ["2 numbers were drawn for no invoice"]


def test_as_many_are_closed_at_once_as_the_portal_closes():
    assert Stage.at_once == closes.MOST_AT_ONCE
