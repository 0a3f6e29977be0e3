"""Web, worker and beat are told to stop in the middle of something: they finish it, and nothing is lost."""

import os
import signal
import subprocess
import threading
import time
from datetime import timedelta
from pathlib import Path
from random import Random
from uuid import uuid4

import psutil
import pytest
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from credit.models import JobRun, Transaction, Wallet
from finance_portal import supervisor
from finance_portal.celery import app as celery_app
from tests.api.asking import a_client
from tests.pages.people import postpaid, prepaid
from tests.storm.asking import Asker, Said
from tests.storm.web import BASE_DIR, Web

pytestmark = pytest.mark.django_db(transaction=True)

STOPS_WITHIN_SECONDS = 90
IN_HAND_SECONDS = 1.5  # between the request to stop and the moment when what is in hand can go on


@pytest.fixture
def environment(process_environment):
    """With a queue of its own: the worker that other tests share must not take what this one has in hand."""
    return {**process_environment, "SECRET_KEY": settings.SECRET_KEY, "CELERY_QUEUE": f"stops-{uuid4()}"}


def a_web_server(environment, log):
    web = Web(environment, log)
    web.env["DATABASE_URL"] = web.database_url  # SQLite's takes no name of an application
    web.start()
    return web


@pytest.fixture
def web(environment, tmp_path):
    web = a_web_server(environment, tmp_path / "web.log")
    yield web
    web.stop()


@pytest.fixture
def started(environment, tmp_path):
    """Starts one of the commands of an installation; what still runs at the end is killed."""
    processes = []

    def start(name: str, level: str = "INFO") -> tuple[subprocess.Popen, Path]:
        log = tmp_path / f"{name}.log"
        command = [word.replace("WARNING", level) for word in supervisor.COMMANDS[name] if word != "--quiet"]
        with log.open("wb") as output:
            processes.append(
                subprocess.Popen(
                    command,
                    cwd=BASE_DIR,
                    env=environment,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                )
            )
        return processes[-1], log

    yield start
    for process in processes:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def until(true, what, seconds=90):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def said(wallet, key):
    body = {"wallet": wallet.wallet_id, "amount": "1", "kind": "call", "reference": key}
    return Said("charge", "/api/v1/charges", body, key)


class Patient(Asker):
    """Never hangs up by itself; tries its servers in turn."""

    def __init__(self, ports, credential):
        self.ports = list(ports)
        super().__init__(self.ports[0], credential, Random(1), lambda: True)

    def _renew(self):
        self.ports = [*self.ports[1:], self.ports[0]]
        self.port = self.ports[0]
        super()._renew()


def is_waiting_for_a_lock(process):
    """Somebody else wants the row that this test holds; on SQLite: has opened the file, and a while has passed."""
    if connection.vendor == "sqlite":
        opened = has_open(process, connection.settings_dict["NAME"])
        time.sleep(1 if opened else 0)
        return opened
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # inside a transaction it stands still otherwise
        # Other tests wait in databases of their own on the same server.
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return cursor.fetchone()[0] > 0


def has_open(process, file):
    whole = psutil.Process(process.pid)
    return any(file == each.path for one in [whole, *whole.children(True)] for each in one.open_files())


def hold(wallet):
    list(Wallet.objects.filter(pk=wallet.pk).locked())


def test_the_web_server_answers_the_request_in_hand_before_it_stops(web):
    wallet, answered = prepaid(), []
    asker = Patient([web.port], a_client()[1])
    thread = threading.Thread(target=lambda: answered.append(asker.ask(said(wallet, "in hand"))))
    with transaction.atomic():
        hold(wallet)
        thread.start()
        until(lambda: is_waiting_for_a_lock(web.process), "the charge waits for the wallet")
        web.process.send_signal(signal.SIGTERM)
        time.sleep(IN_HAND_SECONDS)
    thread.join(STOPS_WITHIN_SECONDS)

    assert [each.status for each in answered] == [200]
    assert not answered[0].doubtful
    assert web.process.wait(STOPS_WITHIN_SECONDS) == 0
    assert Transaction.objects.filter(wallet=wallet, reference="in hand").count() == 1


def test_the_worker_finishes_the_chunk_in_hand_before_it_stops(started, environment):
    wallet = postpaid()
    Wallet.objects.filter(pk=wallet.pk).update(period_ends_at=timezone.now() - timedelta(seconds=1))
    worker, log = started("worker")
    until(lambda: " ready." in log.read_text(), "the worker is ready", 60)
    with transaction.atomic():
        hold(wallet)
        celery_app.send_task("credit.tasks.close_due_periods", queue=environment["CELERY_QUEUE"])
        until(lambda: is_waiting_for_a_lock(worker), "the close waits for the wallet")
        worker.send_signal(signal.SIGTERM)
        time.sleep(IN_HAND_SECONDS)
        assert worker.poll() is None, "it went while a chunk was in hand"

    assert worker.wait(STOPS_WITHIN_SECONDS) == 0, log.read_text()
    assert JobRun.objects.filter(finished_at__isnull=False, error="").exists()
    assert wallet.periods.exclude(closed_at=None).count() == 1


def test_beat_stops_at_once_and_in_good_order(started):
    beat, log = started("beat", level="DEBUG")
    # Then its schedule is open. It says "Starting" before; a signal while it opens the file finds it half imported.
    until(lambda: "beat: Ticking" in log.read_text(), "beat has started", 60)
    beat.send_signal(signal.SIGTERM)

    assert beat.wait(STOPS_WITHIN_SECONDS) == 0, log.read_text()


def test_a_rolling_restart_under_load_shows_no_error_to_clients_that_send_again(environment, tmp_path):
    """Two web servers; each is stopped politely and started again while six clients charge through either."""
    webs = [a_web_server(environment, tmp_path / f"web{number}.log") for number in range(2)]
    wallets, over, every = [prepaid(paid="100000") for _ in range(6)], threading.Event(), []
    threads = [
        threading.Thread(target=_charge_until, args=[over, webs, wallet, a_client(f"Client {n}")[1], every])
        for n, wallet in enumerate(wallets)
    ]
    for thread in threads:
        thread.start()
    try:
        for each in webs:
            until(more_were_answered(every), "charges go through", 60)
            each.process.send_signal(signal.SIGTERM)
            assert each.process.wait(STOPS_WITHIN_SECONDS) == 0
            each.start()
        until(more_were_answered(every), "charges go through again", 60)
    finally:
        over.set()
        for thread in threads:
            thread.join(60)
        for each in webs:
            each.stop()

    assert {each.status for each in every} == {200}
    assert Transaction.objects.filter(kind="call").count() == len(every)


def more_were_answered(every, more=15):
    enough = len(every) + more
    return lambda: len(every) >= enough


def _charge_until(over, webs, wallet, credential, every):
    asker = Patient([each.port for each in webs], credential)
    number = 0
    while not over.is_set():
        number += 1
        every.append(asker.ask(said(wallet, f"{wallet.pk}-{number}")))
