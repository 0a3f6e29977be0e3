"""Which invoices are overdue, on the customer's own calendar, and who goes on spending meanwhile."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import (
    BooleanField,
    Case,
    CharField,
    Count,
    DateField,
    DateTimeField,
    F,
    Func,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from credit import display
from credit.copies import among, as_one
from credit.models import Invoice, InvoiceKind, Period, Transaction, Wallet
from credit.reports.local_days import IsIn
from credit.terms import CHARGES
from credit.written_queries import Written, slot
from organizations.models import known_time_zones

SHORT, LONG = timedelta(days=7), timedelta(days=30)
OPEN_MICROS = F("total_micros") - F("paid_micros")


def _of_wallet(column: str) -> Subquery:
    """Of an invoice's wallet, looked up by its pk: for a join the whole table of wallets was read."""
    return Subquery(Wallet.objects.filter(pk=OuterRef("wallet_id")).order_by().values(column))


ZONE, MODE = _of_wallet("time_zone"), _of_wallet("mode")


@dataclass(frozen=True)
class Today:
    """The local dates of all time zones at one instant: never more than three."""

    usual: date
    elsewhere: dict[date, list[str]]

    def of(self, zone: str) -> date:
        return next((day for day, zones in self.elsewhere.items() if zone in zones), self.usual)

    @property
    def earliest(self) -> date:
        return min([self.usual, *self.elsewhere])

    @property
    def latest(self) -> date:
        return max([self.usual, *self.elsewhere])

    def expression(self, most: Iterable[int]) -> Case:
        """The date where an invoice's wallet is, as far as it decides whether it is more than so many days late."""
        near = [
            self.earliest - timedelta(days=days - after)
            for days in most
            for after in range((self.latest - self.earliest).days)
        ]
        whens = [
            When(Q(due_on__in=near) & Q(IsIn(ZONE, zones)), then=Value(day, DateField()))
            for day, zones in self.elsewhere.items()
        ]
        return Case(*whens, default=Value(self.usual, DateField()), output_field=DateField())

    def more_than(self, days: int, column: str = "due_on") -> Q:
        """Later than so many days after the date in a column; of an invoice's wallet only where the zone decides."""
        before = {day: day - timedelta(days=days) for day in [self.usual, *self.elsewhere]}
        late = Q(**{f"{column}__lt": before[self.earliest]})
        if self.usual > self.earliest:
            abroad = [zone for zones in self.elsewhere.values() for zone in zones]
            late |= Q(**{f"{column}__lt": before[self.usual]}) & ~Q(IsIn(ZONE, abroad))
        for day, zones in self.elsewhere.items():
            if day > self.earliest:
                late |= Q(**{f"{column}__lt": before[day]}) & Q(IsIn(ZONE, zones))
        return late


def today(now: datetime) -> Today:
    return _today(quarter(now))


def quarter(now: datetime) -> datetime:
    """Clocks reach midnight, and are turned, on quarters of an hour: until the next one the dates stay."""
    return now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0)


@lru_cache(maxsize=100)
def _today(now: datetime) -> Today:
    zones = defaultdict(list)
    for zone in sorted(known_time_zones()):
        zones[now.astimezone(ZoneInfo(zone)).date()].append(zone)
    usual = max(zones, key=lambda day: len(zones[day]))
    return Today(usual, {day: zones[day] for day in sorted(zones) if day != usual})


def open_invoices() -> QuerySet[Invoice]:
    """Those that count: internal statements only where a setting says so (product.md section 1)."""
    found = Invoice.objects.open()
    return found if settings.CREDIT_STATEMENT_COUNTS_AS_OVERDUE else found.exclude(kind=InvoiceKind.STATEMENT)


def late(now: datetime, days: int = 0) -> QuerySet[Invoice]:
    """Open for more than so many days after their due date. By the index of due dates."""
    there = today(now)
    return open_invoices().filter(there.more_than(days), due_on__lt=there.latest - timedelta(days=days))


@dataclass(frozen=True)
class Overdue:
    """Of one wallet. `days`: how late the oldest is, on its own calendar."""

    micros: int
    days: int


def of_wallet(wallet: Wallet, now: datetime) -> Overdue | None:
    today_there = now.astimezone(ZoneInfo(wallet.time_zone)).date()
    found = (
        Invoice.objects.overdue(today_there)
        .filter(wallet=wallet)
        .order_by()
        .aggregate(micros=Sum(OPEN_MICROS), oldest=Min("due_on"))
    )
    return Overdue(found["micros"], (today_there - found["oldest"]).days) if found["oldest"] else None


# --- who is overdue ---------------------------------------------------------------------------------------------------


class IsOnALaterDay(Func):
    """(instant, zone, date): whether the instant lies on a later day than the date, on that zone's calendar."""

    arity = 3
    output_field = BooleanField()

    def as_postgresql(self, compiler, connection, **extra):
        return self._written(compiler, "({at} AT TIME ZONE {zone})::date > {day}")

    def as_sqlite(self, compiler, connection, **extra):
        # Clocks are at most 14 hours from UTC: only about the day itself is the time zone asked, a call into Python,
        # which would take the sign in a name such as Etc/GMT+12 for an offset to add.
        template = (
            "CASE WHEN {at} < {day} THEN 0 WHEN {at} >= date({day}, '+2 days') THEN 1"
            " WHEN substr({zone}, 1, 8) = 'Etc/GMT+'"
            " THEN date(substr({at}, 1, 19), '-' || substr({zone}, 9) || ' hours') > {day}"
            " WHEN substr({zone}, 1, 8) = 'Etc/GMT-'"
            " THEN date(substr({at}, 1, 19), '+' || substr({zone}, 9) || ' hours') > {day}"
            " ELSE django_datetime_cast_date({at}, {zone}, 'UTC') > {day} END"
        )
        return self._written(compiler, template)

    def _written(self, compiler, template):
        names = ("at", "zone", "day")
        parts = dict(zip(names, map(compiler.compile, self.get_source_expressions()), strict=True))
        used = re.findall(r"{(\w+)}", template)
        sql = template.format(**{name: text for name, (text, _) in parts.items()})
        return sql, [value for name in used for value in parts[name][1]]


def debtors(now: datetime, *, still_spending: bool = False) -> QuerySet:
    """A row per wallet: wallet_id, overdue_micros, oldest_due_on, invoices, and oldest_due as text to sort by."""
    rows = (
        late(now)
        .order_by()
        .values("wallet_id")
        .annotate(
            overdue_micros=Sum(OPEN_MICROS),
            oldest_due_on=Min("due_on"),
            oldest_due=Cast(Min("due_on"), CharField()),
            invoices=Count("pk"),
        )
    )
    if not still_spending:
        return rows
    charged = Transaction.objects.filter(wallet=OuterRef("wallet_id"), kind__in=CHARGES).newest_first()
    last = Subquery(charged.values("posted_at")[:1])
    return rows.filter(IsOnALaterDay(last, ZONE, F("oldest_due_on")))


@dataclass(frozen=True)
class Spent:
    """Micros charged lately, corrections not taken off, and when last."""

    short_micros: int = 0
    long_micros: int = 0


def spent_by(wallets: Sequence[Wallet], now: datetime) -> dict[int, Spent]:
    """By the wallet's pk, for the rows of one page."""
    if not wallets:
        return {}
    lines = _from_each_on(_sequences_at(wallets, now - LONG))
    charged = Transaction.objects.filter(lines, kind__in=CHARGES, posted_at__gt=now - LONG).order_by()
    sums = charged.values("wallet_id").annotate(
        long=-Sum("amount_micros"), short=-Sum("amount_micros", filter=Q(posted_at__gt=now - SHORT))
    )
    return {row["wallet_id"]: Spent(row["short"] or 0, row["long"]) for row in sums}


def _from_each_on(sequences: dict[int, int]) -> RawSQL:
    """Lines of some wallets, of each from a sequence on; written out, as building 60 conditions cost 5 ms a page."""
    one = '("credit_transaction"."wallet_id" = %s AND "credit_transaction"."sequence" >= %s)'
    wanted = [number for wallet_and_sequence in sequences.items() for number in wallet_and_sequence]
    return RawSQL(" OR ".join([one] * len(sequences)), wanted, BooleanField())  # noqa: S611  marks and numbers


def _sequences_at(wallets: Sequence[Wallet], instant: datetime) -> dict[int, int]:
    """Where to begin reading, so that years before the instant are not read: the first line of its period."""
    using = Period.objects.all().db
    pks = as_one([wallet.pk for wallet in wallets], using)
    first: dict[int, int] = dict(_periods_at(using).rows(instant=instant, pks=pks))
    for wallet in wallets:
        runs = wallet.period_starts_at is not None and wallet.period_starts_at <= instant
        first.setdefault(wallet.pk, wallet.period_first_sequence if runs else 1)
    return first


@cache
def _periods_at(using: str) -> Written:
    instant: Any = slot("instant", DateTimeField())
    periods = Period.objects.using(using).filter(starts_at__lte=instant, ends_at__gt=instant)
    of_wallets = periods.filter(wallet__in=among(slot("pks"), using)).order_by()
    return Written(of_wallets.values_list("wallet_id", "first_sequence"), using)


# --- who would be suspended -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Candidate:
    """An organization that will be suspended on a day unless it pays."""

    name: str
    uuid: str
    wallet_id: str
    oldest_due_on: date
    on: date
    is_due: bool

    @property
    def on_words(self) -> str:
        return _("with the next run") if self.is_due else _("on %(day)s") % {"day": display.weekday(self.on)}


def not_yet_suspended_for(invoices: QuerySet[Invoice]) -> QuerySet[Invoice]:
    return invoices.filter(overdue_suspension=None)


def next_suspensions(now: datetime, count: int) -> list[Candidate]:
    """The next ones, the first due first; none where the setting never suspends."""
    days = settings.CREDIT_SUSPEND_AFTER_OVERDUE_DAYS
    if not days:
        return []
    about = [f"wallet__organization__{name}" for name in ("name", "uuid", "time_zone")]
    active = not_yet_suspended_for(late(now)).filter(wallet__organization__status="active")
    # Along the index of due dates, some more than are shown: a customer may have several.
    rows = active.order_by("due_on", "pk").values("due_on", "wallet__wallet_id", *about)[: 40 * count]
    first = {row["wallet__organization__uuid"]: row for row in reversed(list(rows))}
    soonest = sorted(first.values(), key=lambda row: row["due_on"])[:count]
    return [_candidate(row, row["due_on"] + timedelta(days=days + 1), today(now)) for row in soonest]


def _candidate(row: dict[str, Any], on: date, there: Today) -> Candidate:
    return Candidate(
        name=row["wallet__organization__name"],
        uuid=str(row["wallet__organization__uuid"]),
        wallet_id=row["wallet__wallet_id"],
        oldest_due_on=row["due_on"],
        on=on,
        is_due=on <= there.of(row["wallet__organization__time_zone"]),
    )
