"""Keeps the copy that lists pick their rows by (models/wallet_copy.py) close behind the wallets.

A charge pays nothing for it. On PostgreSQL every row says which transaction wrote it, so one scan finds all that
changed since the last look, whatever changed them; the clock's own changes are found by the instants on the row.
SQLite has no such mark: there every wallet is worked out anew, and written where it differs. Nothing is decided by a
copy.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Max
from django.db.models.expressions import RawSQL

from credit import facets
from credit.list_orders import MOVING
from credit.models import CopyState, Wallet, WalletCopy
from credit.models.wallet import WalletQuerySet

CHUNK = 10_000  # wallets in one statement
LEAST_RESERVED = 2**31  # PostgreSQL compares transactions over half of their numbers only

_COLUMNS = ("facet", "name", "public_id", "organization_id", *(order.column for order in MOVING.values()))
_NAMES = {name for order in MOVING.values() for name in order.names}
_RULE_NAMES = sorted(_NAMES.union(*facets.RULE_NAMES.values()))
_SNAPSHOT = """
    SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint, pg_snapshot_xmax(pg_current_snapshot())::text::bigint
"""
_PASSED = "{0} > %(since)s AND {0} <= %(now)s"
_SOON = "{0} > %(soon_since)s AND {0} <= %(soon)s"
_ENDS = ("temporary_ends_at", "scheduled_starts_at", "scheduled_ends_at")
# Whose row was written by a transaction that the last look did not see, or whose numbers the clock has changed since.
_CHANGED = " OR ".join(
    [
        "SELECT id FROM credit_wallet WHERE age(xmin) <= age((%(snapshot)s %% 4294967296)::text::xid)",
        "next_hold_ends_at <= %(now)s",  # until it is booked, the next hold after it has no mark of its own
        *[_PASSED.format(column) for column in ("period_ends_at", "temporary_starts_at", *_ENDS)],
        *[_SOON.format(column) for column in _ENDS],
    ]
)


def refresh(*, now: Callable[[], datetime]) -> Iterator[dict[str, int]]:
    """Counts of copies written, chunk by chunk; the state follows when all of them are."""
    taken_at = now()
    state = CopyState.objects.first()
    snapshot = _snapshot(state)
    for chunk in _due(state, snapshot, taken_at):
        yield {"wallets": copy(chunk, now())}
    counts = WalletCopy.objects.order_by().values_list("facet").annotate(Count("pk"))
    CopyState.objects.update_or_create(
        pk=1,
        defaults={
            "taken_at": taken_at,
            "layout": facets.LAYOUT,
            "snapshot": snapshot and snapshot[0],
            "facets": dict(counts),
        },
    )


def copy(which: WalletQuerySet, now: datetime) -> int:
    """How many copies differed and were written anew, in one statement."""
    values, params = _worked_out(which, now).query.sql_with_params()
    columns = ", ".join(_COLUMNS)
    written = ", ".join(f"{column} = excluded.{column}" for column in _COLUMNS)
    differs = "IS DISTINCT FROM" if connection.vendor == "postgresql" else "IS NOT"
    other = " OR ".join(f"credit_walletcopy.{column} {differs} excluded.{column}" for column in _COLUMNS)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO credit_walletcopy (wallet_id, {columns}) {values} "
            f"ON CONFLICT (wallet_id) DO UPDATE SET {written} WHERE {other}",
            params,
        )
        return int(cursor.rowcount)


def _worked_out(which: WalletQuerySet, now: datetime) -> Any:
    orders = {f"copied_{order.column}": order.value() for order in MOVING.values()}
    wallets = which.at(now, *_RULE_NAMES).annotate(copied_facet=facets.facet(now), **orders).order_by("pk")
    return wallets.values_list(
        "pk", "copied_facet", "organization__search_name", "wallet_id", "organization_id", *orders
    )


def _snapshot(state: CopyState | None) -> tuple[int, int] | None:
    """The first transaction that may not be seen yet, and the first that has not begun; None on SQLite."""
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute(_SNAPSHOT)
        first, after = cursor.fetchone()
    return int(first), int(after)


def _due(
    state: CopyState | None, snapshot: tuple[int, int] | None, now: datetime
) -> Iterator[WalletQuerySet]:
    if state is None or snapshot is None or not _continues(state, snapshot):
        return _all()
    return _changed(state, now)


def _continues(state: CopyState, snapshot: tuple[int, int]) -> bool:
    """Not after another server, or another layout, has written the state; and not half a life of numbers later."""
    return (
        state.layout == facets.LAYOUT
        and state.snapshot is not None
        and state.snapshot <= snapshot[0] < state.snapshot + LEAST_RESERVED
    )


def _all() -> Iterator[WalletQuerySet]:
    last = Wallet.objects.aggregate(last=Max("pk"))["last"] or 0
    for first in range(1, last + 1, CHUNK):
        yield Wallet.objects.filter(pk__range=(first, first + CHUNK - 1))


def _changed(state: CopyState, now: datetime) -> Iterator[WalletQuerySet]:
    since = state.taken_at
    times = {
        "now": now,
        "since": since,
        "soon": now + facets.ENDING_SOON,
        "soon_since": since + facets.ENDING_SOON,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CHANGED, {"snapshot": state.snapshot, **times})
        pks = sorted(pk for (pk,) in cursor.fetchall())
    for first in range(0, len(pks), CHUNK):
        yield _of(pks[first : first + CHUNK])


def _of(pks: Sequence[int]) -> WalletQuerySet:
    return Wallet.objects.filter(pk__in=RawSQL("SELECT unnest(%s::bigint[])", [list(pks)]))
