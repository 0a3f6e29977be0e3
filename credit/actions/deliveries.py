"""Documents on their way by e-mail: claimed and committed first, then sent, then the outcome written.

Nothing is sent inside a database transaction. A process that is killed after the claim leaves a delivery whose outcome
nobody here can know; it shows as that until a person sends it again, under the same Message-ID.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from celery import current_app
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.db.models import F
from kombu.exceptions import OperationalError as BrokerIsAway

from credit.actions.books import Now
from credit.actions.refusals import Refused, require
from credit.actors import Actor
from credit.documents import messages, posting
from credit.languages import Said as _
from credit.models import Change, Delivery, DeliveryKind, DeliveryState, Invoice, InvoiceKind
from credit.terms import Reason

log = logging.getLogger(__name__)

# A server that refuses is asked again after 1, 2, 4, … minutes: the last time about four hours after the first.
TRIES = 8
FIRST_PAUSE = timedelta(minutes=1)


# -- onto the way


def queue(*, invoices: Iterable[Invoice], now: datetime) -> int:
    """Deliveries of invoices that are being issued, in the transaction that issues them; how many there are.

    Here alone it is decided that an invoice goes by e-mail: one that was issued before the portal sent, or before the
    organization had an address, is only ever sent by a person. `invoices` come with `wallet__organization`.
    """
    if not settings.CREDIT_SEND_BY_EMAIL:
        return 0
    wanted = [invoice for invoice in invoices if is_to_be_sent(invoice) and address_of(invoice)]
    rows = [waiting(invoice, DeliveryKind.INVOICE, by_name="Issue invoices", now=now) for invoice in wanted]
    return len(Delivery.objects.bulk_create(rows, batch_size=500))


def is_to_be_sent(invoice: Invoice) -> bool:
    """An internal statement goes to nobody, nor does what amounts to nothing; a negative one is sent."""
    return invoice.kind != InvoiceKind.STATEMENT and invoice.total_micros != 0


def address_of(invoice: Invoice) -> str:
    return invoice.wallet.organization.billing_email


def waiting(invoice: Invoice, kind: DeliveryKind, *, by_name: str, now: datetime, level: int = 0) -> Delivery:
    """An unsaved delivery to the organization's address of today."""
    return Delivery(
        invoice=invoice,
        kind=kind,
        level=level,
        recipient=address_of(invoice),
        message_id=message_id(invoice, kind, level),
        created_at=now,
        next_try_at=now,
        by_name=by_name,
    )


def message_id(invoice: Invoice, kind: str, level: int = 0) -> str:
    """The same for one document whenever and wherever it is sent, so that a reader's mailbox knows it again."""
    what = f"{kind}-{level}" if level else kind
    return f"<{invoice.number}.{what}@{settings.CREDIT_MESSAGE_ID_DOMAIN}>"


def send_invoice(*, invoice: Invoice, by: Actor, now: Now) -> Delivery:
    """Puts an issued invoice that no job has sent on its way.

    Refused(not_authorized | invalid_input | changed_meanwhile).
    """
    require(by, "credit.send_invoice", _("send invoices"))
    refuse_unsendable(invoice)
    at = now() if callable(now) else now
    delivery = waiting(invoice, DeliveryKind.INVOICE, by_name=by.name, now=at)
    return put_on_its_way(delivery, "send_invoice", by=by)


def refuse_unsendable(invoice: Invoice) -> None:
    """Refused(invalid_input) with what to do first."""
    if not settings.CREDIT_SEND_BY_EMAIL:
        words = _("The portal sends no e-mail. Somebody has to set EMAIL_URL first (docs/operations.md).")
        raise Refused(Reason.INVALID_INPUT, words)
    if invoice.issued_at is None:
        raise Refused(Reason.INVALID_INPUT, _("The invoice is a draft. Issue it first."))
    if not is_to_be_sent(invoice):
        raise Refused(
            Reason.INVALID_INPUT, _("An internal statement, or an invoice of 0.00, is sent to nobody.")
        )
    if not address_of(invoice):
        words = _("The organization has no e-mail for bills. Set it under Billing details first.")
        raise Refused(Reason.INVALID_INPUT, words)


def put_on_its_way(delivery: Delivery, verb: str, *, by: Actor) -> Delivery:
    """Stores a new delivery and who asked for it; a worker is asked once it is committed."""
    try:
        with transaction.atomic():
            delivery.save(force_insert=True)
            _record(delivery, verb, by, delivery.created_at, before={})
            transaction.on_commit(ask_a_worker)
    except IntegrityError:
        raise Refused(Reason.CHANGED_MEANWHILE, _("It is on its way already: somebody was faster.")) from None
    return delivery


def send_again(*, delivery: Delivery, by: Actor, now: Now) -> Delivery:
    """Sends what was sent, what failed, or what nobody knows about once more, under the same Message-ID.

    It goes to the organization's address of today. Refused(not_authorized | invalid_input | changed_meanwhile).
    """
    require(by, "credit.send_invoice", _("send documents"))
    refuse_unsendable(delivery.invoice)
    at = now() if callable(now) else now
    with transaction.atomic():
        row = _locked(delivery.pk, at)
        if row.state in (DeliveryState.WAITING, DeliveryState.SENDING):
            raise Refused(Reason.CHANGED_MEANWHILE, _("It is on its way already. Wait for its outcome."))
        before = {"state": row.state, "recipient": row.recipient}
        row.recipient, row.next_try_at, row.tries, row.error = address_of(row.invoice), at, 0, ""
        row.claimed_at = row.sent_at = row.failed_at = None
        row.save()
        _record(row, "send_again", by, at, before=before)
        transaction.on_commit(ask_a_worker)
    return row


def _locked(pk: int, at: datetime) -> Any:
    rows = Delivery.objects.select_related("invoice__wallet__organization").at(at)
    return rows.select_for_update(no_key=True, of=("self",)).get(pk=pk)


def _record(delivery: Delivery, verb: str, by: Actor, at: datetime, before: dict[str, Any]) -> None:
    wallet = delivery.invoice.wallet
    after = {"invoice": delivery.invoice.number, "recipient": delivery.recipient, "state": "waiting"}
    Change.objects.create(
        organization_id=wallet.organization_id,
        wallet=wallet,
        at=at,
        verb=verb,
        before=before,
        after=after,
        **by.signature(),
    )


def ask_a_worker() -> None:
    """Without a broker it waits for the scheduler, which looks every minute."""
    try:
        current_app.send_task("credit.tasks.send_documents", retry=False)
    except (BrokerIsAway, OSError) as error:
        log.warning("Documents wait for the scheduler: %s", error)


# -- sending


def due(now: datetime, limit: int) -> list[int]:
    """Of what waits, that whose time has come, the longest waiting first."""
    found = Delivery.objects.waiting().filter(next_try_at__lte=now).order_by("next_try_at", "pk")
    return list(found.values_list("pk", flat=True)[:limit])


def send(*, pk: int, now: Callable[[], datetime]) -> str:
    """Claims a waiting delivery, sends it, and writes the outcome; its state then, "" where nothing was to be done."""
    delivery = _claimed(pk, now())
    if delivery is None:
        return ""
    try:
        posting.post(_composed(delivery, now()))
    except posting.NotSent as refusal:
        return _not_sent(delivery, refusal, now())
    except Exception as error:
        # It may have left before the error, so nobody sends it a second time unasked.
        log.exception("The outcome of %s is unknown", delivery.message_id)
        return _written(delivery, DeliveryState.UNKNOWN, error=_words(error))
    return _written(delivery, DeliveryState.SENT, sent_at=now())


def _composed(delivery: Delivery, now: datetime) -> EmailMessage:
    try:
        return messages.compose(delivery, now)
    except Exception as error:
        log.exception("%s cannot be written", delivery.message_id)
        raise posting.NotSent(
            _("The document cannot be made: %(words)s") % {"words": _words(error)}, for_good=True
        ) from error


def _claimed(pk: int, now: datetime) -> Delivery | None:
    """The claim is one statement, and committed when this returns: `durable` is never part of another transaction."""
    with transaction.atomic(durable=True):
        mine = Delivery.objects.waiting().filter(pk=pk, next_try_at__lte=now)
        if not mine.update(claimed_at=now, tries=F("tries") + 1, error=""):
            return None
        delivery = Delivery.objects.select_related(
            "invoice__wallet__organization", "invoice__seller", "invoice__corrects"
        ).get(pk=pk)
        if is_still_wanted(delivery):
            return delivery
        delivery.delete()
        return None


def is_still_wanted(delivery: Delivery) -> bool:
    """Nobody is reminded of what is paid: such a reminder has never left and goes away."""
    if delivery.kind == DeliveryKind.INVOICE:
        return True
    return Invoice.objects.open().filter(pk=delivery.invoice_id).exists()


def _not_sent(delivery: Delivery, refusal: posting.NotSent, now: datetime) -> str:
    """It certainly did not leave: again later, or never where the server said never."""
    if refusal.for_good or delivery.tries >= TRIES:
        return _written(delivery, DeliveryState.FAILED, failed_at=now, error=_words(refusal))
    pause = FIRST_PAUSE * 2 ** (delivery.tries - 1)
    return _written(
        delivery, DeliveryState.WAITING, claimed_at=None, next_try_at=now + pause, error=_words(refusal)
    )


def _written(delivery: Delivery, state: DeliveryState, **outcome: Any) -> str:
    """Only on the own claim: whoever was away so long that a person sent it again has nothing more to say."""
    Delivery.objects.filter(pk=delivery.pk, claimed_at=delivery.claimed_at).update(**outcome)
    return str(state)


def _words(error: Exception) -> str:
    words = str(error) if isinstance(error, posting.NotSent) else f"{type(error).__name__}: {error}"
    return words[:500]
