"""What customers may use, have used and owe, by currency and state: one pass over the wallets, by the one rule."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count

from credit.models import Exposure, ExposureLine, Wallet
from credit.models.sums import WideSum
from credit.terms import LimitState

STATES = ("mode", "standing", "limit_state")
SUMS = {
    "limits": "effective_limit_micros",
    "used": "used_micros",
    "unbilled": "live_unbilled_micros",
    "due": "due_micros",
}
# The job counts every five minutes; what is older than this is shown, and said to be late.
FRESH = timedelta(minutes=15)
FEW = 2000  # wallets that a page may count itself


def count(now: datetime) -> list[tuple[Exposure, list[ExposureLine]]]:
    """Every open wallet at the instant, by currency code, as rows that nobody has written yet.

    Reads the whole table once: for a job, or where there are few wallets.
    """
    wallets = Wallet.objects.filter(closed_at=None).at(now, "standing", "limit_state", *SUMS.values())
    rows = wallets.order_by().values("currency", *STATES)
    sums = {name: WideSum(rule) for name, rule in SUMS.items()}
    lines: dict[str, list[ExposureLine]] = defaultdict(list)
    for row in rows.annotate(wallets=Count("pk"), **sums).order_by("currency", *STATES):
        lines[row.pop("currency")].append(_line(row))
    return [(total(code, found, now), found) for code, found in lines.items()]


def _line(row: dict[str, Any]) -> ExposureLine:
    return ExposureLine(**{f"{name}_micros" if name in SUMS else name: value for name, value in row.items()})


def total(currency: str, lines: Sequence[ExposureLine], now: datetime) -> Exposure:
    """The lines of one currency together."""
    unlimited = [line for line in lines if line.limit_state == LimitState.UNLIMITED]
    sums = {f"{name}_micros": sum(getattr(line, f"{name}_micros") for line in lines) for name in SUMS}
    return Exposure(
        day=day_of(now),
        currency=currency,
        taken_at=now,
        wallets=sum(line.wallets for line in lines),
        unlimited_wallets=sum(line.wallets for line in unlimited),
        unlimited_used_micros=sum(line.used_micros for line in unlimited),
        **sums,
    )


def day_of(now: datetime) -> date:
    """A day of the portal's own time zone: exposure is the provider's view, not a customer's."""
    return now.astimezone(ZoneInfo(settings.PORTAL_TIME_ZONE)).date()


# --- what a page reads ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Counted:
    """The newest exposure of each currency; `taken_at` None: nothing was counted yet."""

    exposures: list[Exposure] = field(default_factory=list)
    taken_at: datetime | None = None
    is_late: bool = False
    lines: dict[str, list[ExposureLine]] = field(default_factory=dict)

    def lines_of(self, exposure: Exposure) -> list[ExposureLine]:
        return self.lines[exposure.currency] if self.lines else list(exposure.lines.all())


def newest(now: datetime) -> Counted:
    """What the job has counted last; where it has not, and wallets are few, they are counted now."""
    newest_day = Exposure.objects.order_by("-day").values("day")[:1]
    found = list(Exposure.objects.filter(day=newest_day).order_by("currency"))
    taken_at = max((each.taken_at for each in found), default=None)
    is_late = taken_at is None or now - taken_at > FRESH
    if is_late and _are_few():
        return _live(now)
    return Counted(found, taken_at, is_late)


def _are_few() -> bool:
    return Wallet.objects.order_by().values("pk")[: FEW + 1].count() <= FEW


def _live(now: datetime) -> Counted:
    counted = count(now)
    return Counted(
        [each for each, _ in counted], now, lines={each.currency: lines for each, lines in counted}
    )


def history(currency: str, since: date, until: date, most: int = 400) -> list[Exposure]:
    """The days that were counted, the first one first; of a longer span every so many days, back from the last."""
    every = -(-((until - since).days + 1) // most)
    days = [until - timedelta(days=back) for back in range(0, (until - since).days + 1, every)]
    return list(Exposure.objects.filter(currency=currency, day__in=days).order_by("day"))
