"""Beat's requests, as a real worker on the real broker carries them out."""

import time

import pytest
from django.conf import settings

from credit.models import JobRun
from finance_portal.celery import app as celery_app

CARRIED_OUT_WITHIN_SECONDS = 30


@pytest.mark.django_db(transaction=True)
def test_a_worker_carries_out_every_job_that_beat_asks_for(celery_worker_process):
    asked_for = {entry["task"].rpartition(".")[2] for entry in settings.CELERY_BEAT_SCHEDULE.values()}

    for job in asked_for:
        celery_app.send_task(f"credit.tasks.{job}")

    deadline = time.monotonic() + CARRIED_OUT_WITHIN_SECONDS
    while time.monotonic() < deadline:
        finished = JobRun.objects.filter(finished_at__isnull=False, error="")
        if asked_for <= set(finished.values_list("name", flat=True)):
            return
        time.sleep(0.1)
    pytest.fail(f"carried out: {list(JobRun.objects.values('name', 'finished_at', 'error'))}")
