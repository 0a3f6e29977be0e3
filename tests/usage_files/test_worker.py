"""A file sent through the page, worked off by a real worker on the real broker."""

import time

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from credit.groups import MANAGER
from credit.models import Upload
from tests.factories import a_wallet
from tests.pages.people import signed_in
from tests.usage_files.conftest import HEADER, amounts, sms

DONE_WITHIN_SECONDS = 180


@pytest.mark.django_db(transaction=True)
def test_a_sent_file_is_worked_off_by_a_worker(celery_worker_process, settings, var_dir):
    settings.CREDIT_UPLOAD_DIR = var_dir / "uploads"
    a_wallet(wallet_id="W-1")
    sent = SimpleUploadedFile("usage.csv", "\n".join([HEADER, *sms(2500)]).encode())

    signed_in(MANAGER).post("/usage-files/", {"file": sent})

    deadline = time.monotonic() + DONE_WITHIN_SECONDS
    while Upload.objects.unfinished().exists():
        assert time.monotonic() < deadline, list(Upload.objects.values())
        time.sleep(0.1)
    assert Upload.objects.get().state == "done"
    assert amounts() == [-number for number in range(1, 2501)]
