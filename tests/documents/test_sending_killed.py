"""Senders that die, really, and senders that meet: a mail server of our own counts what arrives."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from email import message_from_bytes
from threading import Event

import pytest
from aiosmtpd.controller import Controller
from django.utils import timezone

from credit.actions import deliveries
from credit.models import Delivery
from tests.conftest import BASE_DIR
from tests.documents.paper import a_purchase, a_seller
from tests.pages.people import SYSTEM
from tests.ports import free_port

PATIENCE_SECONDS = 180
SENDER = "import django; django.setup(); from credit.tasks import send_documents; print(send_documents())"


class Mailbox:
    """Takes messages; `keeps_waiting` holds its answer back once the whole message has come."""

    def __init__(self):
        self.messages, self.has_come, self.may_answer = [], Event(), Event()
        self.may_answer.set()

    async def handle_DATA(self, server, session, envelope):
        import asyncio

        self.messages.append(message_from_bytes(envelope.content))
        self.has_come.set()
        while not self.may_answer.is_set():
            await asyncio.sleep(0.02)
        return "250 Taken"

    @property
    def ids(self):
        return sorted(message["Message-ID"] for message in self.messages)


@pytest.fixture
def mailbox():
    box = Mailbox()
    box.port = free_port()
    server = Controller(box, hostname="127.0.0.1", port=box.port)
    server.start()
    yield box
    box.may_answer.set()
    server.stop()


@pytest.fixture(autouse=True)
def portal_that_sends(transactional_db, settings):
    settings.CREDIT_SEND_BY_EMAIL = True
    a_seller()


@pytest.fixture
def sender(mailbox, process_environment):
    """Starts the job in a process of its own, with a mail server that is real."""
    started = []

    def start():
        environment = process_environment | {
            "DJANGO_SETTINGS_MODULE": "finance_portal.settings",
            "EMAIL_URL": f"smtp://127.0.0.1:{mailbox.port}",
        }
        process = subprocess.Popen(
            [sys.executable, "-c", SENDER], cwd=BASE_DIR, env=environment, stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def finished(process):
    out, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0
    return out


def the_state(ahead=timedelta(0)):
    return Delivery.objects.at(timezone.now() + ahead).get().state


def test_a_sender_killed_in_the_middle_is_not_repeated_and_a_person_decides(mailbox, sender):
    invoice = a_purchase()
    mailbox.may_answer.clear()
    process = sender()
    assert mailbox.has_come.wait(PATIENCE_SECONDS)

    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    mailbox.may_answer.set()

    assert the_state() == "sending"
    assert the_state(ahead=timedelta(minutes=6)) == "unknown"
    assert "{}" in finished(sender())
    assert len(mailbox.messages) == 1

    Delivery.objects.update(claimed_at=timezone.now() - timedelta(minutes=6))
    deliveries.send_again(delivery=Delivery.objects.get(), by=SYSTEM, now=timezone.now)
    assert "'sent': 1" in finished(sender())
    assert the_state() == "sent"
    first, second = mailbox.messages
    assert first["Message-ID"] == second["Message-ID"]
    assert invoice.number in second["Message-ID"]


def test_a_mail_server_that_is_away_costs_nothing_but_time(mailbox, sender, process_environment):
    a_purchase()
    real, mailbox.port = mailbox.port, 1
    assert "'waiting': 1" in finished(sender())
    mailbox.port = real
    Delivery.objects.update(next_try_at=timezone.now())
    assert "'sent': 1" in finished(sender())
    assert len(mailbox.messages) == 1


@pytest.mark.race
def test_two_senders_at_once_send_each_invoice_once(mailbox, sender):
    numbers = {a_purchase().number for _ in range(12)}
    mailbox.may_answer.clear()
    senders = [sender(), sender()]
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(mailbox.messages) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    mailbox.may_answer.set()
    for process in senders:
        finished(process)

    assert len(mailbox.messages) == len(numbers) == len(set(mailbox.ids))
    assert not Delivery.objects.filter(sent_at=None).exists()
