"""Months and days in a time zone (product.md section 5, fine print 1 and 2), beside the oracle's walk of the clock."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from credit import periods
from tests import oracle_calendar
from tests.once import once

pytestmark = once

ZONES = [
    "UTC",
    "Europe/Bratislava",
    "America/Juneau",
    "America/Bogota",
    "Asia/Singapore",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "America/Asuncion",
    "Africa/Cairo",
    "Pacific/Apia",
    "Pacific/Kiritimati",
    "America/Santiago",
    "Asia/Gaza",
    "Atlantic/Azores",
]
instants = st.datetimes(datetime(2010, 1, 1), datetime(2034, 12, 31), timezones=st.just(UTC))


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


def test_a_month_ends_at_midnight_of_the_customer_and_not_of_the_server():
    assert periods.month_end_after(utc(2023, 2, 20), "America/Bogota") == utc(2023, 3, 1, 5)
    assert periods.month_end_after(utc(2024, 1, 15), "Asia/Singapore") == utc(2024, 1, 31, 16)


def test_the_month_end_is_outside_its_month():
    end = utc(2024, 1, 31, 16)
    assert periods.month_end_after(end - timedelta(microseconds=1), "Asia/Singapore") == end
    assert periods.month_end_after(end, "Asia/Singapore") == utc(2024, 2, 29, 16)


def test_a_missing_midnight_is_the_first_instant_after_the_gap():
    # Paraguay's clocks went from 23:59:59 on 30 September 2017 to 01:00 on 1 October.
    assert periods.month_end_after(utc(2017, 9, 15), "America/Asuncion") == utc(2017, 10, 1, 4)


def test_a_doubled_midnight_is_the_first_of_the_two():
    # The Azores put their clocks back from 01:00 to 00:00 on the last Sunday of October; 1 November never doubles
    # there today, so the doubled midnight here is a day and not a month: the same function decides both.
    assert periods.first_instant(datetime(2024, 10, 27), "Atlantic/Azores") == utc(2024, 10, 27)
    assert periods.first_instant(datetime(2024, 10, 27, 0, 30), "Atlantic/Azores") == utc(2024, 10, 27, 0, 30)


def test_a_day_that_a_zone_never_had_ends_when_the_clock_jumps_over_it():
    # Samoa skipped 30 December 2011.
    assert periods.first_instant(datetime(2011, 12, 30, 12), "Pacific/Apia") == utc(2011, 12, 30, 10)


def test_seven_days_later_is_the_same_wall_clock_time_across_a_change_of_summer_time():
    before = utc(2026, 3, 25, 11)  # 12:00 in Bratislava, winter
    assert periods.days_later(before, 7, "Europe/Bratislava") == utc(2026, 4, 1, 10)


def test_days_that_end_in_a_missing_hour_end_right_after_the_gap():
    before = utc(2026, 3, 28, 1, 30)  # 02:30 in Bratislava; the 29th has no 02:30
    assert periods.days_later(before, 1, "Europe/Bratislava") == utc(2026, 3, 29, 1)


def test_days_that_end_in_a_doubled_hour_end_at_the_first_of_the_two():
    before = utc(2026, 10, 24, 0, 30)  # 02:30 in Bratislava; the 25th has it twice
    assert periods.days_later(before, 1, "Europe/Bratislava") == utc(2026, 10, 25, 0, 30)


def test_days_counted_from_the_second_of_a_doubled_hour_keep_its_wall_clock_time():
    second = utc(2026, 10, 25, 1, 30)  # 02:30 for the second time
    assert periods.days_later(second, 1, "Europe/Bratislava") == utc(2026, 10, 26, 1, 30)


def test_eighteen_months_in_juneau_all_start_on_the_first():
    end = periods.month_end_after(utc(2015, 9, 1, 8, 1, 1), "America/Juneau")
    for _ in range(18):
        shown = oracle_calendar.local(end, "America/Juneau")
        assert (shown.day, shown.hour, shown.minute) == (1, 0, 0)
        end = periods.next_period_end(end, "America/Juneau")


@given(instants, st.sampled_from(ZONES))
def test_month_ends_agree_with_the_oracle(instant, zone):
    assert periods.month_end_after(instant, zone) == oracle_calendar.month_end(instant, zone)


@given(instants, st.integers(1, 400), st.sampled_from(ZONES))
def test_temporary_increase_days_agree_with_the_oracle(instant, days, zone):
    assert periods.days_later(instant, days, zone) == oracle_calendar.days_later(instant, days, zone)


@given(instants, st.sampled_from(ZONES), st.sampled_from(ZONES))
def test_after_a_change_of_zone_the_next_period_lasts_more_than_two_days_and_at_most_two_days_over_a_month(
    instant, old, new
):
    end = periods.month_end_after(instant, old)
    following = periods.next_period_end(end, new)
    assert timedelta(hours=48) < following - end <= timedelta(days=33, hours=2)
    assert oracle_calendar.local(following, new).day == 1


@given(instants, st.sampled_from(ZONES))
def test_periods_follow_one_another_without_gap_or_overlap(instant, zone):
    end = periods.month_end_after(instant, zone)
    assert periods.next_period_end(end, zone) == periods.month_end_after(end, zone)
