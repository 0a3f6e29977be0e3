"""The jobs page: when each last ran, what it did, when it is due, what it found."""

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from credit import tasks
from credit.actions import limits
from credit.groups import OFFICER
from credit.models import Difference, JobRun, Wallet
from credit.views.jobs import JOBS, latest_runs
from tests.pages.people import SYSTEM, ago, prepaid, signed_in, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def words():
    client = signed_in(OFFICER)
    return lambda: text(client.get(reverse("jobs")))


def test_a_job_that_never_ran_says_so(words):
    assert words().count("Has not run yet") == len(JOBS)


def test_every_scheduled_job_is_on_the_page():
    assert {entry for entry, _ in JOBS.values()} == set(settings.CELERY_BEAT_SCHEDULE)


def test_the_page_knows_the_names_under_which_the_jobs_write_their_runs():
    prepaid()
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        getattr(tasks, entry["task"].rpartition(".")[2])()
    assert set(latest_runs()) == set(JOBS)


def test_a_run_tells_what_it_did_and_when_it_is_due_again(words):
    JobRun.objects.create(
        name="Close ended periods",
        started_at=ago(seconds=20),
        finished_at=ago(seconds=19),
        counts={"periods": 1200, "invoices": 1100},
    )
    page = words()
    assert "1,200 periods, 1,100 invoices" in page
    assert "On time" in page


def test_a_job_that_was_silent_for_a_week_is_late(words):
    JobRun.objects.create(name="Issue invoices", started_at=ago(days=7), finished_at=ago(days=7))
    page = words()
    assert "Nothing was due" in page
    assert "Late" in page


def test_an_error_of_a_job_can_be_read(words):
    JobRun.objects.create(
        name="Issue invoices", started_at=ago(seconds=5), error="OperationalError: disk full"
    )
    page = words()
    assert "Failed" in page
    assert "OperationalError: disk full" in page


def test_a_difference_is_reported_until_it_is_gone(words):
    wallet = prepaid()
    Wallet.objects.filter(pk=wallet.pk).update(balance_micros=1)
    tasks.reconcile_wallets()
    page = words()
    assert wallet.wallet_id in page
    assert "Current balance" in page
    Difference.objects.update(gone_at=timezone.now())
    assert "Every wallet agrees with its ledger." in words()


def test_the_end_of_a_temporary_limit_gives_one_notice(words):
    wallet = prepaid(limit="10")
    limits.set_limit(wallet=wallet, amount="20", days=1, by=SYSTEM, now=ago(days=3))
    tasks.book_ended_limits()
    tasks.book_ended_limits()
    assert words().count("The temporary limit of 20.00 EUR has ended.") == 1
