"""Suspending the overdue: after so many days, once per invoice, and never over the head of a person."""

from datetime import timedelta

import pytest

from credit import tasks
from credit.actions import allocations, dunning, payments, statuses
from credit.actors import Actor
from credit.models import Change, Notice, OverdueSuspension, Transaction
from credit.reports import overdue
from organizations.models import Organization
from tests.reports.owing import FINANCE, NOW, a_customer, invoiced

pytestmark = pytest.mark.django_db

OVERDUE = Actor.system("Overdue")


@pytest.fixture(autouse=True)
def after_thirty_days(settings):
    settings.CREDIT_SUSPEND_AFTER_OVERDUE_DAYS = 30


def run(now=NOW):
    return [
        dunning.suspend_overdue(organization_pk=pk, by=OVERDUE, now=now)["suspended"]
        for pk in dunning.due(now, 100)
    ]


def status(wallet):
    return Organization.objects.get(pk=wallet.organization_id).status


def test_thirty_days_late_is_in_time_and_thirty_one_is_not():
    patient, late = a_customer(name="Patient"), a_customer(name="Late")
    invoiced(patient, "10", 30)
    invoiced(late, "10", 31)

    assert run() == [1]

    assert (status(patient), status(late)) == ("active", "suspended")


def test_the_change_and_the_notice_name_the_invoice():
    wallet = a_customer()
    invoice = invoiced(wallet, "1234.5", 31)
    run()

    change = Change.objects.get(wallet=wallet, verb="suspend")
    assert change.by_name == "Overdue"
    assert change.reason == f"1,234.50 EUR of invoice {invoice.number} are 31 days late."
    assert Notice.objects.get().text == f"Suspended: {change.reason}"
    assert (OverdueSuspension.objects.get().invoice, OverdueSuspension.objects.get().days_late) == (
        invoice,
        31,
    )


def test_a_second_run_does_nothing():
    invoiced(a_customer(), "10", 31)

    assert (run(), run()) == ([1], [])
    assert Change.objects.filter(verb="suspend").count() == 1


def test_a_person_who_resumes_is_not_overruled_by_the_same_invoices():
    wallet = a_customer()
    invoiced(wallet, "10", 31)
    invoiced(wallet, "20", 35)
    run()
    statuses.resume(organization=wallet.organization, by=FINANCE, now=NOW)

    assert run(NOW + timedelta(days=1)) == []
    assert status(wallet) == "active"


def test_another_invoice_that_stays_open_suspends_again():
    wallet = a_customer()
    invoiced(wallet, "10", 31)
    invoiced(wallet, "20", 25)
    run()
    statuses.resume(organization=wallet.organization, by=FINANCE, now=NOW)

    assert run(NOW + timedelta(days=5)) == []
    assert run(NOW + timedelta(days=6)) == [1]


def test_who_was_suspended_by_a_person_and_resumed_is_not_suspended_for_what_was_late_by_then():
    wallet = a_customer()
    invoiced(wallet, "10", 31)
    statuses.suspend(organization=wallet.organization, by=FINANCE, now=NOW - timedelta(days=2))

    assert run() == [0]
    statuses.resume(organization=wallet.organization, by=FINANCE, now=NOW)

    assert run(NOW + timedelta(days=1)) == []
    assert OverdueSuspension.objects.get().was_suspended_already


def test_who_has_paid_is_not_suspended():
    wallet = a_customer()
    invoiced(wallet, "10", 31)
    due = dunning.due(NOW, 10)
    payments.record_payment(wallet=wallet, amount="10", by=FINANCE, now=NOW)

    assert [dunning.suspend_overdue(organization_pk=pk, by=OVERDUE, now=NOW) for pk in due] == [
        {"suspended": 0}
    ]
    assert status(wallet) == "active"


def test_who_has_paid_is_not_suspended_for_an_invoice_that_the_money_was_taken_off():
    wallet = a_customer()
    invoice = invoiced(wallet, "10", 31)
    payments.record_payment(wallet=wallet, amount="10", by=FINANCE, now=NOW)
    line = Transaction.objects.get(wallet=wallet, kind="payment")
    allocations.reallocate(line=line, amounts={}, reason="wrong invoice", by=FINANCE, now=NOW)

    assert run() == [0]
    assert status(wallet) == "active"
    invoice.refresh_from_db()
    assert invoice.paid_micros == invoice.total_micros


def test_without_the_setting_nobody_is_suspended(settings):
    settings.CREDIT_SUSPEND_AFTER_OVERDUE_DAYS = 0
    invoiced(a_customer(), "10", 300)

    assert dunning.due(NOW, 10) == []
    assert overdue.next_suspensions(NOW, 10) == []
    assert tasks.suspend_overdue() == {}


def test_an_internal_statement_suspends_nobody():
    wallet = a_customer()
    invoice = invoiced(wallet, "10", 31)
    assert overdue.late(NOW, 30).filter(pk=invoice.pk).exists()
    assert not overdue.late(NOW, 30).filter(kind="statement").exists()


def test_the_next_to_be_suspended_are_told_with_their_day():
    soon, later, gone = a_customer(name="Soon"), a_customer(name="Later"), a_customer(name="Gone")
    invoiced(later, "10", 5)
    invoiced(soon, "10", 29)
    invoiced(gone, "10", 40)
    run()

    found = overdue.next_suspensions(NOW, 10)

    assert [candidate.name for candidate in found] == ["Soon", "Later"]
    assert found[0].on == NOW.date() + timedelta(days=2)
    assert run(NOW + timedelta(days=1)) == []
    assert run(NOW + timedelta(days=2)) == [1]


def test_the_job_takes_a_few_at_a_time(monkeypatch):
    monkeypatch.setattr(tasks, "CHUNK", 2)
    wallets = [a_customer(name=f"Customer {number}") for number in range(5)]
    for wallet in wallets:
        invoiced(wallet, "10", 31)

    assert tasks.suspend_overdue() == {"suspended": 5}  # today is later than NOW, and nobody has paid
    assert {status(wallet) for wallet in wallets} == {"suspended"}
