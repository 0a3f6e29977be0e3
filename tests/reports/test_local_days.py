"""Which time zones there are is read from the index, one step a zone, and each is named once."""

import pytest

from credit.reports.local_days import ZONE, IsIn, zones_in_use
from tests.reports.owing import a_customer

pytestmark = pytest.mark.django_db


def test_without_wallets_no_zone_is_in_use():
    assert zones_in_use() == []


def test_each_zone_is_named_once_whoever_has_it(django_assert_num_queries):
    for zone in ("Europe/Bratislava", "Asia/Tokyo", "Europe/Bratislava", "Etc/GMT+12"):
        a_customer(zone=zone)
    with django_assert_num_queries(1):
        assert sorted(zones_in_use()) == ["Asia/Tokyo", "Etc/GMT+12", "Europe/Bratislava"]


def test_nothing_is_in_an_empty_list_and_all_is_outside_of_it():
    from django.db.models import Q

    from credit.models import Period

    assert not Period.objects.filter(IsIn(ZONE, [])).exists()
    assert "NOT (1 = 0)" in str(Period.objects.filter(~Q(IsIn(ZONE, []))).query)
