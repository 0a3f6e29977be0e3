"""Old alerts go by themselves, a bounded number at a time; what a wallet is latched at stays."""

from datetime import timedelta

import pytest
from django.utils import timezone

from credit import tasks
from credit.alerts import pruning
from credit.models import AlertEvent, AlertReader, AlertSend, AlertWatch
from tests.alerts.watched import a_rule, told, watched
from tests.pages.people import charge, postpaid

pytestmark = pytest.mark.django_db
KEPT = timedelta(days=400)


def alerts(count):
    watched()  # the watch has begun
    a_rule(to_staff=["finance@provider.example"])
    for _ in range(count):
        charge(postpaid(limit="100"), "90")
    watched()
    assert AlertEvent.objects.count() == count


def test_an_alert_goes_with_its_sends_once_it_is_older_than_the_setting_says(settings):
    settings.CREDIT_SEND_BY_EMAIL = True
    alerts(1)
    at = AlertEvent.objects.get().at
    assert AlertSend.objects.exists()

    assert pruning.prune(at + KEPT) == 0
    assert pruning.prune(at + KEPT + timedelta(seconds=1)) == 1

    assert not AlertEvent.objects.exists()
    assert not AlertSend.objects.exists()


def test_only_the_oldest_go_and_so_many_at_a_time(monkeypatch):
    monkeypatch.setattr(pruning, "AT_ONCE", 2)
    alerts(4)
    newest = AlertEvent.objects.latest("pk")
    later = newest.at + KEPT + timedelta(days=1)
    AlertEvent.objects.filter(pk=newest.pk).update(at=later)

    assert [pruning.prune(later) for _ in range(3)] == [2, 1, 0]
    assert AlertEvent.objects.get() == newest


def test_a_crossing_whose_alert_has_gone_is_not_told_again():
    alerts(1)
    pruning.prune(timezone.now() + KEPT + timedelta(days=1))

    assert AlertWatch.objects.get().latches["percent:80"]["is_told"]
    assert watched() == 0
    assert told() == []
    assert not AlertReader.objects.exists()


def test_the_job_that_watches_removes_what_is_old(settings):
    alerts(1)
    settings.CREDIT_ALERTS_KEPT_DAYS = 30
    AlertEvent.objects.update(at=timezone.now() - timedelta(days=31))

    assert tasks.watch_wallets()["old alerts removed"] == 1
