"""Months and days in a time zone, found by walking the clock in minutes: slow, and too simple to be wrong.

Since 1973 every zone changes its offset on a whole minute of UTC (a test says so), so between two of them the local
clock just runs.
"""

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
REACH = timedelta(hours=15)  # no clock is further ahead of UTC than 14 hours


def local(instant, zone):
    return instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


@cache
def when_the_clock_reaches(wall, zone):
    """The first instant at which the local clock shows `wall` or has jumped over it."""
    instant = wall.replace(second=0, microsecond=0, tzinfo=UTC) - REACH
    while local(instant, zone) + MINUTE <= wall:  # so far it is not reached in the minute that begins here
        instant += MINUTE
    return instant + max(timedelta(0), wall - local(instant, zone))


def months_around(instant):
    for number in range(instant.month - 1, instant.month + 2):
        yield datetime(instant.year + number // 12, number % 12 + 1, 1)


@cache
def month_end(instant, zone):
    """The first month start in the zone that is later than the instant."""
    starts = (when_the_clock_reaches(month, zone) for month in months_around(instant))
    return min(start for start in starts if start > instant)


def days_later(instant, days, zone):
    return when_the_clock_reaches(local(instant, zone) + timedelta(days=days), zone)


def jumps(zone, first=datetime(1973, 1, 1, tzinfo=UTC), last=datetime(2038, 1, 1, tzinfo=UTC)):
    """Every change of the zone's offset: (the first instant after it, the wall clock before, the wall clock then)."""
    tz, week = ZoneInfo(zone), timedelta(days=7)
    old = first.astimezone(tz).utcoffset()
    while first < last:
        new = (first + week).astimezone(tz).utcoffset()
        if new != old:
            at = _first_second_without(old, first, tz)
            yield at, (at + old).replace(tzinfo=None), local(at, zone)
        first, old = first + week, new


def _first_second_without(offset, week, tz):
    before, after = 0, 7 * 86_400
    while after - before > 1:
        middle = (before + after) // 2
        if (week + timedelta(seconds=middle)).astimezone(tz).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return week + timedelta(seconds=after)


def midnight_in(one, other):
    """The midnight that was skipped or doubled when the wall clock went from one time to the other, or None."""
    early, late = sorted([one, other])
    midnight = early.replace(hour=0, minute=0, second=0, microsecond=0)
    midnight += timedelta(days=midnight < early)
    return midnight if midnight < late else None
