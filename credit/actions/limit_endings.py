"""Temporary limits that the clock has ended, booked for many wallets at once.

It writes what `settling` writes one wallet at a time; the tests end the same limits both ways. A wallet on which more
has happened (a scheduled limit has begun, a hold has expired, a month has turned) is given back to that way.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import psycopg
from django.db import connection
from django.db.models import F, Value
from django.db.models.functions import Greatest

from credit.actions.books import Now
from credit.actions.settling import CLOCK, HAS_ENDED, TEMPORARY_LIMIT_ENDED, notice_of_end
from credit.actions.writing import insert_rows
from credit.models import CreditLimit, LimitEnding, LimitSlot, Notice, Wallet

# $1 wallets, $2 now. The amount as money.to_words writes it.
_END = f"""
WITH found AS MATERIALIZED (
    SELECT *, coalesce(least(scheduled_starts_at, next_hold_ends_at, period_ends_at) <= t, false) AS has_more
    FROM (
        SELECT *, greatest($2::timestamptz, latest_at) AS t FROM {Wallet._meta.db_table} WHERE id = ANY ($1::bigint[])
    ) AS locked
), w AS MATERIALIZED (
    SELECT * FROM found WHERE temporary_ends_at <= t AND NOT has_more
), history AS (
    UPDATE {CreditLimit._meta.db_table} AS h
    SET ended_at = h.ends_at, ending = '{LimitEnding.EXPIRED}', ended_by_name = '{CLOCK}'
    FROM w WHERE h.wallet_id = w.id AND h.slot = '{LimitSlot.TEMPORARY}' AND h.ended_at IS NULL
    RETURNING h.id AS limit, w.id AS wallet, w.t, w.currency, w.temporary_limit_micros AS micros
), notices AS (
    INSERT INTO {Notice._meta.db_table} (wallet_id, at, kind, limit_id, text)
    SELECT wallet, t, '{TEMPORARY_LIMIT_ENDED}', "limit",
        format('{HAS_ENDED}', to_char(micros / 1000000.0, 'FM999,999,999,999,990.009999'), currency)
    FROM history ORDER BY "limit"
), kept AS (
    UPDATE {Wallet._meta.db_table} AS k SET temporary_limit_micros = NULL, temporary_starts_at = NULL,
        temporary_ends_at = NULL, version = k.version + 1, latest_at = w.t
    FROM w WHERE k.id = w.id
)
SELECT (SELECT count(*) FROM w), ARRAY(SELECT id FROM found WHERE has_more ORDER BY id)
"""  # noqa: S608


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
    locked = Wallet.objects.filter(pk__in=wallet_pks).locked()
    if connection.vendor == "postgresql":
        return _end_by_one_statement(list(locked.values_list("pk", flat=True)), now)
    rows = [Row(*row) for row in locked.values_list(*Row._fields)]
    instant = now() if callable(now) else now
    others = [row.pk for row in rows if _more_has_passed(row, row.at(instant))]
    left = set(others)
    plain = {
        row.pk: row for row in rows if row.pk not in left and _passed(row.temporary_ends_at, row.at(instant))
    }
    _write(plain, instant)
    return Ended(len(plain), others, instant)


def _end_by_one_statement(pks: list[int], now: Now) -> Ended:
    """On rows that are locked: the statement's snapshot sees what was written during the wait."""
    instant = now() if callable(now) else now
    with connection.wrap_database_errors, psycopg.RawCursor(connection.connection) as cursor:
        ((booked, others),) = cursor.execute(_END, [pks, instant], prepare=True).fetchall()
    return Ended(booked, others, instant)


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
