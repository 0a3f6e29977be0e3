"""Two counts of one day at once: the day has one of them, whole."""

import pytest

from credit.actions import exposures
from credit.models import Exposure, ExposureLine, Wallet
from tests.factories import NOON, a_wallet, an_organization, days
from tests.races.together import Clock, together

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


def test_counts_of_a_day_at_once_leave_one_whole_count():
    whose = an_organization(time_zone="UTC")
    for number in range(12):
        a_wallet(whose, currency=("EUR", "JPY", "USD")[number % 3], permanent_limit=str(number))
    clock = Clock()

    def take():
        return [exposures.take(now=clock()) for _ in range(4)]

    def change():
        for number in range(8):
            Wallet.objects.filter(currency="EUR").update(permanent_limit_micros=number * 10**6)

    together(take, take, take, change)

    assert Exposure.objects.count() == 3
    for each in Exposure.objects.all():
        lines = ExposureLine.objects.filter(exposure=each)
        assert sum(line.wallets for line in lines) == each.wallets == 4
        assert sum(line.limits_micros for line in lines) == each.limits_micros
    exposures.take(now=NOON + days(1))
    assert Exposure.objects.count() == 6
