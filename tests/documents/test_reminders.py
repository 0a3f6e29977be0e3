"""Reminders: one per invoice and level, in order, one message to a customer in a few days, never of what is paid."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from credit import tasks
from credit.actions import allocations, deliveries, invoices, payments, reminders
from credit.actions.refusals import Refused
from credit.actors import Actor
from credit.models import Change, Delivery, Transaction
from tests.documents.paper import a_customer, a_month, a_purchase, a_seller
from tests.pages.people import SYSTEM, charge, fresh

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def portal_that_reminds(settings):
    settings.CREDIT_SEND_BY_EMAIL = True
    settings.CREDIT_REMINDER_DAYS = [3, 10, 20]
    a_seller()


@pytest.fixture
def later(time_machine):
    """The clock of tests: `later(days=33)` from now."""

    def move(**span):
        time_machine.move_to(timezone.now() + timedelta(**span), tick=False)

    return move


def run():
    """The job that decides, then the job that sends; the subjects of what went out."""
    mail.outbox.clear()
    tasks.remind_overdue()
    tasks.send_documents()
    return [message.subject for message in mail.outbox]


def sent_already():
    tasks.send_documents()
    mail.outbox.clear()


def levels(invoice):
    reminded = Delivery.objects.filter(invoice=invoice, kind="reminder")
    return sorted(reminded.values_list("level", flat=True))


def test_nobody_is_reminded_before_the_first_day_of_the_setting(later):
    invoice = a_purchase()
    sent_already()
    later(days=32)
    assert run() == []
    later(days=1)
    assert run() == ["Northline Telecom, a.s.: 246.00 EUR is past its due date"]
    assert levels(invoice) == [1]
    assert run() == []


def test_each_level_is_sharper_and_comes_on_its_day(later):
    invoice = a_purchase()
    sent_already()
    later(days=33)
    first = run()
    later(days=6)
    assert run() == []
    later(days=1)
    second = run()
    later(days=10)
    third = run()
    later(days=100)
    assert run() == []
    assert [first, second, third] == [
        ["Northline Telecom, a.s.: 246.00 EUR is past its due date"],
        ["Northline Telecom, a.s.: second reminder, 246.00 EUR is overdue"],
        ["Northline Telecom, a.s.: last reminder, 246.00 EUR must be paid now"],
    ]
    assert levels(invoice) == [1, 2, 3]


def test_two_levels_do_not_leave_together_when_nothing_was_sent_for_weeks(later):
    invoice = a_purchase()
    sent_already()
    later(days=33)
    tasks.remind_overdue()
    later(days=8)
    tasks.remind_overdue()
    assert levels(invoice) == [1]
    assert len(run()) == 1
    later(days=2)
    assert run() == []
    later(days=1)
    assert "second reminder" in run()[0]


def test_a_portal_that_begins_late_begins_with_the_first_reminder(later):
    invoice = a_purchase()
    sent_already()
    later(days=200)
    assert "past its due date" in run()[0]
    assert run() == []
    later(days=3)
    assert "second reminder" in run()[0]
    later(days=3)
    assert "last reminder" in run()[0]
    assert levels(invoice) == [1, 2, 3]


def test_a_customer_with_many_overdue_invoices_gets_one_message_that_lists_them(later):
    first = a_purchase("100")
    charge(fresh(first.wallet), "23", kind="hardware")
    invoices.issue(now=timezone.now())
    sent_already()
    later(days=33)
    assert run() == ["Northline Telecom, a.s.: 123.00 EUR is past its due date"]
    (message,) = mail.outbox
    for invoice in first.wallet.invoices.all():
        assert invoice.number in message.body
        assert invoice.number in message.alternatives[0][0]
    assert "Open in all: 123.00 EUR" in message.body
    assert "3 days late" in message.body


def test_what_is_paid_is_not_reminded(later):
    invoice = a_purchase()
    sent_already()
    payments.record_payment(wallet=invoice.wallet, amount="246", by=SYSTEM, now=timezone.now)
    later(days=60)
    assert run() == []


def test_what_is_paid_between_the_decision_and_the_sending_is_not_reminded(later):
    invoice = a_purchase()
    sent_already()
    later(days=33)
    tasks.remind_overdue()
    assert levels(invoice) == [1]
    payments.record_payment(wallet=invoice.wallet, amount="246", by=SYSTEM, now=timezone.now)
    tasks.send_documents()
    assert mail.outbox == []
    assert levels(invoice) == []


def paid_and_taken_off(invoice, amount):
    """A payment that a person has taken off every invoice: the money is there and pays nothing."""
    payments.record_payment(wallet=invoice.wallet, amount=amount, by=SYSTEM, now=timezone.now)
    line = Transaction.objects.filter(wallet=invoice.wallet, kind="payment").latest("pk")
    allocations.reallocate(line=line, amounts={}, reason="wrong invoice", by=SYSTEM, now=timezone.now)


def test_who_owes_nothing_is_not_reminded_of_an_invoice_that_the_money_was_taken_off(later):
    invoice = a_purchase()
    sent_already()
    paid_and_taken_off(invoice, "246")
    later(days=33)
    assert run() == []
    with pytest.raises(Refused, match="not overdue"):
        reminders.remind(invoice=invoice, by=SYSTEM, now=timezone.now)


def test_money_that_pays_no_invoice_is_taken_off_what_a_reminder_asks_for(later):
    invoice = a_purchase()
    sent_already()
    paid_and_taken_off(invoice, "46")
    later(days=33)
    assert run() == ["Northline Telecom, a.s.: 200.00 EUR is past its due date"]


def test_what_is_asked_for_is_the_sum_of_more_invoices_than_are_listed(later):
    first = a_purchase("1")
    for _ in range(40):
        charge(fresh(first.wallet), "1", kind="hardware")
    invoices.issue(now=timezone.now())
    sent_already()
    later(days=33)
    assert run() == ["Northline Telecom, a.s.: 41.00 EUR is past its due date"]
    (message,) = mail.outbox
    assert "Open in all: 41.00 EUR" in message.body
    assert "and more, which our statement of account shows" in message.body


def test_a_part_payment_is_seen_in_the_reminder(later):
    invoice = a_purchase()
    sent_already()
    payments.record_payment(wallet=invoice.wallet, amount="46", by=SYSTEM, now=timezone.now)
    later(days=33)
    assert run() == ["Northline Telecom, a.s.: 200.00 EUR is past its due date"]


def test_internal_statements_drafts_and_customers_without_an_address_are_not_reminded(later, settings):
    settings.CREDIT_STATEMENT_COUNTS_AS_OVERDUE = True
    a_month(scheme="none")
    a_purchase(organization=a_customer(email=""))
    a_purchase(issued=False)
    sent_already()
    later(days=60)
    assert run() == []


def test_no_days_in_the_setting_means_no_reminders(later, settings):
    settings.CREDIT_REMINDER_DAYS = []
    a_purchase()
    sent_already()
    later(days=60)
    assert run() == []


def test_the_day_is_the_customers_own(time_machine):
    """Due on the 14th in Kiritimati: there the 17th begins fourteen hours before it does in London."""
    invoice = a_purchase(organization=a_customer(time_zone="Pacific/Kiritimati"))
    sent_already()
    due = invoice.due_on
    begins_there = timezone.now().replace(
        year=due.year, month=due.month, day=due.day, hour=10, minute=0, second=0, microsecond=0
    ) + timedelta(days=2)
    time_machine.move_to(begins_there - timedelta(minutes=1), tick=False)
    assert run() == []
    time_machine.move_to(begins_there, tick=False)
    assert len(run()) == 1


def test_many_are_looked_at_in_bounded_steps(later):
    for _ in range(5):
        a_purchase()
    sent_already()
    later(days=33)
    mark, made = reminders.Mark(), []
    while (count := reminders.queue_due(mark=mark, now=timezone.now(), limit=2)) is not None:
        made.append(count)
    assert sum(made) == 5
    assert max(made) <= 2


def test_two_runs_at_once_make_one_reminder(later):
    a_purchase()
    sent_already()
    later(days=33)
    first, second = reminders.Mark(level=1), reminders.Mark(level=1)
    reminders.queue_due(mark=first, now=timezone.now())
    reminders.queue_due(mark=second, now=timezone.now())
    assert Delivery.objects.filter(kind="reminder").count() == 1


# --- by a person ------------------------------------------------------------------------------------------------------


def test_a_person_reminds_at_once_and_the_next_level_follows(later):
    invoice = a_purchase()
    sent_already()
    later(days=31)
    reminders.remind(invoice=invoice, by=SYSTEM, now=timezone.now)
    reminders.remind(invoice=invoice, by=SYSTEM, now=timezone.now)
    assert levels(invoice) == [1, 2]
    assert Change.objects.filter(verb="remind").count() == 2
    tasks.send_documents()
    assert [message.message()["Message-ID"] for message in mail.outbox] == [
        deliveries.message_id(invoice, "reminder", level) for level in (1, 2)
    ]


def test_what_is_not_overdue_is_not_reminded_by_a_person_either(later):
    invoice = a_purchase()
    later(days=30)
    with pytest.raises(Refused, match="not overdue"):
        reminders.remind(invoice=invoice, by=SYSTEM, now=timezone.now)


def test_reminding_needs_the_right(later):
    invoice = a_purchase()
    later(days=40)
    with pytest.raises(Refused, match="may not send reminders"):
        reminders.remind(invoice=invoice, by=Actor.client("Somebody", frozenset()), now=timezone.now)
