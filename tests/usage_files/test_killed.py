"""A run that dies in the middle, really: every line is there once afterwards, and nothing is missing."""

import signal
import subprocess
import sys
import time
from threading import Event, Thread

import pytest
from django.db import connection

from credit.actors import Actor
from credit.models import Transaction, Upload
from credit.usage_files import working
from tests.conftest import BASE_DIR
from tests.factories import a_wallet
from tests.usage_files.conftest import amounts, sms

LINES = 30_000
PATIENCE_SECONDS = 120


@pytest.fixture
def wallet(transactional_db):
    return a_wallet(wallet_id="W-1", permanent_limit="10")


def started(path, environment):
    command = [sys.executable, "manage.py", "import_charges", str(path), "--verbosity=0"]
    return subprocess.Popen(
        command, cwd=BASE_DIR, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def wait_for_lines(count):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not Upload.objects.filter(posted__gte=count).exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_killed_import_goes_on_and_every_line_is_posted_exactly_once(wallet, file, process_environment):
    path = file(*sms(LINES), packed=True, name="usage.csv.gz")
    for reached in (2000, 9000):
        process = started(path, process_environment)
        wait_for_lines(reached)
        process.send_signal(signal.SIGKILL)
        process.wait()
        upload = Upload.objects.get()
        assert upload.state == "running"
        assert 0 < upload.posted == Transaction.objects.count() < LINES

    process = started(path, process_environment)
    out, err = process.communicate(timeout=PATIENCE_SECONDS)

    assert process.returncode == 0, err
    assert out.strip() == f"{LINES:,} lines: {LINES:,} posted, 0 already there, 0 declined, 0 refused."
    assert "Goes on after line" in err
    assert amounts() == [-number for number in range(1, LINES + 1)]


@pytest.mark.race
def test_two_runs_at_once_post_every_line_once(wallet, file, monkeypatch):
    """The second takes the file over; the first notices before its next batch."""
    monkeypatch.setattr(working, "BATCH", 20)
    path = file(*sms(2000))
    ended, begun, taken_over = [], Event(), Event()
    post = working._post

    def held_once(*args, **context):
        """The first stops between two batches until the second has the file."""
        post(*args, **context)
        if not begun.is_set():
            begun.set()
            taken_over.wait(PATIENCE_SECONDS)

    monkeypatch.setattr(working, "_post", held_once)

    def run():
        by = Actor.system("Import")
        try:
            upload = taken()
            if begun.is_set():
                taken_over.set()
            working.work_off(upload, lambda: path, by=by, now=timezone.now)
            ended.append("over")
        except working.TakenOver:
            ended.append("taken over")
        finally:
            connection.close()

    from django.utils import timezone

    from credit.usage_files import receiving

    row, _ = receiving.registered(
        receiving.Content.of(path),
        name="usage.csv",
        gated=False,
        by=Actor.system("Import"),
        now=timezone.now(),
    )

    def taken():
        return working.take(row.pk, now=timezone.now, even_if_held=True)

    first, second = Thread(target=run), Thread(target=run)
    first.start()
    assert begun.wait(PATIENCE_SECONDS)
    second.start()
    first.join()
    second.join()

    assert sorted(ended) == ["over", "taken over"]
    assert amounts() == [-number for number in range(1, 2001)]
