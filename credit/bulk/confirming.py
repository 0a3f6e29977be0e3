"""Saying yes to a preview, discarding it, or asking for a new one. The person who made it decides about it."""

from dataclasses import asdict
from datetime import datetime

from django.db import transaction

from credit.actions.refusals import BadInput, ConfirmationNeeded, Refused, require
from credit.actors import Actor
from credit.bulk import driving, running
from credit.bulk.making import AT_ONCE, RIGHT
from credit.bulk.running import MOST_TOGETHER
from credit.languages import Number
from credit.languages import Said as _
from credit.models import BulkChange, BulkState, RowState
from credit.terms import Reason


def confirm(
    *, pk: int, together: bool, harms_confirmed: bool, asks: bool = False, by: Actor, now: datetime
) -> BulkChange:
    """Lets it run. Twice is once. Refused for another person's, ConfirmationNeeded where all or nothing would hurt.

    `asks`: each row above the person's authority becomes a request; else it is left out.
    """
    with transaction.atomic():
        change = _mine(pk, by)
        if change.state in (BulkState.RUNNING, BulkState.DONE, BulkState.FAILED):
            return change
        _refuse_unless_planned(change)
        change.asks = asks
        if together:
            _refuse_together(change, harms_confirmed)
        elif not running.to_run(change).exists():
            raise BadInput("", _("No row is ready, so there is nothing to run."))
        change.together, change.harms_confirmed = together, harms_confirmed
        change.state, change.confirmed_at, change.origin = BulkState.RUNNING, now, asdict(by.origin)
        change.save()
        transaction.on_commit(lambda: driving.ask_a_worker(pk))
    return change


def drop(*, pk: int, by: Actor, now: datetime) -> BulkChange:
    """Nothing was changed yet, and nothing will be."""
    with transaction.atomic():
        change = _mine(pk, by)
        if change.state in (BulkState.PLANNING, BulkState.PLANNED):
            change.state, change.finished_at = BulkState.DROPPED, now
            change.save(update_fields=["state", "finished_at"])
    return change


def plan_again(*, pk: int, by: Actor) -> BulkChange:
    """The same rows on the state of now, as after a conflict."""
    with transaction.atomic():
        change = _mine(pk, by)
        _refuse_unless_planned(change)
        again = change.rows.filter(wallet__isnull=False).exclude(field="twice")
        again.update(
            state=RowState.READ,
            reason_code="",
            field="",
            message="",
            harms=[],
            ends_at=None,
            amount_micros=None,
        )
        change.state, change.planned_at = BulkState.PLANNING, None
        change.save(update_fields=["state", "planned_at"])
        if change.rows_count > AT_ONCE:
            transaction.on_commit(lambda: driving.ask_a_worker(pk))
    return change


def _mine(pk: int, by: Actor) -> BulkChange:
    require(by, RIGHT, "set credit limits")
    change = BulkChange.objects.select_for_update().get(pk=pk)
    if by.user is None or change.by_user_id != by.user.pk:
        words = _("%(who)s made this preview, with their own authority. Make one of your own.")
        raise Refused(Reason.NOT_AUTHORIZED, words % {"who": change.by_name})
    return change


def _refuse_unless_planned(change: BulkChange) -> None:
    if change.state == BulkState.DROPPED:
        raise Refused(Reason.CHANGED_MEANWHILE, _("It was discarded. Select the wallets again."))
    if change.state != BulkState.PLANNED:
        raise Refused(
            Reason.CHANGED_MEANWHILE, _("It is not previewed to its end yet. Look again in a moment.")
        )


def _refuse_together(change: BulkChange, harms_confirmed: bool) -> None:
    left_out = change.rows.filter(state=RowState.PROBLEM).count()
    if left_out:
        words = _(
            "All or nothing cannot be done: %(count)s rows have a problem. Mend them, or choose row by row."
        )
        raise BadInput("together", words % {"count": left_out})
    _refuse_above(change)
    ready = running.to_run(change)
    if ready.count() > MOST_TOGETHER:
        words = _(
            "All or nothing takes at most %(most)s rows, since their wallets wait for the last one. Choose row by row."
        )
        raise BadInput("together", words % {"most": Number(f"{MOST_TOGETHER:,}")})
    # Above the authority it is the one who approves who says yes to a harm.
    if not harms_confirmed and ready.filter(state=RowState.PLANNED).exclude(harms=[]).exists():
        raise ConfirmationNeeded(
            Reason.INVALID_INPUT, _("Tick the box: it names what this does."), field="harms"
        )


def _refuse_above(change: BulkChange) -> None:
    above = 0 if change.asks else change.rows.filter(state=RowState.ABOVE).count()
    if above:
        words = _(
            "All or nothing cannot be done: %(count)s rows are above your authority. Ask for their approval too, or "
            "choose row by row."
        )
        raise BadInput("together", words % {"count": above})
