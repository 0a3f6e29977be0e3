"""What a worker does between two tasks, and how the portal talks to Redis when machines come and go."""

import subprocess
import sys
import time
from types import SimpleNamespace

import pytest
import redis as redis_client
from django.conf import settings
from django.db import connection
from django.utils import timezone
from kombu import Connection

from credit.api import rates
from credit.models import JobRun
from finance_portal.celery import app as celery_app
from tests import servers
from tests.conftest import BASE_DIR, _wait_for_line
from tests.ports import free_port

TASKS = 8
CARRIED_OUT_WITHIN_SECONDS = 90
FAILS_OVER_WITHIN_SECONDS = 90


def worker_fixup():
    (fixup,) = celery_app._fixups
    return fixup.worker_fixup


@pytest.mark.django_db(transaction=True)
def test_a_task_leaves_the_database_connection_open_as_a_request_does():
    connection.ensure_connection()
    before = connection.connection
    worker_fixup().on_task_postrun(SimpleNamespace(request=SimpleNamespace(is_eager=False)))

    assert connection.connection is before


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_is_older_than_it_may_be_is_closed_after_the_task():
    connection.ensure_connection()
    connection.close_at = time.monotonic() - 1
    worker_fixup().close_database()

    assert connection.connection is None


def backends():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE application_name = 'kept'")
        return {pid for (pid,) in cursor.fetchall()}


def carried_out(job, since):
    celery_app.send_task(f"credit.tasks.{job}")
    deadline = time.monotonic() + CARRIED_OUT_WITHIN_SECONDS
    while not JobRun.objects.filter(started_at__gt=since, finished_at__isnull=False).exists():
        assert time.monotonic() < deadline, "no worker carried the task out"
        time.sleep(0.05)


@pytest.mark.skipif(
    connection.vendor == "sqlite", reason="nobody counts who has a file open; the two above hold"
)
@pytest.mark.django_db(transaction=True)
def test_many_tasks_share_as_many_connections_as_the_worker_has_threads(process_environment, tmp_path):
    env = {
        **process_environment,
        "DATABASE_URL": f"{process_environment['DATABASE_URL']}&application_name=kept",
    }
    log = tmp_path / "worker.log"
    command = [
        sys.executable,
        "-m",
        "celery",
        "-A",
        "finance_portal",
        "worker",
        "--pool=threads",
        "--concurrency=2",
    ]
    with log.open("wb") as output:
        worker = subprocess.Popen(
            [*command, "--loglevel=INFO"], cwd=BASE_DIR, env=env, stdout=output, stderr=output
        )
    _wait_for_line(" ready.", log, worker)
    seen = set()
    for _ in range(TASKS):
        carried_out("book_ended_limits", timezone.now())
        seen |= backends()
    worker.terminate()
    worker.wait(60)

    assert 1 <= len(seen) <= 2


# -- Redis with sentinels


class Sentinels:
    """Two servers and three sentinels, on ports of this machine."""

    def __init__(self, directory):
        self.directory = directory
        self.ports = [free_port() for _ in range(2)]
        self.watching = [free_port() for _ in range(3)]
        self.processes = {}

    def start(self):
        first, second = self.ports
        self._start(first, "--port", str(first), "--save", "")
        self._start(second, "--port", str(second), "--save", "", "--replicaof", "127.0.0.1", str(first))
        for port in self.watching:
            conf = self.directory / f"{port}.conf"
            conf.write_text(
                f"port {port}\ndir {self.directory}\nsentinel monitor finance 127.0.0.1 {first} 2\n"
                "sentinel down-after-milliseconds finance 1000\nsentinel failover-timeout finance 3000\n"
            )
            self._start(port, conf, "--sentinel")

    def _start(self, port, *words):
        command = [servers._redis_binary(), *words]
        with (self.directory / f"{port}.log").open("wb") as log:
            self.processes[port] = subprocess.Popen(command, cwd=self.directory, stdout=log, stderr=log)

    def state(self):
        return redis_client.Redis(port=self.watching[0], decode_responses=True).sentinel_master("finance")

    def is_watched(self):
        try:
            state = self.state()
        except redis_client.RedisError:
            return False
        return state["num-other-sentinels"] == 2 and state["num-slaves"] == 1

    @property
    def url(self):
        return ";".join(f"sentinel://127.0.0.1:{port}" for port in self.watching)


def until(true, what, seconds=FAILS_OVER_WITHIN_SECONDS):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


@pytest.fixture
def sentinels(tmp_path):
    sentinels = Sentinels(tmp_path)
    sentinels.start()
    try:
        until(sentinels.is_watched, "the sentinels know each other")
        yield sentinels
    finally:
        for process in sentinels.processes.values():
            process.kill()
            process.wait()


def test_tasks_are_sent_and_taken_on_after_the_master_of_redis_has_died(sentinels):
    options = {"master_name": "finance", "socket_timeout": 2, "socket_connect_timeout": 2}
    with Connection(sentinels.url, transport_options=options) as broker:
        broker.SimpleQueue("portal").put("before")
    first = int(sentinels.state()["port"])
    sentinels.processes[first].kill()
    until(lambda: int(sentinels.state()["port"]) != first, "a new master")

    with Connection(sentinels.url, transport_options=options) as broker:
        queue = broker.SimpleQueue("portal")
        queue.put("after")
        taken = [queue.get(timeout=30).payload for _ in range(queue.qsize())]

    assert "after" in taken


@pytest.fixture
def counted_at(settings):
    def counted_at(url):
        settings.REDIS_URL = url
        settings.CELERY_BROKER_TRANSPORT_OPTIONS = {"master_name": "finance"}
        rates._made.cache_clear()
        rates._own = rates._Own()
        rates._away_until = 0.0

    yield counted_at
    rates._made.cache_clear()
    rates._away_until = 0.0


def test_web_servers_count_the_requests_of_a_client_together_through_the_sentinels(sentinels, counted_at):
    counted_at(sentinels.url)
    first, second = rates.take(7), rates.take(7)

    assert (first.quota - first.left, second.quota - second.left) == (1, 2)
    assert rates._own._counts == {}


def test_a_redis_that_is_away_delays_no_charge_again_and_again(counted_at):
    counted_at(f"redis://127.0.0.1:{free_port()}/0")
    begin = time.monotonic()
    allowances = [rates.take(7) for _ in range(50)]

    assert time.monotonic() - begin < 20
    assert [each.quota - each.left for each in allowances] == list(range(1, 51))
    assert allowances[0].quota == settings.CREDIT_API_REQUESTS_PER_MINUTE
