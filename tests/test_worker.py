"""Beat's requests, as a real worker on the real broker carries them out."""

import os
import signal
import time

import pytest
from django.conf import settings

from credit.models import JobRun
from finance_portal.celery import app as celery_app

CARRIED_OUT_WITHIN_SECONDS = 120


@pytest.mark.django_db(transaction=True)
def test_a_worker_carries_out_every_job_that_beat_asks_for(celery_worker_process):
    asked_for = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}

    for job in asked_for:
        celery_app.send_task(job)

    deadline = time.monotonic() + CARRIED_OUT_WITHIN_SECONDS
    while JobRun.objects.filter(finished_at__isnull=False).count() < len(asked_for):
        assert time.monotonic() < deadline, list(JobRun.objects.values("name", "finished_at", "error"))
        time.sleep(0.1)
    assert JobRun.objects.values("name").distinct().count() == len(asked_for)
    assert not JobRun.objects.exclude(error="")


def waiting_processes():
    (worker,) = celery_app.control.inspect(timeout=30, limit=1).stats().values()
    return worker["pool"].get("processes", [])


@pytest.mark.django_db(transaction=True)
def test_a_worker_whose_waiting_processes_are_killed_goes_on(celery_worker_process):
    """With files as the broker there are none: they would share a lock, which a killed one keeps (settings.py)."""
    processes = waiting_processes()
    assert bool(processes) == bool(settings.REDIS_URL)
    for process in processes:
        os.kill(process, signal.SIGKILL)

    celery_app.send_task("credit.tasks.reconcile_wallets")

    deadline = time.monotonic() + CARRIED_OUT_WITHIN_SECONDS
    while not JobRun.objects.filter(name="Reconcile wallets", finished_at__isnull=False).exists():
        assert time.monotonic() < deadline, "the worker does nothing more"
        time.sleep(0.1)
