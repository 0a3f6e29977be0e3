"""Alerts on their way: claimed and committed first, then sent, then the outcome written (as documents are, ADR 25).

A process that is killed after the claim leaves a send whose outcome nobody here can know; it shows as that until a
person sends it again, under the same id. What certainly was not taken is tried again with growing pauses, and then
given up: a dead letter, which a person can send again.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F

from credit.alerts import calling, mails, words
from credit.documents import posting
from credit.models import AlertSend, Audience, DeliveryState

log = logging.getLogger(__name__)

# 1, 2, 4, … minutes: the last try about eight hours after the first.
TRIES = 10
FIRST_PAUSE = timedelta(minutes=1)
# So many alerts to one address in finance make one message.
TOLD_TOGETHER = 50


def due(now: datetime, limit: int, *, by_mail: bool) -> list[int]:
    """Of what waits, that whose time has come, the longest waiting first."""
    found = AlertSend.objects.waiting().filter(next_try_at__lte=now, webhook__isnull=by_mail)
    return list(found.order_by("next_try_at", "pk").values_list("pk", flat=True)[:limit])


def send(*, pk: int, now: Callable[[], datetime]) -> dict[str, int]:
    """Claims a waiting send (and to finance what else waits for that address), sends, writes; states then, counted."""
    sends = _claimed(pk, now())
    if not sends:
        return {}
    try:
        _post(sends, now())
    except (posting.NotSent, calling.NotTaken) as refusal:
        state = _not_sent(sends, refusal, now())
    except Exception as error:
        # It may have left before the error, so nobody sends it a second time unasked.
        log.exception("The outcome of alert %s is unknown", sends[0].event.uuid)
        state = _written(sends, DeliveryState.UNKNOWN, error=_words(error))
    else:
        state = _written(sends, DeliveryState.SENT, sent_at=now(), error="")
    return {state: len(sends)}


def _post(sends: list[AlertSend], now: datetime) -> None:
    webhook = sends[0].webhook
    if webhook is None:
        posting.post(_composed(sends, now))
        return
    event = sends[0].event
    if webhook.removed_at or webhook.paused_at:
        raise calling.NotTaken("The webhook was paused or removed meanwhile.", for_good=True)
    calling.call(webhook, calling.Message(str(event.uuid), words.payload(event)), now)


def _composed(sends: list[AlertSend], now: datetime) -> Any:
    try:
        return mails.compose(sends, now)
    except Exception as error:
        log.exception("Alert %s cannot be written", sends[0].event.uuid)
        raise posting.NotSent(f"The message cannot be made: {_words(error)}", for_good=True) from error


def _claimed(pk: int, now: datetime) -> list[AlertSend]:
    """The claim is one statement, and committed when this returns: `durable` is never part of another transaction."""
    with transaction.atomic(durable=True):
        waiting = AlertSend.objects.waiting().filter(next_try_at__lte=now)
        first = waiting.filter(pk=pk).first()
        if first is None:
            return []
        together = _together(first, waiting)
        pks = list(waiting.filter(pk__in=together).select_for_update().values_list("pk", flat=True))
        AlertSend.objects.filter(pk__in=pks).update(claimed_at=now, tries=F("tries") + 1, error="")
        mine = AlertSend.objects.filter(pk__in=pks).select_related("event__wallet__organization", "webhook")
        return list(mine.order_by("pk"))


def _together(first: AlertSend, waiting: Any) -> list[int]:
    if first.audience != Audience.STAFF:
        return [first.pk]
    same = waiting.filter(audience=Audience.STAFF, recipient=first.recipient, tries=first.tries)
    rest = same.exclude(pk=first.pk).order_by("next_try_at", "pk").values_list("pk", flat=True)
    return [first.pk, *rest[: TOLD_TOGETHER - 1]]


def _not_sent(sends: list[AlertSend], refusal: posting.NotSent | calling.NotTaken, now: datetime) -> str:
    """It certainly was not taken: again later, or never where the other side said never."""
    tries = sends[0].tries
    if refusal.for_good or tries >= TRIES:
        return _written(sends, DeliveryState.FAILED, failed_at=now, error=_words(refusal))
    later = now + FIRST_PAUSE * 2 ** (tries - 1)
    _leave_alone(sends[0], now, now + FIRST_PAUSE)
    return _written(sends, DeliveryState.WAITING, claimed_at=None, next_try_at=later, error=_words(refusal))


def _leave_alone(send: AlertSend, now: datetime, until: datetime) -> None:
    """A webhook that does not answer costs seconds for each call: what else waits for it waits a while longer."""
    if send.webhook_id:
        AlertSend.objects.waiting().filter(webhook=send.webhook_id, next_try_at__lt=until).update(
            next_try_at=until
        )


def _written(sends: list[AlertSend], state: DeliveryState, **outcome: Any) -> str:
    """Only on the own claim: whoever was away so long that a person sent it again has nothing more to say."""
    mine = AlertSend.objects.filter(pk__in=[one.pk for one in sends], claimed_at=sends[0].claimed_at)
    mine.update(**outcome)
    return str(state)


def _words(error: Exception) -> str:
    if isinstance(error, posting.NotSent | calling.NotTaken):
        return str(error)[:500]
    return f"{type(error).__name__}: {error}"[:500]
