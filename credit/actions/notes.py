"""Notes on customers: written, never edited, struck out with a reason. A promise comes back until it is settled.

Whether a promise is kept is said by the payments since, at any instant; a job only writes that down. A person may say
otherwise.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Case, Exists, F, Max, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from credit import display
from credit.actions import inputs
from credit.actions.refusals import BadInput, Refused, require
from credit.actors import Actor
from credit.models import Change, Note, Settled, Transaction, Wallet
from credit.models.note import LONGEST_NOTE
from credit.terms import Kind, Reason

RIGHT = "credit.write_notes"
BY_PAYMENTS = "Payments"
FURTHEST = timedelta(days=731)
TWICE_WITHIN = timedelta(minutes=1)  # the same words again are a second click

Clock = Callable[[], datetime]


def write_note(
    *,
    wallet: Wallet,
    text: str,
    promised_on: date | None = None,
    amount: inputs.Amount | None = None,
    comes_back_on: date | None = None,
    by: Actor,
    now: Clock,
) -> Note:
    """A note on the wallet's organization. `promised_on`: the last day by which money was promised, on the portal's
    calendar; `amount`: how much, any payment keeps the promise without one. BadInput, Refused(not_authorized)."""
    require(by, RIGHT, _("write notes on customers"))
    at = now()
    words = inputs.text(text, field="text", longest=LONGEST_NOTE, required=True)
    micros = _promised(amount, promised_on, wallet.currency)
    for field, day in (("promised_on", promised_on), ("comes_back_on", comes_back_on)):
        _refuse_day(field, day, today(at))
    with transaction.atomic():
        locked = Wallet.objects.filter(pk=wallet.pk).locked().get()
        again = Note.objects.filter(wallet=locked, text=words, by_name=by.name, promised_on=promised_on)
        if twin := again.filter(written_at__gt=at - TWICE_WITHIN, struck_at=None).first():
            return twin
        note = Note.objects.create(
            organization_id=locked.organization_id,
            wallet=locked,
            written_at=at,
            text=words,
            promised_on=promised_on,
            promised_micros=micros,
            after_sequence=locked.last_sequence,
            comes_back_on=comes_back_on or promised_on,
            by_user=by.user,
            by_name=by.name,
        )
        _record(note, "write_note", by, at, {}, _told(note))
    return note


def settle(*, note: Note, outcome: str, by: Actor, now: Clock) -> Note:
    """A person says that a promise was kept or not, or that a follow-up is done; the latest word holds."""
    require(by, RIGHT, _("settle promises"))
    at = now()
    with transaction.atomic():
        locked = _locked(note)
        if locked.comes_back_on is None:
            raise BadInput("outcome", _("Nothing was promised here, and nothing comes back."))
        possible = {Settled.KEPT, Settled.BROKEN} if locked.promised_on else {Settled.DONE}
        if outcome not in possible:
            raise BadInput("outcome", _("Choose one of the outcomes."))
        before = locked.settled_as
        locked.settled_as, locked.settled_at, locked.settled_by_name = outcome, at, by.name
        locked.save(update_fields=["settled_as", "settled_at", "settled_by_name"])
        _record(locked, "settle_note", by, at, {"outcome": before}, {"outcome": outcome})
    return locked


def strike_out(*, note: Note, reason: str, by: Actor, now: Clock) -> Note:
    """It stays to be read, struck through, with who did it and why; it does not come back any more."""
    require(by, RIGHT, _("strike notes out"))
    words = inputs.text(reason, field="reason", longest=255, required=True)
    at = now()
    with transaction.atomic():
        locked = _locked(note)
        locked.struck_at, locked.struck_by_name, locked.struck_reason = at, by.name, words
        locked.save(update_fields=["struck_at", "struck_by_name", "struck_reason"])
        _record(locked, "strike_note_out", by, at, _told(locked), {}, words)
    return locked


# -- what comes back


def today(now: datetime) -> date:
    """A desk works by its own calendar: the portal's."""
    return display.local(now, settings.PORTAL_TIME_ZONE).date()


def due(now: datetime) -> QuerySet[Note]:
    """What comes back today or was missed, the longest waiting first; without promises that payments have kept."""
    return not_kept().filter(comes_back_on__lte=today(now)).order_by("comes_back_on", "pk")


def not_kept() -> QuerySet[Note]:
    """What is open by the payments of this instant."""
    found = with_payments(Note.objects.open()).filter(~_is_kept())
    return found.select_related("organization", "wallet")


def with_payments(notes: QuerySet[Note]) -> QuerySet[Note]:
    """With `paid_micros`: payments into the wallet since the promise that were not taken back."""
    paid = _payments().values("wallet").annotate(total=Sum("amount_micros")).values("total")
    return notes.annotate(
        paid_micros=Case(When(promised_on__isnull=False, then=Coalesce(Subquery(paid), 0)), default=Value(0))
    )


def book_kept(*, limit: int) -> int:
    """Writes down promises that payments have kept, each with the instant of the last of them; how many."""
    kept = with_payments(Note.objects.open()).filter(_is_kept()).order_by("pk")
    latest = _payments().values("wallet").annotate(latest=Max("posted_at")).values("latest")
    booked = 0
    for note in kept.annotate(paid_at=Subquery(latest))[:limit]:
        still_open = Note.objects.open().filter(pk=note.pk)
        told = {"settled_as": Settled.KEPT, "settled_at": note.paid_at, "settled_by_name": BY_PAYMENTS}
        booked += still_open.update(**told)
    return booked


def _payments() -> QuerySet[Transaction]:
    of_the_wallet = Transaction.objects.filter(
        wallet=OuterRef("wallet"), sequence__gt=OuterRef("after_sequence")
    )
    taken_back = Transaction.objects.filter(original=OuterRef("pk"), kind=Kind.REVERSAL)
    payments = of_the_wallet.filter(kind=Kind.PAYMENT, counted=False, amount_micros__gt=0)
    return payments.filter(~Exists(taken_back)).order_by()


def _is_kept() -> Q:
    # Without an amount the smallest payment keeps it.
    return Q(promised_on__isnull=False, paid_micros__gte=Coalesce(F("promised_micros"), 1))


# -- the parts


def _promised(amount: inputs.Amount | None, promised_on: date | None, currency: str) -> int | None:
    if amount is None or amount == "":
        return None
    if promised_on is None:
        raise BadInput("promised_on", _("An amount was promised: by which day?"))
    return inputs.cash(inputs.amount(amount), currency)


def _refuse_day(field: str, day: date | None, today: date) -> None:
    if day is not None and not today <= day <= today + FURTHEST:
        raise BadInput(field, _("Choose a day from today on, at most two years ahead."))


def _locked(note: Note) -> Note:
    locked = Note.objects.select_for_update(no_key=True).get(pk=note.pk)
    if locked.struck_at:
        raise Refused(
            Reason.CHANGED_MEANWHILE, _("%(name)s has struck the note out.") % {"name": locked.struck_by_name}
        )
    return locked


def _told(note: Note) -> dict[str, Any]:
    told: dict[str, Any] = {"text": note.text}
    if note.promised_on:
        told |= {"promised_on": note.promised_on.isoformat(), "promised_micros": note.promised_micros}
    if note.comes_back_on != note.promised_on and note.comes_back_on:
        told["comes_back_on"] = note.comes_back_on.isoformat()
    return told


def _record(
    note: Note,
    verb: str,
    by: Actor,
    at: datetime,
    before: dict[str, Any],
    after: dict[str, Any],
    reason: str = "",
) -> None:
    Change.objects.create(
        organization_id=note.organization_id,
        wallet_id=note.wallet_id,
        at=at,
        verb=verb,
        reason=reason,
        before=before,
        after=after,
        **by.signature(),
    )
