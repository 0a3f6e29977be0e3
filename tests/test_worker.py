"""Beat's requests, as a real worker on the real broker carries them out."""

import time

import pytest
from django.conf import settings

from credit.models import JobRun
from finance_portal.celery import app as celery_app

CARRIED_OUT_WITHIN_SECONDS = 30


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
