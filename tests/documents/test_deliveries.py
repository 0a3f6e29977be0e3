"""Invoices by e-mail: decided at issue, claimed before they are sent, and never sent twice by the portal itself."""

import smtplib
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection, transaction
from django.utils import timezone

from credit import tasks
from credit.actions import deliveries
from credit.actions.refusals import Refused
from credit.actors import Actor
from credit.documents import posting
from credit.models import Change, Delivery, JobRun
from tests.documents.paper import a_customer, a_month, a_purchase, a_seller, read
from tests.pages.people import SYSTEM

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def portal_that_sends(settings):
    settings.CREDIT_SEND_BY_EMAIL = True
    settings.CREDIT_MESSAGE_ID_DOMAIN = "billing.northline.example"
    settings.DEFAULT_FROM_EMAIL = "billing@northline.example"
    a_seller()


def sent():
    return tasks.send_documents()


def the_delivery(**which):
    return Delivery.objects.at(timezone.now()).get(**which)


def failing(monkeypatch, error, at="send_messages"):
    """The mail server says no, or nothing."""

    def fail(*args):
        raise error

    monkeypatch.setattr(f"django.core.mail.backends.locmem.EmailBackend.{at}", fail)


# --- what goes on its way ---------------------------------------------------------------------------------------------


def test_an_issued_invoice_waits_to_be_sent_to_the_customers_address():
    invoice = a_purchase()
    delivery = the_delivery()
    assert (delivery.invoice, delivery.recipient) == (invoice, "bills@mediworx.example")
    assert delivery.state == "waiting"
    assert delivery.message_id == f"<{invoice.number}.invoice@billing.northline.example>"


@pytest.mark.parametrize(
    "issue",
    [
        lambda: a_month(scheme="none"),
        lambda: a_purchase(organization=a_customer(email="")),
        lambda: a_month(("0.001",)),
        lambda: a_purchase(issued=False),
    ],
    ids=["internal statement", "no address", "0.00", "draft"],
)
def test_what_nobody_asked_for_or_amounts_to_nothing_is_not_sent(issue):
    issue()
    assert not Delivery.objects.exists()


def test_a_portal_that_does_not_send_puts_nothing_aside_for_later(settings):
    settings.CREDIT_SEND_BY_EMAIL = False
    a_purchase()
    settings.CREDIT_SEND_BY_EMAIL = True
    sent()
    assert not Delivery.objects.exists() and mail.outbox == []


def test_an_address_that_comes_later_brings_no_mail_about_the_past():
    invoice = a_purchase(organization=a_customer(email=""))
    organization = invoice.wallet.organization
    organization.billing_email = "new@mediworx.example"
    organization.save()
    sent()
    assert mail.outbox == []


# --- sending ----------------------------------------------------------------------------------------------------------


def test_the_message_carries_the_invoice_and_says_how_to_pay():
    invoice = a_month()
    assert sent()["sent"] == 1
    (message,) = mail.outbox
    assert message.subject == f"Northline Telecom, a.s.: invoice {invoice.number}"
    assert message.to == ["bills@mediworx.example"]
    assert message.reply_to == ["billing@northline.example"]
    assert message.from_email == '"Northline Telecom, a.s." <billing@northline.example>'
    assert message.message()["Message-ID"] == f"<{invoice.number}.invoice@billing.northline.example>"
    for words in ("SK31 1200 0000 1987 4263 7541", "1,891.61 EUR", invoice.number.replace("-", "")):
        assert words in message.body
        assert words in message.alternatives[0][0]
    name, pdf, kind = message.attachments[0]
    assert (name, kind) == (f"{invoice.number}.pdf", "application/pdf")
    assert "1,402.38421" in read(pdf)
    assert the_delivery().state == "sent"


def test_names_are_no_markup_in_the_message():
    a_purchase(organization=a_customer("<script>alert(1)</script> & Co"))
    sent()
    html = mail.outbox[0].alternatives[0][0]
    assert "&lt;script&gt;" in html and "<script>" not in html
    assert "<script>alert(1)</script> & Co" in mail.outbox[0].body


def test_what_is_sent_is_not_sent_again_by_the_next_run():
    a_purchase()
    sent()
    sent()
    assert len(mail.outbox) == 1


def test_nothing_is_sent_inside_a_database_transaction(monkeypatch):
    """Neither the claim nor the sending: `durable` refuses to be part of a transaction of somebody else."""
    a_purchase()
    seen = []
    monkeypatch.setattr(posting, "post", lambda message: seen.append(claimed_and_free()))
    sent()
    assert seen == [True]


def claimed_and_free():
    claimed = Delivery.objects.filter(claimed_at__isnull=False, sent_at=None).exists()
    return claimed and all(block._from_testcase for block in connection.atomic_blocks)


def test_a_second_sender_finds_the_claim_and_leaves_it_alone(monkeypatch):
    a_purchase()
    pk = the_delivery().pk
    second = []
    monkeypatch.setattr(
        posting, "post", lambda message: second.append(deliveries.send(pk=pk, now=timezone.now))
    )
    assert deliveries.send(pk=pk, now=timezone.now) == "sent"
    assert second == [""]


# --- what the mail server says ----------------------------------------------------------------------------------------


NOT_YET = [
    (ConnectionRefusedError("Connection refused"), "open"),
    (smtplib.SMTPAuthenticationError(535, b"Authentication failed"), "open"),
    (smtplib.SMTPSenderRefused(451, b"Try again later", "a@b.example"), "send_messages"),
    (smtplib.SMTPRecipientsRefused({"x": (450, b"Mailbox busy")}), "send_messages"),
    (smtplib.SMTPDataError(452, b"No space"), "send_messages"),
]
NEVER = [
    smtplib.SMTPRecipientsRefused({"x": (550, b"No such user")}),
    smtplib.SMTPDataError(554, b"Refused as spam"),
]


@pytest.mark.parametrize(("error", "at"), NOT_YET, ids=lambda value: str(value)[:20])
def test_what_did_not_leave_waits_and_is_tried_again_later(monkeypatch, time_machine, error, at):
    a_purchase()
    with monkeypatch.context() as broken:
        failing(broken, error, at)
        assert sent()["waiting"] == 1
    waits = the_delivery()
    assert (waits.state, waits.tries) == ("waiting", 1)
    assert waits.error.startswith("The mail server")
    assert sent() == {}
    time_machine.move_to(timezone.now() + timedelta(seconds=61))
    assert sent()["sent"] == 1
    assert (the_delivery().state, the_delivery().error) == ("sent", "")


def test_the_pauses_grow_and_end_in_a_failure(monkeypatch, time_machine):
    a_purchase()
    failing(monkeypatch, ConnectionRefusedError("Connection refused"), "open")
    pauses = []
    for _ in range(deliveries.TRIES - 1):
        sent()
        delivery = the_delivery()
        pauses.append(round((delivery.next_try_at - timezone.now()).total_seconds() / 60))
        time_machine.move_to(delivery.next_try_at)
    sent()
    assert pauses == [1, 2, 4, 8, 16, 32, 64]
    assert (the_delivery().state, the_delivery().tries) == ("failed", deliveries.TRIES)


@pytest.mark.parametrize("error", NEVER, ids=lambda value: str(value)[:20])
def test_what_the_server_will_never_take_has_failed_at_once(monkeypatch, error):
    a_purchase()
    failing(monkeypatch, error)
    assert sent()["failed"] == 1
    assert the_delivery().state == "failed"
    assert not JobRun.objects.exclude(error="")


@pytest.mark.parametrize(
    "error", [smtplib.SMTPServerDisconnected("Connection unexpectedly closed"), TimeoutError("timed out")]
)
def test_a_line_that_goes_dead_in_the_middle_leaves_the_outcome_unknown(monkeypatch, error, time_machine):
    a_purchase()
    with monkeypatch.context() as broken:
        failing(broken, error)
        assert sent()["unknown"] == 1
    assert the_delivery().state == "unknown"
    time_machine.move_to(timezone.now() + timedelta(days=1))
    assert sent() == {}
    assert mail.outbox == []


def test_a_document_that_cannot_be_made_has_failed_and_holds_nobody_up(monkeypatch):
    def broken(invoice, today):
        if invoice.pk == first.pk:
            raise ValueError("broken template")
        return b"%PDF-"

    first, second = a_purchase(), a_purchase()
    monkeypatch.setattr("credit.documents.invoices.pdf", broken)
    assert sent() == {"failed": 1, "sent": 1}
    assert "broken template" in the_delivery(invoice=first).error
    assert the_delivery(invoice=second).state == "sent"


# --- outcome unknown, send again? -------------------------------------------------------------------------------------


def killed_after_the_claim(ago):
    """What a SIGKILL leaves behind; tests/documents/test_sending_killed.py kills for real."""
    a_purchase()
    Delivery.objects.update(claimed_at=timezone.now() - ago, tries=1)
    return the_delivery()


def test_a_claim_that_a_kill_left_behind_shows_as_unknown_and_no_job_touches_it():
    assert killed_after_the_claim(timedelta(minutes=4)).state == "sending"
    Delivery.objects.update(claimed_at=timezone.now() - timedelta(minutes=5))
    assert the_delivery().state == "unknown"
    assert sent() == {}


def test_a_person_sends_it_again_under_the_same_message_id(django_capture_on_commit_callbacks):
    delivery = killed_after_the_claim(timedelta(hours=1))
    with django_capture_on_commit_callbacks() as asked:
        deliveries.send_again(delivery=delivery, by=SYSTEM, now=timezone.now)
    assert len(asked) == 1
    assert the_delivery().state == "waiting"
    sent()
    assert mail.outbox[0].message()["Message-ID"] == delivery.message_id
    change = Change.objects.get(verb="send_again")
    assert change.before["state"] == "unknown"


def test_what_is_on_its_way_is_not_sent_again():
    delivery = killed_after_the_claim(timedelta(minutes=1))
    with pytest.raises(Refused, match="on its way already"):
        deliveries.send_again(delivery=delivery, by=SYSTEM, now=timezone.now)


def test_sending_again_goes_to_the_address_of_today():
    delivery = killed_after_the_claim(timedelta(hours=1))
    organization = delivery.invoice.wallet.organization
    organization.billing_email = "new@mediworx.example"
    organization.save()
    delivery = the_delivery()
    deliveries.send_again(delivery=delivery, by=SYSTEM, now=timezone.now)
    sent()
    assert mail.outbox[0].to == ["new@mediworx.example"]


def test_a_sender_that_was_away_too_long_does_not_write_over_the_second_sending(monkeypatch):
    """It comes back after a person has sent it again: the outcome on the row is the second one's."""
    a_purchase()
    delivery = the_delivery()

    def meanwhile(message):
        monkeypatch.setattr(posting, "post", lambda message: None)
        Delivery.objects.update(claimed_at=timezone.now() - timedelta(hours=1))
        deliveries.send_again(delivery=the_delivery(), by=SYSTEM, now=timezone.now)
        raise posting.NotSent("550 No such user", for_good=True)

    monkeypatch.setattr(posting, "post", meanwhile)
    deliveries.send(pk=delivery.pk, now=timezone.now)
    assert the_delivery().state == "waiting"


# --- a person sends ---------------------------------------------------------------------------------------------------


def test_an_older_invoice_is_sent_by_a_person_and_that_is_kept(settings):
    settings.CREDIT_SEND_BY_EMAIL = False
    invoice = a_purchase()
    settings.CREDIT_SEND_BY_EMAIL = True
    deliveries.send_invoice(invoice=invoice, by=SYSTEM, now=timezone.now)
    sent()
    assert len(mail.outbox) == 1
    assert Change.objects.get(verb="send_invoice").after["recipient"] == "bills@mediworx.example"
    with pytest.raises(Refused, match="on its way already"):
        deliveries.send_invoice(invoice=invoice, by=SYSTEM, now=timezone.now)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: a_purchase(issued=False), "is a draft"),
        (lambda: a_month(scheme="none"), "sent to nobody"),
        (lambda: a_purchase(organization=a_customer(email="")), "no e-mail for bills"),
    ],
)
def test_what_cannot_be_sent_says_why(make, words):
    with pytest.raises(Refused, match=words):
        deliveries.send_invoice(invoice=make(), by=SYSTEM, now=timezone.now)


def test_sending_needs_the_right():
    invoice = a_purchase()
    nobody = Actor.client("Somebody", frozenset())
    with pytest.raises(Refused, match="may not send"):
        deliveries.send_invoice(invoice=invoice, by=nobody, now=timezone.now)
    with pytest.raises(Refused, match="may not send"):
        deliveries.send_again(delivery=the_delivery(), by=nobody, now=timezone.now)


def test_issuing_and_its_deliveries_are_one_transaction():
    with pytest.raises(RuntimeError), transaction.atomic():
        a_purchase()
        raise RuntimeError("the issue fails in the end")
    assert not Delivery.objects.exists()


def test_queueing_many_asks_the_database_once(django_assert_num_queries):
    from credit.models import Invoice

    for _ in range(3):
        a_purchase(issued=False)
    found = list(Invoice.objects.select_related("wallet__organization"))
    for number, invoice in enumerate(found):
        invoice.number = f"X-{number}"
    with django_assert_num_queries(1):
        assert deliveries.queue(invoices=found, now=timezone.now()) == 3
