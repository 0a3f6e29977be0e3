"""The ledger added up by day and kind, by a job: a report of a month then reads some thousand rows, whatever it holds.

A line is added once nothing can come below its pk any more, as for a seal; so one whose transaction began early and
ends late is never passed over. Nothing that is posted writes here. What has been added never changes: a line is
append-only, and its day is that of the clock its customer had then. Lines of a customer who had already moved to
another time zone are left to the report (`revenue.Moved.afterwards`).
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from credit.actions import sealing
from credit.archive import telling
from credit.models import RevenueDay, RevenueUpTo, Transaction, Wallet
from credit.reports import local_days, revenue
from credit.reports.kinds import of_item

LINES_AT_ONCE = 5000
_KEY = ("day", "currency", "kind", "item", "counted")
_LINE = (
    "pk", "wallet_id", "wallet__currency", "posted_at", "kind", "original__kind", "original__original__kind", "counted",
    "amount_micros",
)  # fmt: skip

Key = tuple[date, str, str, str, bool]


class NotAsPosted(Exception):
    """What has been added up is not what the ledger says."""


def add_up(*, now: datetime) -> Iterator[int]:
    """How many lines were added, one short transaction each."""
    final = sealing.complete_up_to(sealing.REVENUE, now)
    while final is not None and (seen := _next(final, now)):
        yield seen
    if final is not None:
        sealing.look_ahead(sealing.REVENUE, now)


@transaction.atomic
def _next(final: int, now: datetime) -> int:
    RevenueUpTo.objects.get_or_create(pk=1)
    up_to = RevenueUpTo.objects.select_for_update().get(pk=1)
    lines = Transaction.objects.filter(pk__gt=up_to.last_pk, pk__lte=final).order_by("pk")
    batch = list(lines.values(*_LINE)[:LINES_AT_ONCE])
    if batch:
        _add(_sums(batch))
        up_to.last_pk, up_to.added_at = batch[-1]["pk"], now
        up_to.save(update_fields=["last_pk", "added_at"])
    return len(batch)


def _sums(batch: Sequence[dict[str, Any]]) -> dict[Key, tuple[int, int]]:
    """(lines, micros) of each day and kind."""
    wallets = Wallet.objects.filter(pk__in={line["wallet_id"] for line in batch}).only("pk", "time_zone")
    clocks = local_days.clocks(wallets)
    sums: dict[Key, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for line in batch:
        clock, at = clocks[line["wallet_id"]], line["posted_at"]
        if clock.moved_at is not None and at > clock.moved_at:
            continue
        key = (clock.day_of(at), line["wallet__currency"], line["kind"], of_item(line), line["counted"])
        lines, micros = sums[key]
        sums[key] = lines + 1, micros + line["amount_micros"]
    return sums


def _add(sums: dict[Key, tuple[int, int]]) -> None:
    days = [key[0] for key in sums]
    if not days:
        return
    stood = {
        tuple(getattr(row, name) for name in _KEY): (row.lines, row.micros)
        for row in RevenueDay.objects.filter(day__gte=min(days), day__lte=max(days))
    }
    rows = []
    for key, (lines, micros) in sums.items():
        had_lines, had_micros = stood.get(key, (0, 0))
        named = dict(zip(_KEY, key, strict=True))
        rows.append(RevenueDay(**named, lines=had_lines + lines, micros=had_micros + micros))
    RevenueDay.objects.bulk_create(
        rows, batch_size=500, update_conflicts=True, unique_fields=_KEY, update_fields=["lines", "micros"]
    )


def months_to_check(now: datetime) -> list[date]:
    """The month before and the running one, as the portal's clock has it, but for what is in the archive."""
    running = now.astimezone(ZoneInfo(settings.PORTAL_TIME_ZONE)).date().replace(day=1)
    archived = telling.latest()
    months = [(running - timedelta(days=1)).replace(day=1), running]
    return [month for month in months if archived is None or month >= archived[0]]


def check(month: date, *, now: datetime) -> int:
    """How many lines of a month were compared with what has been added up; never repairs a difference.

    NotAsPosted: the ledger says otherwise.
    """
    differs = revenue.differences(month)
    if differs:
        kinds = ", ".join(differs[:10])
        raise NotAsPosted(f"Revenue of {month:%Y-%m} as added up differs from the ledger: {kinds}.")
    RevenueUpTo.objects.filter(pk=1).update(checked_at=now)
    return sum(row.lines for row in revenue.Kept.read(month, revenue.following(month)).rows)
