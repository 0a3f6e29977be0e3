"""Requests: what somebody could not decide alone is asked for, and somebody else approves or rejects it."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from credit.actions import authority, deeds, inputs, limits
from credit.actions.authority import BeyondAuthority
from credit.actions.books import Now
from credit.actions.changes import snapshot
from credit.actions.outcome import Outcome
from credit.actions.reasons import parse_reason
from credit.actions.refusals import BadInput, ConfirmationNeeded, Declined, Refused
from credit.actions.waiting import own, waiting_for
from credit.actors import Actor
from credit.languages import Label
from credit.languages import Said as _
from credit.models import Change, ChangeRequest, RequestState, Wallet
from credit.money import to_decimal
from credit.terms import Reason

__all__ = ["approve", "ask", "own", "reject", "waiting_for", "withdraw"]


def ask(
    *,
    beyond: BeyondAuthority,
    reason_code: str = "",
    reason: str = "",
    grant: bool = False,
    version: int | None = None,
    by: Actor,
    now: Now,
) -> ChangeRequest:
    """Keeps what a verb refused as above the actor's authority, with all that was typed.

    `grant`: of a limit, the part that is theirs is set in the same step. Refused where the same is asked for already,
    or where nothing of it can be granted; changed_meanwhile as for a limit.
    """
    asked = beyond.asked
    if asked.verb not in deeds.DEEDS:
        raise Refused(Reason.NOT_AUTHORIZED, beyond.message)
    given = {"reason_code": reason_code, "reason": reason}
    said = {name: value or asked.wish.get(name, "") for name, value in given.items()}
    code, words = parse_reason(**said, by=by)
    # The same wish for another reason is the same wish.
    wish = {name: value for name, value in asked.wish.items() if name not in ("reason", "reason_code")}
    fingerprint = inputs.fingerprint(asked.verb, wish)
    with transaction.atomic():
        (wallet,) = Wallet.objects.filter(pk=beyond.wallet.pk).locked()
        _refuse_duplicate(wallet, fingerprint)
        if grant:
            _grant(beyond, version, code, words, by, now)
        at = now() if callable(now) else now
        live: Any = Wallet.objects.at(at).get(pk=wallet.pk)
        request = ChangeRequest(
            wallet=wallet,
            verb=asked.verb,
            wish=dict(asked.wish),
            fingerprint=fingerprint,
            reason_code=code,
            reason=words,
            asked_at=at,
            seen_version=live.live_version,
            seen=seen_of(live),
            amount_micros=asked.amount_micros,
            increase_micros=0 if asked.amount_micros is None else asked.increase_micros,
            days=asked.days,
            by_user=by.user,
            by_name=by.name,
            by_client_id=by.client_id,
        )
        _save_once(request)
        _tell(request, "ask_for_approval", by, at)
    return request


def approve(
    *,
    request: ChangeRequest,
    words: str,
    version: int | None = None,
    confirmed: bool = False,
    by: Actor,
    now: Now,
) -> ChangeRequest:
    """Does what was asked for, once, as the approver and under their authority.

    Refused: decided already, one's own, changed since the approver looked (`version`), or what the verb itself says
    now. ConfirmationNeeded where the wallet has changed since it was asked for, or the verb names a harm.
    """
    words = _decision(words)
    outcome: Outcome | None = None
    with transaction.atomic():
        locked = _locked(request, by)
        at = now() if callable(now) else now
        _refuse_changed(locked, version, confirmed, at)
        deed = deeds.Deed(locked, by, now, version, confirmed)
        outcome = deeds.DEEDS[locked.verb].do(deed)
        if outcome is None or outcome.accepted:
            _decide(locked, RequestState.APPROVED, words, by, at)
    if outcome is not None and not outcome.accepted:  # recorded as an attempt; the request goes on waiting
        raise Declined(outcome.reason or Reason.INVALID_INPUT, outcome.message, **outcome.details)
    return locked


def reject(*, request: ChangeRequest, words: str, by: Actor, now: Now) -> ChangeRequest:
    """By somebody who could have approved it."""
    words = _decision(words)
    with transaction.atomic():
        locked = _locked(request, by)
        at = now() if callable(now) else now
        if not waiting_for(by, at).filter(pk=locked.pk).exists():
            raise Refused(Reason.NOT_AUTHORIZED, _("Your authority does not cover this request."))
        _decide(locked, RequestState.REJECTED, words, by, at)
    return locked


def withdraw(*, request: ChangeRequest, words: str = "", by: Actor, now: Now) -> ChangeRequest:
    """By the one who asked, or the person behind the API client that did."""
    words = inputs.text(words, field="words", longest=255)
    with transaction.atomic():
        locked = _locked(request, None)
        if not is_own(locked, by):
            says = _("Only %(name)s, who asked for it, can withdraw it.") % {"name": locked.by_name}
            raise Refused(Reason.NOT_AUTHORIZED, says)
        _decide(locked, RequestState.WITHDRAWN, words, by, now() if callable(now) else now)
    return locked


def is_own(request: ChangeRequest, by: Actor) -> bool:
    return ChangeRequest.objects.filter(own(by), pk=request.pk).exists()


def seen_of(live: Any) -> dict[str, Any]:
    """What stood there when it was asked for, so that whoever decides sees what has changed since."""
    names = ("effective_limit_micros", "usable_micros", "used_micros", "standing")
    return snapshot(live) | {name: getattr(live, name) for name in names}


def part_of(beyond: BeyondAuthority) -> dict[str, Any] | None:
    """What of a wished limit is within the authority: the amount, and the days where they are too many."""
    micros, wish = beyond.numbers["allowed_micros"], beyond.asked.wish
    if beyond.asked.verb != "set_limit" or micros is None:
        return None
    part = {"amount": to_decimal(micros), "starts_at": deeds.instant(wish["starts_at"])}
    if authority.is_too_long(beyond.asked, beyond.bounds, beyond.wallet.time_zone):
        return part | {"days": beyond.bounds.days, "ends_at": None} if beyond.bounds.days else None
    return part | {"days": wish["days"], "ends_at": deeds.instant(wish["ends_at"])}


def _grant(beyond: BeyondAuthority, version: int | None, code: str, words: str, by: Actor, now: Now) -> None:
    part = part_of(beyond)
    if part is None:
        raise Refused(Reason.NOT_AUTHORIZED, _("No part of it is within your authority. Request all of it."))
    said: dict[str, Any] = {"version": version, "confirmed": True, "reason_code": code, "reason": words}
    limits.set_limit(wallet=beyond.wallet, **part, **said, by=by, now=now)


def _refuse_duplicate(wallet: Wallet, fingerprint: str) -> None:
    same = ChangeRequest.objects.open().filter(wallet=wallet, fingerprint=fingerprint).first()
    if same:
        says = _("%(name)s has asked for the same already, and it is still waiting (request %(number)s).")
        raise Refused(Reason.INVALID_INPUT, says % {"name": same.by_name, "number": same.pk}, request=same.pk)


def _save_once(request: ChangeRequest) -> None:
    try:
        with transaction.atomic():
            request.save()
    except IntegrityError:  # the constraint is the last word
        _refuse_duplicate(request.wallet, request.fingerprint)
        raise


def _locked(request: ChangeRequest, decider: Actor | None) -> ChangeRequest:
    """The request's row before the wallet's, always in that order; open, and not the decider's own."""
    rows = ChangeRequest.objects.select_for_update(no_key=True, of=("self",)).select_related("wallet")
    locked = rows.get(pk=request.pk)
    if locked.state != RequestState.OPEN:
        facts = {"name": locked.decided_by_name, "state": Label(locked.get_state_display())}
        raise Refused(Reason.CHANGED_MEANWHILE, _("The request is %(state)s already, by %(name)s.") % facts)
    if decider is not None and is_own(locked, decider):
        raise Refused(Reason.NOT_AUTHORIZED, _("You asked for it. Somebody else decides."))
    return locked


def _refuse_changed(request: ChangeRequest, version: int | None, confirmed: bool, at: datetime) -> None:
    (wallet,) = Wallet.objects.filter(pk=request.wallet_id).locked()
    live: Any = Wallet.objects.at(max(at, wallet.latest_at), "live_version").get(pk=wallet.pk)
    if version is not None and live.live_version != version:
        says = _(
            "The wallet changed after you opened the request. Look at what it would do now, then decide."
        )
        raise Refused(Reason.CHANGED_MEANWHILE, says, version=live.live_version)
    if live.live_version != request.seen_version and not confirmed:
        says = _(
            "The wallet has changed since this was asked for. Look at what it does now, and say yes to it."
        )
        raise ConfirmationNeeded(Reason.CHANGED_MEANWHILE, says, field="confirmed")


def _decision(words: str) -> str:
    words = inputs.text(words, field="words", longest=255)
    if not words:
        raise BadInput("words", _("Say why in a few words. It is kept with the request."))
    return words


def _decide(request: ChangeRequest, state: str, words: str, by: Actor, at: datetime) -> None:
    request.state, request.decision, request.decided_at = state, words, at
    request.decided_by_user, request.decided_by_name = by.user, by.name
    request.save(update_fields=["state", "decision", "decided_at", "decided_by_user", "decided_by_name"])
    _tell(request, _VERBS[state], by, at)


_VERBS: dict[str, str] = {
    RequestState.APPROVED: "approve_request",
    RequestState.REJECTED: "reject_request",
    RequestState.WITHDRAWN: "withdraw_request",
}


def _tell(request: ChangeRequest, verb: str, by: Actor, at: datetime) -> None:
    """The audit trail. What an approval changes has a row of its own, by the verb that did it."""
    is_new = request.state == RequestState.OPEN
    facts = {"request": request.pk, "asked_for": request.verb, "asked_by": request.by_name}
    Change.objects.create(
        organization_id=request.wallet.organization_id,
        wallet_id=request.wallet_id,
        at=at,
        verb=verb,
        reason_code=request.reason_code if is_new else "",
        reason=request.reason if is_new else request.decision,
        before={} if is_new else {"request_state": RequestState.OPEN},
        after=facts | {"request_state": request.state, "amount_micros": request.amount_micros},
        **by.signature(),
    )
