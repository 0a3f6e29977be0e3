"""Revenue per kind of a month for the general ledger, from the ledger's lines: gross, the tax it contains, and net.

A line belongs to the local month of the customer in which it was posted, a counted one to the month of its period; each
line is in exactly one month, also when a customer has moved to another time zone since. What corrects an item counts to
the item's kind in the month of the correction. So a month's figures add up to its ledger lines, and a month that is
over does not change.

Most of a month lies in it wherever the customer is; only around its first instants the time zone has to be asked.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from typing import Any, NamedTuple

from django.db.models import Count, DateField, Q, QuerySet, Subquery

from credit import taxes
from credit.models import Period, RevenueDay, RevenueUpTo, TaxRate, Transaction, Wallet
from credit.models.sums import WideSum
from credit.reports import local_days
from credit.reports.kinds import OTHER, REVENUE, of_item
from credit.reports.local_days import ZONE, ZONE_CHANGED, IsIn, LocalClock
from credit.terms import Kind
from credit.written_queries import Written, slot

_DAY = timedelta(days=1)
_TICK = timedelta(microseconds=1)


@dataclass
class Row:
    """What the lines about one kind did, in micros; revenue is positive, as is money that came in."""

    kind: str
    lines: int = 0
    own_micros: int = 0
    refunded_micros: int = 0
    credited_micros: int = 0
    reversed_micros: int = 0
    tax_micros: int = 0

    @property
    def label(self) -> str:
        return str(Kind(self.kind).label)

    @property
    def is_revenue(self) -> bool:
        return self.kind in REVENUE

    @property
    def gross_micros(self) -> int:
        return self.own_micros + self.refunded_micros + self.credited_micros + self.reversed_micros

    @property
    def net_micros(self) -> int:
        return self.gross_micros - self.tax_micros


@dataclass
class Revenue:
    """One currency in one month: a row per charge kind, and apart from them what is no revenue."""

    currency: str
    rows: dict[str, Row] = field(default_factory=dict)

    def row(self, kind: str) -> Row:
        return self.rows.setdefault(kind, Row(kind))

    def of(self, kinds: Iterable[str]) -> list[Row]:
        return [self.rows[kind] for kind in kinds if kind in self.rows]

    @property
    def charges(self) -> list[Row]:
        return self.of(REVENUE)

    @property
    def others(self) -> list[Row]:
        return self.of(OTHER)

    @property
    def total(self) -> Row:
        return _sum(self.charges)

    @property
    def ledger_micros(self) -> int:
        """What all lines of the month did to the customers' balances."""
        return sum(row.gross_micros for row in self.others) - self.total.gross_micros

    @property
    def lines(self) -> int:
        return sum(row.lines for row in self.rows.values())


def _sum(rows: Iterable[Row]) -> Row:
    total = Row("total")
    for row in rows:
        total.lines += row.lines
        total.own_micros += row.own_micros
        total.refunded_micros += row.refunded_micros
        total.credited_micros += row.credited_micros
        total.reversed_micros += row.reversed_micros
        total.tax_micros += row.tax_micros
    return total


def of_month(month: date) -> list[Revenue]:
    """By currency code; `month` is its first day."""
    found: dict[str, Revenue] = {}
    rates = taxes.Rates()
    gross: dict[tuple[str, str, int], int] = defaultdict(int)
    moved, zones = Moved.read(), tuple(local_days.zones_in_use())
    kept = Kept.read(month, following(month))
    for part in _parts(month, kept):
        for sums in part.sums(kept.up_to, moved, zones):
            revenue = found.setdefault(sums.currency, Revenue(sums.currency))
            micros = _add(revenue.row(sums.item), sums)
            gross[revenue.currency, sums.item, rates.on(part.taxed_on, sums.item) or 0] += micros
    for (currency, kind, rate), micros in gross.items():
        if kind in REVENUE:
            found[currency].row(kind).tax_micros += taxes.contained(micros, rate, currency)
    return [found[currency] for currency in sorted(found)]


_COLUMNS: dict[str, str] = {
    Kind.REFUND: "refunded_micros",
    Kind.CREDIT_NOTE: "credited_micros",
    Kind.REVERSAL: "reversed_micros",
}


def _add(row: Row, sums: "Sums") -> int:
    micros = -sums.micros if row.kind in REVENUE else sums.micros
    column = _COLUMNS.get(sums.kind, "own_micros")
    setattr(row, column, getattr(row, column) + micros)
    row.lines += sums.lines
    return micros


# --- which lines ------------------------------------------------------------------------------------------------------


class Sums(NamedTuple):
    """Lines of one currency and kind, and of one kind of what they correct; micros as in the ledger."""

    currency: str
    kind: str
    item: str
    lines: int
    micros: int


class KeptDay(NamedTuple):
    """A row of `RevenueDay`."""

    day: date
    counted: bool
    currency: str
    kind: str
    item: str
    lines: int
    micros: int


@dataclass(frozen=True)
class Kept:
    """What a job has added up of some days, and up to which line: the lines after it are asked for themselves."""

    up_to: int
    rows: list[KeptDay]

    @classmethod
    def read(cls, since: date, until: date) -> "Kept":
        """In one statement: rows of one moment and the line of another would count a line twice, or never."""
        found = _kept(RevenueDay.objects.db).rows(since=since, until=until)
        return cls(found[0][-1] if found else 0, [KeptDay(*row[:-1]) for row in found])


@cache
def _kept(using: str) -> Written:
    since, until = slot("since", DateField()), slot("until", DateField())
    days = RevenueDay.objects.using(using).filter(day__gte=since, day__lt=until).order_by()
    up_to = Subquery(RevenueUpTo.objects.values("last_pk")[:1])
    return Written(days.values_list(*KeptDay._fields, up_to), using)


class Span(NamedTuple):
    """Lines of the days from one date until another; the counted ones, the others, or (None) both."""

    since: date
    until: date
    counted: bool | None = None

    def lines(self, moved: "Moved", zones: Iterable[str]) -> QuerySet[Transaction]:
        found = _between(self.since, self.until, moved, zones)
        return found if self.counted is None else found.filter(counted=self.counted)


@dataclass(frozen=True)
class Part:
    """Lines whose tax is that of one day: a month's counted ones, and the others between two days."""

    kept: Iterable[KeptDay]
    span: Span
    taxed_on: date

    def sums(self, up_to: int, moved: "Moved", zones: tuple[str, ...]) -> Iterator[Sums]:
        """Of the days kept, and of the lines that are not in them."""
        yield from _together(self.kept)
        alone, corrections = _rest(Transaction.objects.db, self.span, moved, zones, up_to > 0)
        yield from _of_rows(alone.rows(up_to=up_to), corrections.rows(up_to=up_to))


def _together(days: Iterable[KeptDay]) -> Iterator[Sums]:
    """A month has a thousand rows, and some hundred of different kinds."""
    found: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for _day, _counted, currency, kind, item, lines, micros in days:
        total = found[currency, kind, item]
        total[0] += lines
        total[1] += micros
    for about, (lines, micros) in found.items():
        yield Sums(*about, lines, micros)


@lru_cache(maxsize=50)
def _rest(
    using: str, span: Span, moved: "Moved", zones: tuple[str, ...], is_kept: bool
) -> tuple[Written, Written]:
    """Written once while nobody moves: Django takes as long over the two as over the rest of the page."""
    lines = span.lines(moved, zones).using(using)
    if is_kept:
        lines = lines.filter(Q(pk__gt=slot("up_to", Transaction._meta.pk)) | moved.afterwards())
    alone, corrections = _summed(lines)
    return Written(alone, using), Written(corrections, using)


def sums_of(lines: QuerySet[Transaction]) -> Iterator[Sums]:
    yield from _of_rows(*_summed(lines))


_CORRECTED = ("wallet__currency", "kind", "original__kind", "original__original__kind")


def _summed(lines: QuerySet[Transaction]) -> tuple[QuerySet, QuerySet]:
    """Corrections apart: only they have to look up what they correct."""
    sums = {"number": Count("pk"), "total": WideSum("amount_micros")}
    alone = lines.filter(original=None).order_by().values_list("wallet__currency", "kind")
    corrections = lines.filter(original__isnull=False).order_by().values_list(*_CORRECTED)
    return alone.annotate(**sums), corrections.annotate(**sums)


def _of_rows(alone: Iterable[Any], corrections: Iterable[Any]) -> Iterator[Sums]:
    for currency, kind, number, micros in alone:
        yield Sums(currency, kind, kind, number, micros)
    for *about, number, micros in corrections:
        named = dict(zip(_CORRECTED, about, strict=True))
        yield Sums(named["wallet__currency"], named["kind"], of_item(named), number, micros)


def _parts(month: date, kept: Kept) -> Iterator[Part]:
    """One, or where a rate changes within the month: the counted lines, and the others from change to change."""
    after = following(month)
    changes = TaxRate.objects.filter(valid_from__gt=month, valid_from__lt=after)
    cuts = sorted(set(changes.values_list("valid_from", flat=True)))
    if not cuts:
        yield Part(kept.rows, Span(month, after), after - _DAY)
        return
    yield Part([row for row in kept.rows if row.counted], Span(month, after, counted=True), after - _DAY)
    for since, until in zip([month, *cuts], [*cuts, after], strict=True):
        rows = [row for row in kept.rows if not row.counted and since <= row.day < until]
        yield Part(rows, Span(since, until, counted=False), since)


def differences(month: date) -> list[str]:
    """Which kinds of which currency the ledger sums otherwise than what a job has added up, up to the same line."""
    after, moved = following(month), Moved.read()
    kept = Kept.read(month, after)
    lines = _between(month, after, moved, local_days.zones_in_use())
    lines = lines.filter(pk__lte=kept.up_to).exclude(moved.afterwards())
    balance: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for sign, found in ((1, _together(kept.rows)), (-1, sums_of(lines))):
        for sums in found:
            row = balance[sums.currency, sums.kind, sums.item]
            row[0], row[1] = row[0] + sign * sums.lines, row[1] + sign * sums.micros
    return sorted(f"{key[0]} {key[1]} ({key[2]})" for key, row in balance.items() if any(row))


def following(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


def lines_of_month(month: date) -> QuerySet[Transaction]:
    return _between(month, following(month), Moved.read(), local_days.zones_in_use())


def _between(since: date, until: date, moved: "Moved", zones: Iterable[str]) -> QuerySet[Transaction]:
    """By the index of instants: a day more on both sides, of which the time zones keep what is theirs."""
    first, last = _utc(since - _DAY), _utc(until + _DAY)
    near = Transaction.objects.filter(posted_at__gte=first, posted_at__lt=last)
    inside = Q(posted_at__gte=_utc(since + _DAY), posted_at__lt=_utc(until - _DAY))
    return near.filter(inside | _by_zone(since, until, moved, zones) | moved.lines(since, until))


def _utc(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _by_zone(since: date, until: date, moved: "Moved", zones: Iterable[str]) -> Q:
    spans: dict[tuple[datetime, datetime], list[str]] = defaultdict(list)
    for zone in zones:
        clock = LocalClock(((None, zone),))
        spans[clock.begins(since), clock.begins(until)].append(zone)
    found = Q(pk__in=[])
    for (begins, ends), theirs in spans.items():
        found |= Q(IsIn(ZONE, theirs), posted_at__gte=begins, posted_at__lt=ends)
    return found & ~Q(wallet__in=[pk for pk, _clock in moved.clocks]) if moved.clocks else found


@dataclass(frozen=True)
class Moved:
    """Wallets whose customer has moved to another time zone: few, so each is asked for by its own days."""

    clocks: tuple[tuple[int, LocalClock], ...]
    periods: tuple[tuple[int, tuple[tuple[datetime, datetime], ...]], ...]

    @classmethod
    def read(cls) -> "Moved":
        wallets = list(Wallet.objects.filter(changes__verb=ZONE_CHANGED).distinct())
        periods: dict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
        for pk, starts_at, ends_at in Period.objects.filter(wallet__in=wallets).values_list(
            "wallet_id", "starts_at", "ends_at"
        ):
            periods[pk].append((starts_at, ends_at))
        for wallet in wallets:
            if wallet.period_starts_at and wallet.period_ends_at:
                periods[wallet.pk].append((wallet.period_starts_at, wallet.period_ends_at))
        of_each = tuple((pk, tuple(sorted(spans))) for pk, spans in sorted(periods.items()))
        return cls(tuple(sorted(local_days.clocks(wallets).items())), of_each)

    def afterwards(self) -> Q:
        """Lines posted after a move: they belong to the month of a period whose end may still change."""
        found = Q(pk__in=[])
        for pk, clock in self.clocks:
            if clock.moved_at is not None:
                found |= Q(wallet=pk, posted_at__gt=clock.moved_at)
        return found

    def lines(self, since: date, until: date) -> Q:
        found = Q(pk__in=[])
        for pk, clock in self.clocks:
            posted = Q(counted=False, posted_at__gte=clock.begins(since), posted_at__lt=clock.begins(until))
            counted = Q(counted=True, period_starts_at__in=self._periods(pk, clock, since, until))
            found |= Q(wallet=pk) & (posted | counted)
        return found

    def _periods(self, pk: int, clock: LocalClock, since: date, until: date) -> list[datetime]:
        """Those whose last day is in the span, on the clock by which their end was found: that of their beginning."""
        return [
            starts_at
            for starts_at, ends_at in dict(self.periods).get(pk, ())
            if since <= LocalClock(((None, clock.zone_at(starts_at)),)).day_of(ends_at - _TICK) < until
        ]
