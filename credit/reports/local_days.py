"""Which local day an instant belongs to, also for an organization that has moved to another time zone.

A day begins at the first instant at which the organization's clock, as it was then, shows its date. So days follow one
another without gap or overlap whatever its clock did, and a month that is over keeps its lines when the zone changes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connections
from django.db.models import BooleanField, F, Func, Subquery

from credit.models import Change, Wallet
from credit.periods import first_instant

ZONE_CHANGED = "change_time_zone"
_DAY = timedelta(days=1)
_TICK = timedelta(microseconds=1)
ZONE = F("wallet__time_zone")
# From each name straight to the next one in the index: a step per time zone, whatever the number of wallets.
_IN_USE = """
    WITH RECURSIVE used(name) AS (
        SELECT MIN(time_zone) FROM credit_wallet
        UNION ALL
        SELECT (SELECT MIN(time_zone) FROM credit_wallet WHERE time_zone > used.name) FROM used
        WHERE used.name IS NOT NULL
    )
    SELECT name FROM used WHERE name IS NOT NULL
"""


@dataclass(frozen=True)
class LocalClock:
    """The time zones that an organization has had: (since when, name), the first since ever."""

    zones: tuple[tuple[datetime | None, str], ...]

    @property
    def moved_at(self) -> datetime | None:
        """The last instant in the organization's first time zone, if it ever left it."""
        since = self.zones[1][0] if len(self.zones) > 1 else None
        return since - _TICK if since else None

    def begins(self, day: date) -> datetime:
        """The first instant of a local day."""
        return _begins(self, day)

    def day_of(self, instant: datetime) -> date:
        """The latest day that has begun."""
        day = instant.astimezone(ZoneInfo(self.zone_at(instant))).date()
        while self.begins(day + _DAY) <= instant:  # its clock has gone back over midnight
            day += _DAY
        return day

    def zone_at(self, instant: datetime) -> str:
        return next(zone for since, zone in reversed(self.zones) if since is None or since <= instant)


@lru_cache(maxsize=100_000)
def _begins(clock: LocalClock, day: date) -> datetime:
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001  naive is what it takes
    untils = [*(since for since, _ in clock.zones[1:]), None]
    for (since, zone), until in zip(clock.zones, untils, strict=True):
        at = first_instant(midnight, zone)
        at = max(at, since) if since else at
        if until is None or at < until:
            return at
    raise AssertionError("The last zone has no end.")


def zones_in_use() -> list[str]:
    """Each time zone that a wallet has, once."""
    with connections[Wallet.objects.db].cursor() as cursor:
        cursor.execute(_IN_USE)
        return [name for (name,) in cursor.fetchall()]


def clocks(wallets: Iterable[Wallet]) -> dict[int, LocalClock]:
    """By the wallet's pk; one query for all of them.

    The instant of a move is the last one on the clock before: a machine whose clock lags posts at it before the move
    and after it, and a line's day is not to depend on which it was.
    """
    zones = {wallet.pk: wallet.time_zone for wallet in wallets}
    moves = Change.objects.filter(wallet__in=list(zones), verb=ZONE_CHANGED).order_by("wallet_id", "at", "pk")
    had: dict[int, list[tuple[datetime | None, str]]] = {}
    for pk, at, before, after in moves.values_list("wallet_id", "at", "before", "after"):
        if "time_zone" in after:  # else it moved to where it was
            had.setdefault(pk, [(None, before["time_zone"])]).append((at + _TICK, after["time_zone"]))
    return {pk: LocalClock(tuple(had.get(pk, [(None, zone)]))) for pk, zone in zones.items()}


class IsIn(Func):
    """A column among many words, as one condition: Django's own goes through 300 time zones six times before it
    writes them, which cost a page 5 ms.
    """

    output_field = BooleanField()

    def __init__(self, column: F | Subquery, words: Sequence[str]) -> None:
        super().__init__(column)
        self.words = words

    def get_group_by_cols(self) -> list[Any]:
        (column,) = self.get_source_expressions()
        return column.get_group_by_cols()

    def as_sql(self, compiler: Any, connection: Any, *how: Any, **more: Any) -> tuple[str, Any]:
        column, params = compiler.compile(*self.get_source_expressions())
        if not self.words:
            return "1 = 0", []
        return f"{column} IN ({', '.join(['%s'] * len(self.words))})", [*params, *self.words]
