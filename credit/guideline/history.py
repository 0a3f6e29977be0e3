"""The equal spans of a wallet's own history that the guideline rests on (product.md section 8)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from django.db.models import Case, IntegerField, Sum, Value, When
from django.utils.translation import gettext as _

from credit import display, past, periods
from credit.archive import telling
from credit.models import InvoiceLine, Period, Transaction, Wallet
from credit.terms import CHARGES, USAGE, Kind, Scheme

MONTHS = 6
WINDOWS = 6
TOP_UPS = 7
LONGEST_GAP_DAYS = 92


@dataclass(frozen=True)
class Span:
    label: str
    micros: int
    day: str = ""  # its last one, where it is no month


@dataclass(frozen=True)
class History:
    """`spans`: oldest first, whole ones only. `covers`: what a span is, in words. `leaves_out`: what is not in them."""

    spans: Sequence[Span]
    covers: str
    leaves_out: Sequence[str]


def of_months(wallet: Wallet) -> History:
    """Postpaid: whole closed months, from what their invoices say per kind; the ledger is not read."""
    individual = wallet.scheme == Scheme.INDIVIDUAL
    closed = Period.objects.filter(wallet=wallet, closed_at__isnull=False).order_by("-starts_at")
    whole = [period for period in closed[: MONTHS + 1] if _is_whole(period, wallet.time_zone)][:MONTHS]
    sums = dict(
        InvoiceLine.objects.filter(invoice__period__in=whole, kind__in=USAGE if individual else CHARGES)
        .order_by()
        .values_list("invoice")
        .annotate(total=Sum("exact_micros"))
    )
    spans = [
        Span(
            display.short_month(display.local(month.starts_at, wallet.time_zone)),
            int(sums.get(month.invoice_id, 0)),
        )
        for month in reversed(whole)
    ]
    left = [_("the running month"), _("refunds")]
    if individual:
        left.append(_("purchases, which are invoiced at once"))
    return History(spans, _("a month’s usage") if individual else _("a month’s charges"), left)


def _is_whole(period: Period, zone: str) -> bool:
    """From a month's first instant to the next one's; a wallet's first month may have begun later."""
    local = display.local(period.starts_at, zone)
    begins = periods.month_start(local.year, local.month, zone)
    return period.starts_at == begins and period.ends_at == periods.month_end_after(begins, zone)


def of_days(wallet: Wallet, days: int, now: datetime) -> History:
    """Prepaid: back-to-back windows of so many days, the last one ending now."""
    ends = [now - timedelta(days=days * number) for number in range(WINDOWS + 1)]
    told = telling.of(wallet)
    first = max(wallet.created_at, told.before) if told else wallet.created_at
    starts = [start for start in ends[1:] if start >= first]
    sums = _charged(wallet, starts, now) if starts else {}
    spans = [
        _window(start, days, wallet.time_zone, sums.get(number, 0))
        for number, start in reversed(list(enumerate(starts)))
    ]
    words = _("a day’s charges") if days == 1 else _("the charges of %(days)s days") % {"days": days}
    return History(spans, words, [_("refunds"), *([told.words] if told else [])])


def _window(start: datetime, days: int, zone: str, micros: int) -> Span:
    last = display.short_day(display.local(start + timedelta(days=days), zone))
    return Span(_("to %(day)s") % {"day": last}, micros, last)


def _charged(wallet: Wallet, starts: Sequence[datetime], now: datetime) -> dict[int, int]:
    """Micros per window, by its number; the newest is 0. Only the lines since the oldest start are read."""
    windows = [When(posted_at__gte=start, then=Value(number)) for number, start in enumerate(starts)]
    lines = Transaction.objects.filter(
        wallet=wallet,
        sequence__gt=past.last_sequence_by(wallet, starts[-1] - timedelta(microseconds=1)),
        kind__in=CHARGES,
        posted_at__lte=now,
    )
    windowed = lines.order_by().values_list(Case(*windows, output_field=IntegerField()))
    return {number: -int(total) for number, total in windowed.annotate(total=Sum("amount_micros"))}


def days_between_top_ups(wallet: Wallet) -> int | None:
    """The usual gap, from the latest payments; None with fewer than three."""
    payments = Transaction.objects.filter(
        wallet=wallet, counted=False, amount_micros__gt=0, kind=Kind.PAYMENT
    )
    standing = payments.exclude(corrections__kind=Kind.REVERSAL).order_by("-sequence")
    instants = list(standing.values_list("posted_at", flat=True)[:TOP_UPS])
    gaps = [(later - earlier) / timedelta(days=1) for later, earlier in pairwise(instants)]
    return min(max(round(median(gaps)), 1), LONGEST_GAP_DAYS) if len(gaps) > 1 else None
