"""Who works on which bulk change: a row says it, so nothing is lost with a broker, and a kill is noticed."""

import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from celery import current_app
from django.db import OperationalError, transaction
from kombu.exceptions import OperationalError as BrokerIsAway

from credit.actors import Actor
from credit.bulk import planning, running
from credit.languages import Said as _
from credit.models import BulkChange, BulkState
from credit.origins import Origin

log = logging.getLogger(__name__)

# Renewed with every chunk. A run that is silent for so long was killed, and another may take over.
HELD_FOR = timedelta(seconds=60)
# All or nothing is one transaction, which cannot say in between that it lives.
HELD_TOGETHER_FOR = timedelta(minutes=5)
FORGOTTEN_AFTER = timedelta(days=7)  # a preview that nobody said yes to

Clock = Callable[[], datetime]


class TakenOver(Exception):
    """Another run works on the bulk change now, or somebody discarded it."""


def work(pk: int, *, now: Clock, seconds: float) -> bool:
    """Previews or runs for a while; False when the seconds were over before it was. Goes on where a kill left it."""
    change = take(pk, now=now)
    if change is None:
        return True
    ends = time.monotonic() + seconds
    try:
        if change.state == BulkState.RUNNING and change.together:
            running.run_together(change, hold=lambda: hold(change, now), by=_actor(change), now=now)
            return True
        while _chunk(change, now):
            if time.monotonic() > ends:
                return False
    except (TakenOver, OperationalError):
        raise
    except Exception:
        # What nobody has thought of would happen again at every try: a person has to look at it.
        _stop(change, now)
        raise
    finally:
        release(change)
    return True


def take(pk: int, *, now: Clock) -> BulkChange | None:
    """The bulk change, held by this run; None if there is nothing to do or another holds it."""
    with transaction.atomic():
        change = BulkChange.objects.select_for_update().get(pk=pk)
        at = now()
        is_held = change.held_until is not None and change.held_until > at
        if change.state not in (BulkState.PLANNING, BulkState.RUNNING) or is_held:
            return None
        change.holder = secrets.token_hex(8)
        change.held_until = at + (HELD_TOGETHER_FOR if change.together else HELD_FOR)
        change.save(update_fields=["holder", "held_until"])
    return change


def hold(change: BulkChange, now: Clock) -> None:
    """Locks the row; of two runs that both believe to hold it, the later stops here."""
    kept = BulkChange.objects.select_for_update().get(pk=change.pk)
    if (kept.holder, kept.state) != (change.holder, change.state):
        raise TakenOver
    if not change.together:
        change.held_until = now() + HELD_FOR
        change.save(update_fields=["held_until"])


def release(change: BulkChange) -> None:
    BulkChange.objects.filter(pk=change.pk, holder=change.holder).update(holder="", held_until=None)


def ask_a_worker(pk: int) -> None:
    """Without a broker it waits for the scheduler, which drives it when the broker is back."""
    try:
        current_app.send_task("credit.tasks.work_on_bulk_change", [pk], retry=False)
    except (BrokerIsAway, OSError) as error:
        log.warning("Bulk change %s waits for the scheduler: %s", pk, error)


def tidy(now: datetime) -> int:
    """Discards previews that nobody said yes to."""
    forgotten = BulkChange.objects.filter(state=BulkState.PLANNED, planned_at__lt=now - FORGOTTEN_AFTER)
    return forgotten.update(state=BulkState.DROPPED, finished_at=now)


def _chunk(change: BulkChange, now: Clock) -> bool:
    """Whether there may be more."""
    if change.state == BulkState.RUNNING:
        return running.run_chunk(change, hold=lambda: hold(change, now), by=_actor(change), now=now)
    with transaction.atomic():
        hold(change, now)
        if planning.plan_chunk(change, _actor(change), now()):
            return True
        planning.finish(change, now())
    return False


def _actor(change: BulkChange) -> Actor:
    """The person who said yes, from where they said it; their rights are asked anew for each row."""
    if change.by_user is None:
        return Actor.system(change.by_name)
    origin = replace(Origin(**change.origin), task=f"Bulk change {change.pk}")
    return replace(Actor.person(change.by_user), origin=origin)


def _stop(change: BulkChange, now: Clock) -> None:
    with transaction.atomic():
        hold(change, now)
        change.state, change.finished_at = BulkState.FAILED, now()
        change.error = _("The portal could not go on. What is counted as done stays done.")
        change.save(update_fields=["state", "error", "finished_at"])
