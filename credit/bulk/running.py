"""Doing the rows of a bulk change. A row and what it did are one transaction: whoever goes on after a kill finds each
row either done and saying so, or not begun."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from credit.actions import limits_together, requests
from credit.actions.books import opened
from credit.actions.changes import refuse_if_changed
from credit.actions.limit_plans import Wish, as_settled
from credit.actions.refusals import NotDone, require
from credit.actions.writing import update_rows
from credit.actors import Actor
from credit.bulk import steps
from credit.bulk.planning import refuse
from credit.languages import Said as _
from credit.models import BulkChange, BulkRow, BulkState, RowState, Wallet

CHUNK = 25
# Their wallets stay locked until the last one is saved: some 0.2 s, and charges on them wait as long (ADR 46).
MOST_TOGETHER = 200
_WRITTEN = [
    "state", "done_at", "stood", "version_after", "limit", "request", "reason_code", "field", "message",
]  # fmt: skip

Clock = Callable[[], datetime]
Hold = Callable[[], None]


class _NotAll(Exception):
    """All or nothing, and not all."""


def run_chunk(change: BulkChange, *, hold: Hold, by: Actor, now: Clock) -> bool:
    """The next rows, each in a transaction of its own; False when none is left and the bulk change is done."""
    with transaction.atomic():
        hold()
        pks = list(to_run(change).values_list("pk", flat=True)[:CHUNK])
        if not pks:
            _finish(change, BulkState.DONE, now)
            return False
    for pk in pks:
        _run_alone(pk, change, by, now)
    return True


def to_run(change: BulkChange) -> QuerySet[BulkRow]:
    """The rows that a yes is about: those that are ready, and where it was asked for, those above the authority."""
    return change.rows.filter(state__in=_states_to_run(change))


def _states_to_run(change: BulkChange) -> list[str]:
    return [RowState.PLANNED, RowState.ABOVE] if change.asks else [RowState.PLANNED]


def _run_alone(pk: int, change: BulkChange, by: Actor, now: Clock) -> None:
    with transaction.atomic():
        row = (
            BulkRow.objects.select_for_update(of=("self",))
            .select_related("reverses", "bulk_change")
            .get(pk=pk)
        )
        if row.state not in _states_to_run(change):
            return  # another run was faster
        try:
            with transaction.atomic():
                _do(row, change, by, now)
        except NotDone as refusal:
            _refuse(row, refusal)
        row.save(update_fields=_WRITTEN)


def run_together(change: BulkChange, *, hold: Hold, by: Actor, now: Clock) -> None:
    """All rows in one transaction. If one is refused nothing is changed, and every refused row is named."""
    refusals: dict[int, NotDone] = {}
    try:
        with transaction.atomic():
            hold()
            _do_all(change, refusals, by, now)
            _finish(change, BulkState.DONE, now)
    except _NotAll:
        with transaction.atomic():
            hold()
            _name(change, refusals)
            change.error = _("Nothing was changed: %(refused)s of %(rows)s rows were refused.") % {
                "refused": len(refusals),
                "rows": change.rows_count,
            }
            _finish(change, BulkState.FAILED, now)


def _do_all(change: BulkChange, refusals: dict[int, NotDone], by: Actor, now: Clock) -> None:
    """By wallet, in the order in which everybody locks them: new limits at once, what else there is one by one."""
    rows = list(to_run(change).select_related("reverses", "bulk_change").order_by("wallet_id"))
    wallets = {one.pk: one for one in Wallet.objects.filter(pk__in=[row.wallet_id for row in rows]).locked()}
    wishes = {row.pk: wish for row in rows if (wish := _wish_of(row, change, wallets, now))}
    for row in rows:
        if row.pk not in wishes:
            try:
                with transaction.atomic():
                    _do(row, change, by, now)
            except NotDone as refusal:
                refusals[row.pk] = refusal
    _set_at_once([row for row in rows if row.pk in wishes], wishes, refusals, by, now)
    if refusals:
        raise _NotAll
    update_rows(rows, _WRITTEN)


def _wish_of(
    row: BulkRow, change: BulkChange, wallets: dict[int, Wallet], now: Clock
) -> limits_together.Wished | None:
    """Where all that a row does is to set one limit that is its person's to set. Notes what stood before."""
    wallet = wallets[row.wallet_id or 0]
    if row.state == RowState.ABOVE:
        return None
    at = max(now(), wallet.latest_at)
    settled = as_settled(wallet, at)
    row.stood = steps.standing_limits(settled)
    to_do = steps.steps_of(change.verb, row, settled, at)
    if [step.verb for step in to_do] != [steps.SET]:
        return None
    confirmed = change.harms_confirmed and bool(row.harms)
    return limits_together.Wished(
        wallet.pk, Wish(**to_do[0].wish), row.version, confirmed, **_told(row, change)
    )


def _set_at_once(
    rows: list[BulkRow], wishes: dict[int, limits_together.Wished], refusals: dict[int, NotDone],
    by: Actor, now: Clock,
) -> None:  # fmt: skip
    try:
        limits = limits_together.set_limits(wishes=list(wishes.values()), by=by, now=now) if wishes else {}
    except limits_together.NotAll as not_all:
        refusals |= {
            row.pk: not_all.refusals[row.wallet_id or 0] for row in rows if row.wallet_id in not_all.refusals
        }
        return
    except NotDone as refusal:  # the right is gone: it was the same for every row
        refusals |= {row.pk: refusal for row in rows}
        return
    for row in rows:
        row.limit = limits[row.wallet_id or 0]
        row.version_after = row.limit.wallet.version
        row.state, row.done_at = RowState.DONE, row.limit.recorded_at


def _do(row: BulkRow, change: BulkChange, by: Actor, now: Clock) -> None:
    assert row.wallet_id is not None  # a row without a wallet is a problem and never ready
    wallet = Wallet.objects.locked().get(pk=row.wallet_id)
    at = max(now(), wallet.latest_at)
    settled = as_settled(wallet, at)
    row.stood = steps.standing_limits(settled)
    to_do = steps.steps_of(change.verb, row, settled, at)
    if not to_do:
        row.state, row.message = RowState.UNCHANGED, _("It stands so already.")
        row.reason_code = row.field = ""
        return
    if row.state == RowState.ABOVE and _asked_for(row, change, to_do, wallet, by, now):
        return
    row.limit = steps.do(
        to_do,
        wallet,
        version=row.version,
        confirmed=change.harms_confirmed and bool(row.harms),
        told=_told(row, change),
        by=by,
        now=now,
    )
    row.version_after = Wallet.objects.values_list("version", flat=True).get(pk=row.wallet_id)
    row.state, row.done_at = RowState.DONE, at
    row.reason_code = row.field = row.message = ""


def _asked_for(
    row: BulkRow, change: BulkChange, to_do: list[steps.Step], wallet: Wallet, by: Actor, now: Clock
) -> bool:
    """Makes a request of the row; False where the authority covers it by now."""
    require(by, "credit.set_credit_limit", "set credit limits")
    with opened([wallet.pk], by=by, now=now) as books:
        refuse_if_changed(books[wallet], row.version)
        at = books[wallet].at
    beyond = steps.wanted_beyond(row, to_do, wallet, by, at)
    if beyond is None:
        return False
    row.request = requests.ask(beyond=beyond, **_told(row, change), by=by, now=now)
    row.state, row.reason_code, row.field, row.message = RowState.ASKED, "", "", ""
    return True


def _told(row: BulkRow, change: BulkChange) -> dict[str, Any]:
    return {"reason_code": change.reason_code, "reason": row.words or change.reason}


def _refuse(row: BulkRow, refusal: NotDone) -> None:
    """What is asked for already leads to its request."""
    refuse(row, RowState.REFUSED, refusal)
    row.request_id = refusal.numbers.get("request")


def _name(change: BulkChange, refusals: dict[int, NotDone]) -> None:
    rows = list(change.rows.filter(pk__in=list(refusals)))
    for row in rows:
        _refuse(row, refusals[row.pk])
    for row in rows:
        row.save(update_fields=_WRITTEN)


def _finish(change: BulkChange, state: BulkState, now: Clock) -> None:
    change.state, change.finished_at = state, now()
    change.save(update_fields=["state", "finished_at", "error"])
