"""`make run` ends in the supervisor: everything comes up together and goes down together."""

import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil
import pytest

from tests.ports import free_port

BASE_DIR = Path(__file__).resolve().parent.parent
STOPS_WITHIN_SECONDS = 60
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def supervisor(process_environment, tmp_path):
    port = free_port()
    environment = {**process_environment, "PORT": str(port), "DEBUG": "1", "CELERY_QUEUE": "supervised"}
    command = [sys.executable, "-m", "finance_portal.supervisor"]
    process = subprocess.Popen(command, cwd=BASE_DIR, env=environment, stdout=subprocess.PIPE, text=True)
    yield process, f"http://127.0.0.1:{port}/"
    process.send_signal(signal.SIGTERM)
    process.wait(STOPS_WITHIN_SECONDS)


def _started(process: subprocess.Popen) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


@pytest.mark.parametrize("request_to_stop", [signal.SIGINT, signal.SIGHUP])
def test_the_portal_starts_with_its_worker_and_beat_and_leaves_nothing_behind(supervisor, request_to_stop):
    process, address = supervisor

    assert address in process.stdout.readline()
    assert urllib.request.urlopen(f"{address}sign-in/", timeout=STOPS_WITHIN_SECONDS).status == 200
    started = _started(process)
    commands = " ".join(" ".join(each.cmdline()) for each in started)
    assert all(word in commands for word in ("granian", "worker", "beat"))

    process.send_signal(request_to_stop)
    assert process.wait(STOPS_WITHIN_SECONDS) == 0
    assert not psutil.wait_procs(started, timeout=STOPS_WITHIN_SECONDS)[1]


def test_when_the_worker_dies_the_portal_stops_instead_of_running_without_it(supervisor):
    process, address = supervisor
    assert address in process.stdout.readline()
    started = _started(process)

    next(each for each in started if "worker" in each.cmdline()).kill()
    deadline = time.monotonic() + STOPS_WITHIN_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.1)

    assert process.returncode == 1
    assert not psutil.wait_procs(started, timeout=STOPS_WITHIN_SECONDS)[1]
