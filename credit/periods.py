"""Months in a time zone: when a period ends, when N days are over. All instants are aware; answers are in UTC."""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

# product.md section 5: after a zone change the next period runs to the first month end more than 48 h away.
# A month is longer than that, so the same sentence gives every ordinary next month too.
SHORTEST_FOLLOWING_PERIOD = timedelta(hours=48)
_TICK = timedelta(microseconds=1)


def first_instant(local: datetime, zone: str) -> datetime:
    """The instant a naive local time stands for: missing -> first instant after the gap, doubled -> the first."""
    tz = ZoneInfo(zone)
    first = local.replace(tzinfo=tz, fold=0).astimezone(UTC)
    if first.astimezone(tz).replace(tzinfo=None) == local:
        return first
    return _end_of_gap(local.replace(tzinfo=tz, fold=1).astimezone(UTC), first, tz)


def _end_of_gap(before: datetime, after: datetime, tz: ZoneInfo) -> datetime:
    """The instant in (before, after] at which the clock jumped."""
    offset = before.astimezone(tz).utcoffset()
    while after - before > _TICK:
        middle = before + (after - before) / 2
        if middle.astimezone(tz).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after


def month_start(year: int, month: int, zone: str) -> datetime:
    return first_instant(datetime(year, month, 1), zone)


def month_end_after(instant: datetime, zone: str) -> datetime:
    """The first month start in the zone later than the instant."""
    local = instant.astimezone(ZoneInfo(zone))
    year, month = local.year, local.month
    while (start := month_start(year, month, zone)) <= instant:
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return start


def next_period_end(ended_at: datetime, zone: str) -> datetime:
    """The end of the period that follows one that ended at `ended_at`."""
    return month_end_after(ended_at + SHORTEST_FOLLOWING_PERIOD, zone)


def days_later(instant: datetime, days: int, zone: str) -> datetime:
    """The same wall-clock time `days` calendar days later in the zone."""
    local = instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)
    return first_instant(local + timedelta(days=days), zone)


def local_day(instant: datetime, zone: str) -> date:
    return instant.astimezone(ZoneInfo(zone)).date()


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
