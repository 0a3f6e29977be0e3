"""The past and the future of a limit: as a timeline, as a plot against use, and as a table."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from django.db.models import Count, DateTimeField, F, Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credit import daily_use, display, plots
from credit.models import CreditLimit, Decline, LimitSlot, Wallet
from credit.terms import PaymentMode
from credit.views import limit_undo
from credit.written_queries import Written, WrittenRows, slot

MOST_LIMITS = 500
SHOWN_LIMITS = 6
SPANS = {
    "30": (gettext_lazy("30 days"), 30),
    "90": (gettext_lazy("3 months"), 92),
    "365": (gettext_lazy("1 year"), 365),
}
DEFAULT_SPAN = "90"
_LONGEST_DAILY_TABLE = 35


# --- the plot ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """A line of the plot's table; limit None is unlimited."""

    day: date
    used_micros: int
    limit_micros: int | None
    is_temporary: bool


@dataclass(frozen=True)
class Plot:
    span: str
    spans: list[tuple[str, str]]
    wide: plots.Drawing
    narrow: plots.Drawing
    title: str
    rows: list[Row]
    use_words: str


def limits_of(wallet: Wallet) -> list[CreditLimit]:
    """The newest first."""
    return _limits(CreditLimit.objects.all().db).found(wallet=wallet.pk)


@cache
def _limits(using: str) -> WrittenRows[CreditLimit]:
    of_one = CreditLimit.objects.using(using).filter(wallet=slot("wallet", Wallet._meta.pk))
    return WrittenRows(of_one.newest_first()[:MOST_LIMITS], using)


def plot(
    wallet: Wallet,
    limits: Sequence[CreditLimit],
    asked: str,
    now: datetime,
    whole_since: datetime | None = None,
) -> Plot:
    """`whole_since`: before it the ledger is in the archive, and nothing is drawn."""
    span = asked if asked in SPANS else DEFAULT_SPAN
    since = now - timedelta(days=SPANS[span][1])
    facts = _facts(wallet, limits, max(since, whole_since or since), now)
    return Plot(
        span=span,
        spans=[(key, words) for key, (words, _) in SPANS.items()],
        wide=plots.draw(facts, 800, 270),
        narrow=plots.draw(facts, 360, 240),
        title=_title(facts),
        rows=_rows(facts),
        use_words=facts.use_words,
    )


def _facts(wallet: Wallet, limits: Sequence[CreditLimit], since: datetime, now: datetime) -> plots.Facts:
    since = max(since, min(wallet.created_at, now - timedelta(days=7)))
    return plots.Facts(
        use=daily_use.read(wallet, since, now),
        permanent=[_span(limit) for limit in reversed(limits) if limit.slot == LimitSlot.PERMANENT],
        temporary=[_span(limit) for limit in reversed(limits) if limit.slot != LimitSlot.PERMANENT],
        declines=_declines(wallet, since, now),
        since=since,
        now=now,
        until=_until(limits, since, now),
        zone=wallet.time_zone,
        use_words=_("Debt") if wallet.mode == PaymentMode.PREPAID else _("Unbilled use"),
    )


def _span(limit: CreditLimit) -> plots.Span:
    ends = [instant for instant in (limit.ended_at, limit.ends_at) if instant]
    return plots.Span(limit.starts_at, min(ends) if ends else None, limit.amount_micros)


def _until(limits: Iterable[CreditLimit], since: datetime, now: datetime) -> datetime:
    """Into the future as far as a temporary limit reaches, but never more than a third of what is shown."""
    shown = now - since
    ends = [
        limit.ends_at for limit in limits if limit.ended_at is None and limit.ends_at and limit.ends_at > now
    ]
    latest = max(ends, default=now) + shown / 30
    return min(max(latest, now + shown / 20), now + shown / 3)


def _declines(wallet: Wallet, since: datetime, now: datetime) -> list[tuple[datetime, int]]:
    """Per day: the latest decline and how many."""
    zone = wallet.time_zone
    counted = _declined(Decline.objects.all().db, zone, daily_use.offsets(zone, since, now))
    return [(latest, count) for latest, count in counted.rows(wallet=wallet.pk, since=since)]


@lru_cache(maxsize=1000)
def _declined(using: str, zone: str, offsets: daily_use.Offsets) -> Written:
    of_one = Decline.objects.using(using).filter(wallet=slot("wallet", Wallet._meta.pk))
    found = of_one.filter(at__gte=slot("since", DateTimeField())).order_by()
    days = found.annotate(day=daily_use.LocalDay(F("at"), zone=zone, offsets=offsets)).values("day")
    counted = days.annotate(latest=Max("at"), count=Count("pk")).order_by("day")
    return Written(counted.values_list("latest", "count"), using)


def _title(facts: plots.Facts) -> str:
    start, end = (display.local(at, facts.zone) for at in (facts.since, facts.until))
    return _("%(use)s against the credit limit, %(first)s to %(last)s.") % {
        "use": facts.use_words,
        "first": display.long_day(start),
        "last": display.long_day(end),
    }


def _rows(facts: plots.Facts) -> list[Row]:
    """One row per day; for a long span one per week."""
    points = [point for line in facts.use for point in line]
    per_day = {
        (point.at - timedelta(microseconds=1)).astimezone(ZoneInfo(facts.zone)).date(): point
        for point in points
    }
    days = sorted(per_day, reverse=True)
    if len(days) > _LONGEST_DAILY_TABLE:
        days = days[::7]
    return [_row(day, per_day[day], facts) for day in days]


def _row(day: date, point: daily_use.Point, facts: plots.Facts) -> Row:
    at = point.at - timedelta(microseconds=1)
    for spans in (facts.temporary, facts.permanent):
        for span in spans:
            if span.since <= at and (span.until is None or at < span.until):
                return Row(day, point.micros, span.micros, spans is facts.temporary)
    return Row(day, point.micros, 0, False)


# --- the timeline -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Entry:
    limit: CreditLimit
    state: str
    when: str
    is_live: bool
    is_temporary: bool
    can_end: bool
    can_remove: bool
    again: str  # the form that sets one that is over once more


@dataclass(frozen=True)
class Timeline:
    entries: list[Entry]
    count: int
    is_whole: bool


def timeline(limits: Sequence[CreditLimit], wallet: Wallet, now: datetime, *, everything: bool) -> Timeline:
    """What is in force or waits first, then the past, newest first."""
    entries = [_entry(limit, wallet, now) for limit in limits]
    entries.sort(key=lambda entry: (not entry.is_live, not entry.is_temporary if entry.is_live else 0))
    shown = entries if everything else entries[:SHOWN_LIMITS]
    return Timeline(shown, len(entries), len(shown) == len(entries))


def _entry(limit: CreditLimit, wallet: Wallet, now: datetime) -> Entry:
    is_live = limit.ended_at is None and (limit.ends_at is None or limit.ends_at > now)
    is_permanent = limit.slot == LimitSlot.PERMANENT
    is_open = is_live and wallet.closed_at is None
    return Entry(
        limit=limit,
        state=_state(limit, wallet, now, is_live),
        when=_when(limit, wallet.time_zone, now),
        is_live=is_live,
        is_temporary=not is_permanent,
        can_end=is_open and not is_permanent,
        can_remove=is_open and is_permanent and wallet.mode == PaymentMode.PREPAID,
        again="" if is_live or wallet.closed_at else limit_undo.again(limit, wallet, now),
    )


def _state(limit: CreditLimit, wallet: Wallet, now: datetime, is_live: bool) -> str:
    """How it ended; a limit that the clock has ended says so before anybody books it."""
    if not is_live:
        return limit.get_ending_display() or _("Expired")
    if limit.slot == LimitSlot.PERMANENT:
        return _("Permanent, waits") if wallet.limit_state == "temporary" else _("Permanent, in force")
    return _("Temporary, in force") if limit.starts_at <= now else _("Temporary, scheduled")


def _when(limit: CreditLimit, zone: str, now: datetime) -> str:
    start = display.day_and_time(limit.starts_at, zone, now)
    end = limit.ended_at or limit.ends_at
    if end is None:
        return _("since %(start)s") % {"start": start}
    return _("%(start)s to %(day_and_time)s%(planned)s") % {
        "start": start,
        "day_and_time": display.day_and_time(end, zone, now),
        "planned": _planned(limit, zone, now),
    }


def _planned(limit: CreditLimit, zone: str, now: datetime) -> str:
    """Where it ended before its time, when that would have been."""
    if limit.ends_at is None or limit.ended_at in (None, limit.ends_at):
        return ""
    return _(", planned until %(day_and_time)s") % {
        "day_and_time": display.day_and_time(limit.ends_at, zone, now)
    }
