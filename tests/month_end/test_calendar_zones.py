"""Every jump of every zone's clock over a midnight since 1973: months and days end where the customer's clock says.

Two readings are compared: `credit.periods` and the oracle, which walks the clock minute by minute.
"""

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit import periods
from tests import oracle_calendar
from tests.once import once

pytestmark = once

ZONES = sorted(available_timezones() - {"localtime"})
TICK = timedelta(microseconds=1)
WHOLE_MINUTE = timedelta(minutes=1)
# Zones whose clocks have skipped or doubled a midnight, half an hour, or a whole day; the scan below finds all of them.
ODD = [
    "Africa/Cairo",
    "America/Asuncion",
    "America/Havana",
    "America/Santiago",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Asia/Amman",
    "Asia/Beirut",
    "Asia/Gaza",
    "Asia/Tehran",
    "Atlantic/Azores",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Kiritimati",
    "Pacific/Kwajalein",
]
instants = st.datetimes(datetime(1975, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC))
zones = st.one_of(st.sampled_from(ODD), st.sampled_from(ZONES))


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


@cache
def jumps():
    """Each zone with a clock of its own -> its jumps; zones that have always shown the same time are one."""
    by_clock = {}
    for zone in [*ODD, *ZONES]:
        by_clock.setdefault(tuple(oracle_calendar.jumps(zone)), zone)
    return {zone: clock for clock, zone in by_clock.items()}


@cache
def midnights_jumped_over():
    """(zone, midnight, the first instant after the jump, the wall clock before it, the wall clock after it)."""
    return [
        (zone, midnight, at, before, after)
        for zone, clock in jumps().items()
        for at, before, after in clock
        if (midnight := oracle_calendar.midnight_in(before, after))
    ]


def test_the_oracle_may_walk_in_minutes_since_every_clock_changes_on_one():
    for zone, clock in jumps().items():
        for at, before, after in clock:
            assert (at.second, at.microsecond) == (0, 0), (zone, at)
            assert (before - after) % WHOLE_MINUTE == timedelta(0), (zone, at)


def test_the_zones_that_jump_at_midnight_are_drawn_most():
    jumping = {zone for zone, *_ in midnights_jumped_over()}
    assert len(jumping) > 50
    assert jumping.issuperset(set(ODD) - {"Australia/Lord_Howe"})


def test_a_skipped_midnight_is_the_end_of_the_gap_and_a_doubled_one_is_the_first_in_every_zone():
    for zone, midnight, at, before, after in midnights_jumped_over():
        # Skipped: the jump itself. Doubled: as long before the jump as the clock had then run past midnight.
        wanted = at if before < after else at - (before - midnight)
        assert periods.first_instant(midnight, zone) == wanted, (zone, midnight)


def test_each_month_that_begins_in_a_jump_has_one_first_instant_and_the_oracle_names_it_too():
    firsts = [(zone, day, at) for zone, day, at, *_ in midnights_jumped_over() if day.day == 1]
    assert len(firsts) > 50
    for zone, day, at in firsts:
        start = periods.month_start(day.year, day.month, zone)
        assert start == oracle_calendar.when_the_clock_reaches(day, zone)
        for instant in (start - TICK, at - TICK):
            assert periods.month_end_after(instant, zone) == oracle_calendar.month_end(instant, zone)
        # The month has begun for good, also while the clock shows its midnight for the second time.
        for instant in (start, at, at + timedelta(minutes=59)):
            assert periods.month_end_after(instant, zone) > start + timedelta(days=26)


@pytest.mark.parametrize(
    ("zone", "month", "first_instant"),
    [
        ("Asia/Amman", (2011, 4), utc(2011, 3, 31, 22)),  # midnight missing
        ("America/Asuncion", (2017, 10), utc(2017, 10, 1, 4)),  # midnight missing
        ("Asia/Beirut", (1984, 5), utc(1984, 4, 30, 22)),  # midnight missing
        ("America/Havana", (2015, 11), utc(2015, 11, 1, 4)),  # midnight doubled
        ("America/Havana", (2026, 11), utc(2026, 11, 1, 4)),  # midnight doubled
        (
            "America/St_Johns",
            (2009, 11),
            utc(2009, 11, 1, 2, 30),
        ),  # one minute of November, then October again
        ("Pacific/Kiritimati", (1995, 1), utc(1994, 12, 31, 10)),  # the last day of 1994 was skipped
        ("Pacific/Apia", (2012, 1), utc(2011, 12, 31, 10)),  # after the day that was skipped
        ("Australia/Lord_Howe", (2026, 4), utc(2026, 3, 31, 13)),  # eleven hours ahead in summer
        ("Australia/Lord_Howe", (2026, 5), utc(2026, 4, 30, 13, 30)),  # and ten and a half in winter
    ],
)
def test_months_whose_first_midnight_is_odd_start_where_the_fine_print_says(zone, month, first_instant):
    assert periods.month_start(*month, zone) == first_instant


@pytest.mark.parametrize(
    ("zone", "given_at", "days", "ends_at"),
    [
        ("America/Sao_Paulo", (2018, 11, 3, 0, 0), 1, utc(2018, 11, 4, 3)),  # 4 November began at 01:00
        ("America/Havana", (2026, 3, 1, 0, 0), 7, utc(2026, 3, 8, 5)),  # 8 March began at 01:00
        ("America/Havana", (2026, 10, 31, 0, 30), 1, utc(2026, 11, 1, 4, 30)),  # 00:30 twice: the first
        ("America/Sao_Paulo", (1994, 2, 18, 23, 59, 59, 999_999), 1, utc(1994, 2, 20, 1, 59, 59, 999_999)),
        ("Asia/Beirut", (2026, 3, 28, 0, 0), 1, utc(2026, 3, 28, 22)),  # 29 March began at 01:00
        ("Africa/Cairo", (2026, 4, 23, 0, 30), 1, utc(2026, 4, 23, 22)),  # 24 April began at 01:00
        ("Australia/Lord_Howe", (2026, 10, 3, 2, 15), 1, utc(2026, 10, 3, 15, 30)),  # half an hour is missing
        ("Australia/Lord_Howe", (2026, 4, 4, 1, 45), 1, utc(2026, 4, 4, 14, 45)),  # half an hour comes twice
        ("Pacific/Apia", (2011, 12, 29, 15, 0), 1, utc(2011, 12, 30, 10)),  # there was no 30th
        ("Pacific/Apia", (2011, 12, 29, 15, 0), 2, utc(2011, 12, 31, 1)),
        ("Europe/Bratislava", (2024, 2, 28, 12, 0), 2, utc(2024, 3, 1, 11)),  # over 29 February
        ("Europe/Bratislava", (2026, 2, 28, 12, 0), 1, utc(2026, 3, 1, 11)),  # where there is none
        ("Europe/Bratislava", (2024, 2, 29, 12, 0), 366, utc(2025, 3, 1, 11)),
    ],
)
def test_a_temporary_limit_of_some_days_ends_at_the_same_time_on_the_customers_clock(
    zone, given_at, days, ends_at
):
    start = datetime(*given_at, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    assert periods.days_later(start, days, zone) == ends_at
    assert oracle_calendar.days_later(start, days, zone) == ends_at


@pytest.mark.parametrize("day", [28, 29, 30, 31])
@pytest.mark.parametrize("month", range(1, 13))
@pytest.mark.parametrize("year", [2023, 2024, 2100])
def test_the_last_days_of_every_month_belong_to_it(year, month, day):
    try:
        noon = datetime(year, month, day, 12, tzinfo=ZoneInfo("Europe/Bratislava")).astimezone(UTC)
    except ValueError:
        return  # the month is shorter than that
    end = oracle_calendar.local(periods.month_end_after(noon, "Europe/Bratislava"), "Europe/Bratislava")
    assert end == datetime(year + month // 12, month % 12 + 1, 1)


@given(instants, zones)
def test_month_ends_agree_with_the_oracle_in_every_zone(instant, zone):
    assert periods.month_end_after(instant, zone) == oracle_calendar.month_end(instant, zone)


@given(instants, st.integers(1, 366), zones)
def test_days_agree_with_the_oracle_in_every_zone_and_always_end_later_than_they_began(instant, days, zone):
    end = periods.days_later(instant, days, zone)
    assert end == oracle_calendar.days_later(instant, days, zone)
    assert end > instant


@given(instants, zones, st.integers(2, 40))
def test_months_follow_one_another_and_none_is_left_out(instant, zone, months):
    end = periods.month_end_after(instant, zone)
    shown = oracle_calendar.local(end, zone)
    for _ in range(months):
        following = periods.next_period_end(end, zone)
        assert following == periods.month_end_after(end, zone)
        assert timedelta(days=26) < following - end < timedelta(days=33)
        end = following
    # Half a day on, since a doubled midnight can show the evening before for an hour.
    last = oracle_calendar.local(end + timedelta(hours=12), zone)
    assert (last.year - shown.year) * 12 + last.month - shown.month in (months, months - 1 + (shown.day > 1))


moves = st.lists(st.tuples(zones, st.integers(0, 3)), min_size=1, max_size=12)


@given(instants, zones, moves)
def test_however_often_the_zone_changes_every_month_of_the_calendar_gives_one_fresh_limit(
    instant, zone, moves
):
    end = periods.month_end_after(instant, zone)
    ends = [end]
    for new_zone, months in moves:
        for _ in range(months + 1):
            end = periods.next_period_end(end, new_zone)
            assert end == oracle_calendar.month_end(ends[-1] + timedelta(hours=48), new_zone)
            ends.append(end)
    # No zone is further than 14 hours from UTC: 16 hours later all of them show the new month.
    numbers = [(end + timedelta(hours=16)).year * 12 + (end + timedelta(hours=16)).month for end in ends]
    assert numbers == list(range(numbers[0], numbers[0] + len(ends)))
