"""How much of the limit was taken at the end of each day: one grouped query, also for a hundred thousand lines."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import DateTimeField, F, Sum
from django.db.models.functions import TruncDate

from credit.models import Period, Transaction, Wallet
from credit.periods import first_instant
from credit.terms import PaymentMode
from credit.written_queries import Written, slot

# A period that began before the span is followed from its own start, and no period is longer than this.
LONGEST_PERIOD = timedelta(days=62)
_QUARTER = timedelta(minutes=15)


@dataclass(frozen=True)
class Point:
    at: datetime
    micros: int


class LocalDay(TruncDate):
    """The local date of an instant. SQLite's own `date()` does it here: Django's function for it is Python, which a
    large ledger would wait for. Each part of the span with one offset from UTC gets its own modifier."""

    def __init__(self, *expressions: Any, zone: str, offsets: "Offsets", **extra: Any):
        super().__init__(*expressions, tzinfo=ZoneInfo(zone), **extra)
        self.offsets = offsets

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, list[Any]]:
        column, params = compiler.compile(self.lhs)
        earlier, last = self.offsets
        whens = "".join(f" WHEN {column} < %s THEN %s" for _ in earlier)
        chosen = [
            value for until, minutes in earlier for value in (*params, _as_stored(until), _modifier(minutes))
        ]
        modifier = f"CASE{whens} ELSE %s END" if earlier else "%s"
        return f"date({column}, {modifier})", [*params, *chosen, _modifier(last)]


# ((until, offset in minutes), …) of the parts of a span before the clock was last turned, and the offset since then.
Offsets = tuple[tuple[tuple[datetime, int], ...], int]


def offsets(zone: str, since: datetime, until: datetime) -> Offsets:
    """The same for many spans: they differ where the clock is turned."""
    *earlier, (_until, last) = _parts(zone, since, until)
    return tuple(earlier), last


def _parts(zone: str, since: datetime, until: datetime) -> Iterator[tuple[datetime, int]]:
    """The span in parts of one UTC offset: (end of the part, offset in minutes)."""
    tz = ZoneInfo(zone)
    at, offset = since, since.astimezone(tz).utcoffset()
    while at < until:
        following = min(at + timedelta(days=1), until)
        if following.astimezone(tz).utcoffset() != offset:
            at = _turn(at, tz)
            yield at, _minutes(offset)
            offset = at.astimezone(tz).utcoffset()
        at = following
    yield until, _minutes(offset)


def _turn(at: datetime, tz: ZoneInfo) -> datetime:
    """The first quarter of an hour after `at` with another offset; clocks are turned on quarters."""
    offset = at.astimezone(tz).utcoffset()
    at = at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)
    while at.astimezone(tz).utcoffset() == offset:
        at += _QUARTER
    return at


def _minutes(offset: timedelta | None) -> int:
    return round(offset.total_seconds() / 60) if offset else 0


def _modifier(minutes: int) -> str:
    return f"{minutes:+d} minutes"


def _as_stored(instant: datetime) -> str:
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(" ")


def read(wallet: Wallet, since: datetime, now: datetime) -> list[list[Point]]:
    """Lines of points. Postpaid: unbilled, one line per period, from zero. Prepaid: one line, the debt.

    `wallet` is annotated at `now`; its live numbers are the last point.
    """
    if wallet.mode == PaymentMode.PREPAID:
        return [_debt(wallet, since, now)]
    return _periods(wallet, since, now)


def _sums(wallet: Wallet, since: datetime, now: datetime) -> list[tuple[date, datetime | None, int]]:
    """(local day, first instant of the period the lines count to or None, sum of the lines)."""
    zone = wallet.time_zone
    summed = _summed(Transaction.objects.all().db, zone, offsets(zone, since, now))
    return [(day, starts_at, total) for day, starts_at, total in summed.rows(wallet=wallet.pk, since=since)]


@lru_cache(maxsize=1000)
def _summed(using: str, zone: str, offsets: Offsets) -> Written:
    of_one = Transaction.objects.using(using).filter(wallet=slot("wallet", Wallet._meta.pk))
    lines = of_one.filter(posted_at__gte=slot("since", DateTimeField()))
    day = LocalDay(F("posted_at"), zone=zone, offsets=offsets)
    grouped = lines.order_by().annotate(day=day).values_list("day", "period_starts_at")
    return Written(grouped.annotate(total=Sum("amount_micros")).order_by("day"), using)


def _debt(wallet: Wallet, since: datetime, now: datetime) -> list[Point]:
    """Backwards from what stands now: the balance at a day's end is today's less what came after."""
    per_day: dict[date, int] = defaultdict(int)
    for day, _, total in _sums(wallet, since, now):
        per_day[day] += total
    balance = wallet.current_balance_micros
    points = [Point(now, max(0, -balance))]
    for day in _days(since, now, wallet.time_zone):
        balance -= per_day[day]
        points.append(Point(max(_midnight(day, wallet.time_zone), since), max(0, -balance)))
    return points[::-1]


def _periods(wallet: Wallet, since: datetime, now: datetime) -> list[list[Point]]:
    used: dict[datetime | None, dict[date, int]] = defaultdict(dict)
    for day, starts_at, total in _sums(wallet, since - LONGEST_PERIOD, now):
        used[starts_at][day] = -total
    lines = [
        _accumulated(used[start], start, end, wallet.time_zone) for start, end in _spans(wallet, since, now)
    ]
    return [kept for line in lines if (kept := [point for point in line if point.at >= since])]


def _spans(wallet: Wallet, since: datetime, now: datetime) -> list[tuple[datetime, datetime]]:
    """The periods since then; one that the clock has ended may not be written down yet."""
    ended = Period.objects.filter(wallet=wallet, ends_at__gt=since).order_by("starts_at")
    spans = list(ended.values_list("starts_at", "ends_at"))
    if wallet.period_starts_at:
        spans.append((wallet.period_starts_at, min(wallet.period_ends_at, now)))
        if wallet.period_ends_at < now:
            spans.append((wallet.period_ends_at, now))
    return spans


def _accumulated(per_day: dict[date, int], start: datetime, end: datetime, zone: str) -> list[Point]:
    points, total = [Point(start, 0)], 0
    for day in reversed(list(_days(start, end, zone))):
        total += per_day.get(day, 0)
        points.append(Point(min(_midnight(day + timedelta(days=1), zone), end), total))
    return points


def _days(since: datetime, until: datetime, zone: str) -> Iterator[date]:
    """Local days from the last to the first."""
    tz = ZoneInfo(zone)
    day, first = until.astimezone(tz).date(), since.astimezone(tz).date()
    while day >= first:
        yield day
        day -= timedelta(days=1)


def _midnight(day: date, zone: str) -> datetime:
    return first_instant(datetime(day.year, day.month, day.day), zone)  # noqa: DTZ001  naive is what it takes
