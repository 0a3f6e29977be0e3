"""Processes that die, really, and workers that meet: what was told and sent stays right."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from threading import Thread

import pytest
from django.db import connection
from django.utils import timezone

from credit.actions import alerts
from credit.models import AlertEvent, AlertFeed, AlertPace, AlertSend, AlertWatch
from tests.alerts.watched import a_rule, a_webhook, watched
from tests.conftest import BASE_DIR
from tests.documents.paper import a_customer, a_seller
from tests.pages.people import SYSTEM, charge, postpaid

PATIENCE_SECONDS = 180
JOB = "import django; django.setup(); from credit import tasks; print(tasks.{}())"


@pytest.fixture(autouse=True)
def begun(transactional_db, settings):
    settings.CREDIT_SEND_BY_EMAIL = True
    a_seller()
    watched()


@pytest.fixture
def job(process_environment, settings):
    """Starts one of the jobs in a process of its own."""
    started = []

    def start(name, **environment):
        process = subprocess.Popen(
            [sys.executable, "-c", JOB.format(name)],
            cwd=BASE_DIR,
            env=process_environment
            | {
                "DJANGO_SETTINGS_MODULE": "finance_portal.settings",
                "CREDIT_WEBHOOK_PRIVATE_NETWORKS": "127.0.0.1/32",
                "SECRET_KEY": settings.SECRET_KEY,  # of which the secrets are made
                **environment,
            },
            stdout=subprocess.PIPE,
            text=True,
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


def killed(process):
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


def the_state(ahead=timedelta(0)):
    return AlertSend.objects.at(timezone.now() + ahead).get().state


def test_a_caller_killed_in_the_middle_is_not_repeated_and_a_person_decides(receiver, job):
    a_webhook(receiver.url)
    charge(postpaid(limit="100"), "90")
    watched()
    receiver.may_answer.clear()
    process = job("call_webhooks")
    assert receiver.has_come.wait(PATIENCE_SECONDS)
    killed(process)
    receiver.may_answer.set()

    assert the_state() == "sending"
    assert the_state(ahead=timedelta(minutes=6)) == "unknown"
    assert "{}" in finished(job("call_webhooks"))
    assert len(receiver.calls) == 1

    AlertSend.objects.update(claimed_at=timezone.now() - timedelta(minutes=6))
    alerts.send_again(send=AlertSend.objects.get(), by=SYSTEM, now=timezone.now)
    assert "'sent': 1" in finished(job("call_webhooks"))
    assert the_state() == "sent"
    assert receiver.ids[0] == receiver.ids[1] == str(AlertEvent.objects.get().uuid)


def test_a_mail_sender_killed_after_the_message_has_gone_shows_as_unknown(mailbox, job):
    wallet = postpaid(limit="100", organization=a_customer())
    a_rule(wallet, to_customer=True)
    charge(wallet, "90")
    watched()
    mailbox.may_answer.clear()
    process = job("send_alert_mails", EMAIL_URL=f"smtp://127.0.0.1:{mailbox.port}")
    assert mailbox.has_come.wait(PATIENCE_SECONDS)
    killed(process)
    mailbox.may_answer.set()
    assert the_state(ahead=timedelta(minutes=6)) == "unknown"
    assert "{}" in finished(job("send_alert_mails", EMAIL_URL=f"smtp://127.0.0.1:{mailbox.port}"))
    assert len(mailbox.messages) == 1


def test_a_watch_that_is_killed_half_way_is_taken_up_and_tells_each_crossing_once(job):
    """Killed while it holds the lease, with some wallets looked at and some not."""
    wallets = [postpaid(limit="100") for _ in range(600)]
    for wallet in wallets:
        charge(wallet, "90")
    process = job("watch_wallets")
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not AlertEvent.objects.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    killed(process)
    AlertPace.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    while watched():
        pass
    assert AlertEvent.objects.count() == 600
    assert AlertEvent.objects.values("wallet").distinct().count() == 600


@pytest.mark.race
def test_two_workers_that_look_at_the_same_wallets_tell_each_crossing_once():
    """Also where the lease fails them: the row of the pace is locked while a crossing is decided."""
    from credit.alerts.looking import look_at

    pks = []
    for _ in range(30):
        wallet = postpaid(limit="100")
        charge(wallet, "90")
        pks.append(wallet.pk)

    def work():
        try:
            for start in range(0, 30, 10):
                look_at(pks[start : start + 10], now=timezone.now)
        finally:
            connection.close()

    workers = [Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(PATIENCE_SECONDS)
    assert AlertEvent.objects.count() == 30
    assert AlertWatch.objects.count() == 30


@pytest.mark.race
def test_charges_and_the_watch_at_once_tell_each_customer_once_and_no_charge_fails():
    wallets = [postpaid(limit="100") for _ in range(8)]
    over, accepted = [], []

    def spend():
        try:
            for _ in range(10):
                accepted.extend(charge(wallet, "9").accepted for wallet in wallets)
        finally:
            over.append(True)
            connection.close()

    spender = Thread(target=spend)
    spender.start()
    while not over:
        watched()
    spender.join(PATIENCE_SECONDS)
    watched()
    assert accepted == [True] * 80
    told = AlertEvent.objects.values_list("wallet", "kind")
    assert len(told) == len(set(told)) == 8
    assert AlertFeed.objects.count() == 6
