"""Months and days in a time zone, found by walking the clock in quarter-hours: slow, and too simple to be wrong.

Every zone of today changes its offset on a quarter-hour of UTC, so between two of them the local clock just runs.
"""

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

QUARTER = timedelta(minutes=15)
REACH = timedelta(hours=30)


def local(instant, zone):
    return instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


@cache
def when_the_clock_reaches(wall, zone):
    """The first instant at which the local clock shows `wall` or has jumped over it."""
    floor = wall.replace(minute=wall.minute - wall.minute % 15, second=0, microsecond=0)
    instant = floor.replace(tzinfo=UTC) - REACH
    while local(instant, zone) < wall:
        instant += QUARTER
    before = instant - QUARTER
    exact = before + (wall - local(before, zone))
    return exact if before < exact < instant else instant


def month_starts(year, zone):
    for number in range(26):
        yield when_the_clock_reaches(datetime(year + number // 12, number % 12 + 1, 1), zone)


@cache
def month_end(instant, zone):
    """The first month start in the zone that is later than the instant."""
    return min(start for start in month_starts(instant.year - 1, zone) if start > instant)


def days_later(instant, days, zone):
    return when_the_clock_reaches(local(instant, zone) + timedelta(days=days), zone)
