"""The demo's months, relative to the day it is made: six whole ones and the running one."""

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from credit.periods import month_start

WHOLE_MONTHS = 6
SLOTS_A_MONTH = 12


class Calendar:
    """Slots are the instants at which the crowd's money moves, far enough from month ends for every time zone."""

    # Finance looks at what the close has made before it goes out.
    review = timedelta(hours=26)

    def __init__(self, now: datetime, chance: random.Random):
        self.now = now.astimezone(UTC)
        self._chance = chance
        self.months = [self._first_of(back) for back in range(WHOLE_MONTHS, -1, -1)]
        whole = [
            self._slots(month + timedelta(days=2), month + timedelta(days=26)) for month in self.months[:-1]
        ]
        self.slots = [*whole, self._slots(self.months[-1] + timedelta(hours=14), now - timedelta(minutes=9))]

    def _first_of(self, months_back: int) -> datetime:
        year, month = divmod(self.now.year * 12 + self.now.month - 1 - months_back, 12)
        return datetime(year, month + 1, 1, tzinfo=UTC)

    def _slots(self, first: datetime, last: datetime) -> list[datetime]:
        if last <= first:
            return []
        gap = (last - first) / SLOTS_A_MONTH
        return [first + gap * (number + self._chance.random() * 0.8) for number in range(SLOTS_A_MONTH)]

    def month_ends(self) -> list[datetime]:
        """When every zone on Earth has turned its month: 12 hours after UTC did, and one for good measure."""
        return [end for month in self.months[1:] if (end := month + timedelta(hours=13)) < self.now]

    def issues(self) -> list[datetime]:
        """When drafts are issued: every few days, and on the day after a month end, when it has been looked at."""
        days = [first + timedelta(days=day, hours=7) for first in self.months for day in (2, 8, 14, 20, 26)]
        return [
            *(day for day in days if day < self.now),
            *(end + self.review for end in self.month_ends() if end + self.review < self.now),
        ]

    def in_month(self, back: int, day: float) -> datetime:
        """Day and part of a day (1.0 is the first midnight UTC) of the month so many months ago."""
        return self.months[-1 - back] + timedelta(days=day - 1)

    def in_running_month(self, zone: str, share: float) -> datetime:
        """An instant of the running month in a zone: 0 is its first, 1 is now."""
        local = self.now.astimezone(ZoneInfo(zone))
        start = month_start(local.year, local.month, zone)
        return start + (self.now - start) * share

    def ago(self, **span: float) -> datetime:
        return self.now - timedelta(**span)
