"""Alerts by e-mail: to the customer in the seller's name, to finance together; claimed before they leave."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone

from credit import tasks
from credit.actions import limits
from credit.alerts import sending
from credit.documents import posting
from credit.models import AlertEvent, AlertSend
from tests.alerts.watched import a_rule, watched
from tests.documents.paper import a_customer, a_seller
from tests.pages.people import SYSTEM, charge, postpaid, prepaid

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def portal_that_sends(settings):
    settings.CREDIT_SEND_BY_EMAIL = True
    settings.CREDIT_MESSAGE_ID_DOMAIN = "billing.northline.example"
    settings.DEFAULT_FROM_EMAIL = "billing@northline.example"
    settings.PORTAL_URL = "https://finance.northline.example"
    a_seller()
    watched()


def sent():
    return tasks.send_alert_mails()


def customer(**wish):
    wallet = postpaid(limit="100", organization=a_customer())
    a_rule(wallet, **{"to_customer": True, **wish})
    return wallet


def test_the_customer_reads_what_is_left_and_what_to_do_in_the_sellers_name():
    charge(customer(), "90")
    watched()
    assert sent() == {"sent": 1}
    (message,) = mail.outbox
    assert message.subject == "Northline Telecom, a.s.: your credit is running low"
    assert message.to == ["bills@mediworx.example"]
    assert message.from_email == '"Northline Telecom, a.s." <billing@northline.example>'
    for words in ("90 % of the credit limit is used", "Usable 10.00 EUR", "Pay in time"):
        assert words in message.body.replace("\n", " ")
        assert words in message.alternatives[0][0]
    assert "finance.northline" not in message.body


@pytest.mark.parametrize(
    ("amount", "subject", "words"),
    [
        ("100", "your service has stopped", "works again as soon as a payment arrives"),
    ],
)
def test_a_customer_that_is_blocked_reads_how_to_get_on(amount, subject, words):
    charge(customer(), amount)
    watched()
    sent()
    assert subject in mail.outbox[0].subject
    assert words in mail.outbox[0].body.replace("\n", " ")


def test_before_a_temporary_limit_ends_the_mail_says_when_and_what_then():
    wallet = prepaid(limit="10", paid="5", organization=a_customer())
    a_rule(wallet, to_customer=True, days_ahead=(3,))
    limits.set_limit(wallet=wallet, amount="100", days=2, by=SYSTEM, now=timezone.now())
    charge(wallet, "50")
    watched()
    sent()
    body = " ".join(mail.outbox[0].body.split())
    assert "your temporary credit limit ends soon" in mail.outbox[0].subject
    assert "Your temporary credit limit of 100.00 EUR ends on" in body
    assert "Then your limit is 10.00 EUR again." in body
    assert "your service stops then, until more than 35.00 EUR is paid" in body


def test_to_finance_what_happened_to_several_customers_is_one_message_with_links():
    wallets = [postpaid(limit="100", organization=a_customer(f"Customer {number}")) for number in range(3)]
    for wallet in wallets:
        a_rule(wallet, to_staff=["desk@northline.example"])
        charge(wallet, "90")
    watched()
    assert sent() == {"sent": 3}
    (message,) = mail.outbox
    assert message.subject == "3 alerts"
    for wallet in wallets:
        assert f"/organizations/{wallet.organization.uuid}/?wallet={wallet.wallet_id}" in message.body
        assert wallet.organization.name in message.alternatives[0][0]


def test_names_are_no_markup():
    wallet = postpaid(limit="100", organization=a_customer("<script>alert(1)</script>"))
    a_rule(wallet, to_customer=True, to_staff=["desk@northline.example"])
    charge(wallet, "90")
    watched()
    sent()
    for message in mail.outbox:
        assert "<script>" not in message.alternatives[0][0]


def test_nothing_is_sent_inside_a_database_transaction(monkeypatch):
    charge(customer(), "90")
    watched()
    seen = []

    def look(message):
        claimed = AlertSend.objects.filter(claimed_at__isnull=False, sent_at=None).exists()
        seen.append(claimed and all(block._from_testcase for block in connection.atomic_blocks))

    monkeypatch.setattr(posting, "post", look)
    sent()
    assert seen == [True]


def test_a_second_sender_finds_the_claim_and_leaves_it_alone(monkeypatch):
    charge(customer(), "90")
    watched()
    pk = AlertSend.objects.get().pk
    second = []
    monkeypatch.setattr(posting, "post", lambda message: second.append(sending.send(pk=pk, now=timezone.now)))
    assert sending.send(pk=pk, now=timezone.now) == {"sent": 1}
    assert second == [{}]


def test_a_line_that_goes_dead_leaves_the_outcome_unknown_and_nobody_sends_again_unasked(
    monkeypatch, time_machine
):
    charge(customer(), "90")
    watched()

    def dead(message):
        raise TimeoutError("timed out")

    with monkeypatch.context() as broken:
        broken.setattr(posting, "post", dead)
        assert sent() == {"unknown": 1}
    time_machine.move_to(timezone.now() + timedelta(days=1))
    assert sent() == {}
    assert AlertSend.objects.at(timezone.now()).get().state == "unknown"


def test_the_message_id_is_the_same_when_the_same_alerts_are_sent_again(monkeypatch):
    from credit.actions import alerts

    charge(customer(), "90")
    watched()
    sent()
    alerts.send_again(send=AlertSend.objects.get(), by=SYSTEM, now=timezone.now)
    sent()
    first, second = (message.message()["Message-ID"] for message in mail.outbox)
    assert first == second and AlertEvent.objects.count() == 1


def test_a_message_that_cannot_be_made_has_failed_and_holds_nobody_up(monkeypatch):
    from credit.alerts import words

    charge(customer(), "90")
    watched()
    with monkeypatch.context() as broken:
        broken.setattr(words, "headline", lambda event: 1 / 0)
        assert sent() == {"failed": 1}
    assert "ZeroDivisionError" in AlertSend.objects.get().error
