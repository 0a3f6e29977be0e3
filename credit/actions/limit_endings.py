"""Temporary limits that the clock has ended, booked for many wallets at once.

It writes what `settling` writes one wallet at a time; the tests end the same limits both ways. A wallet on which more
has happened (a scheduled limit has begun, a hold has expired, a month has turned) is given back to that way.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db.models import F, Value
from django.db.models.functions import Greatest

from credit.actions.books import Now
from credit.actions.settling import CLOCK, notice_of_end
from credit.actions.writing import insert_rows
from credit.models import CreditLimit, LimitEnding, LimitSlot, Wallet


class Row(NamedTuple):
    """What of a wallet's row says whether its temporary limit is all that has ended."""

    pk: int
    currency: str
    latest_at: datetime
    temporary_limit_micros: int
    temporary_ends_at: datetime | None
    scheduled_starts_at: datetime | None
    next_hold_ends_at: datetime | None
    period_ends_at: datetime | None

    def at(self, now: datetime) -> datetime:
        return max(now, self.latest_at)


class Ended(NamedTuple):
    """How many were booked, the wallets that need more than that, and the instant, read once all were locked."""

    booked: int
    others: list[int]
    instant: datetime


def end_at_once(wallet_pks: Sequence[int], now: Now) -> Ended:
    """Inside the caller's transaction, which then holds the locks of all the wallets."""
    locked = Wallet.objects.filter(pk__in=wallet_pks).locked().values_list(*Row._fields)
    rows = [Row(*row) for row in locked]
    instant = now() if callable(now) else now
    others = [row.pk for row in rows if _more_has_passed(row, row.at(instant))]
    left = set(others)
    plain = {
        row.pk: row for row in rows if row.pk not in left and _passed(row.temporary_ends_at, row.at(instant))
    }
    _write(plain, instant)
    return Ended(len(plain), others, instant)


def _passed(end: datetime | None, t: datetime) -> bool:
    return end is not None and end <= t


def _more_has_passed(row: Row, t: datetime) -> bool:
    return any(
        _passed(end, t) for end in (row.scheduled_starts_at, row.next_hold_ends_at, row.period_ends_at)
    )


def _write(rows: dict[int, Row], instant: datetime) -> None:
    if not rows:
        return
    history = CreditLimit.objects.open().filter(wallet__in=rows, slot=LimitSlot.TEMPORARY)
    insert_rows(
        [
            notice_of_end(
                wallet,
                limit,
                rows[wallet].temporary_limit_micros,
                rows[wallet].currency,
                rows[wallet].at(instant),
            )
            for limit, wallet in history.order_by("pk").values_list("pk", "wallet_id")
        ]
    )
    history.update(ended_at=F("ends_at"), ending=LimitEnding.EXPIRED, ended_by_name=CLOCK)
    Wallet.objects.filter(pk__in=rows).update(
        temporary_limit_micros=None,
        temporary_starts_at=None,
        temporary_ends_at=None,
        version=F("version") + 1,
        latest_at=Greatest("latest_at", Value(instant)),
    )
