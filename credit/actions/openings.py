"""A new wallet whose limit is above the actor's authority: opened with what is theirs, the rest asked for."""

from collections.abc import Callable
from typing import Any

from django.db import transaction

from credit.actions import limits, requests
from credit.actions.authority import BeyondAuthority
from credit.actions.books import Now
from credit.actions.refusals import Refused
from credit.actors import Actor
from credit.languages import Said as _
from credit.models import ChangeRequest, Wallet
from credit.money import to_decimal
from credit.terms import PaymentMode, Reason


def open_and_ask(
    *, create: Callable[..., Wallet], beyond: BeyondAuthority, by: Actor, now: Now, **new: Any
) -> ChangeRequest:
    """`create` (wallets.create_wallet or create_customer) with the part that `beyond` allows, and a request for `limit`
    or `unlimited` as typed, in one transaction. Raises what creating, setting the limit or asking raises."""
    wished = {"amount": new.pop("limit", None), "unlimited": new.pop("unlimited", False)}
    told = {"reason_code": new.get("reason_code", ""), "reason": new.get("reason", "")}
    with transaction.atomic():
        wallet = create(limit=first_part(beyond, new["mode"]), by=by, now=now, **new)
        try:
            limits.set_limit(wallet=wallet, **wished, **told, by=by, now=now)
        except BeyondAuthority as rest:
            return requests.ask(beyond=rest, **told, by=by, now=now)
        # Somebody raised the authority between the refusal and this: then nothing has to be asked for.
        raise Refused(Reason.CHANGED_MEANWHILE, _("It is within your authority now. Save it again."))


def first_part(beyond: BeyondAuthority, mode: str) -> Any:
    """The limit it is opened with: a postpaid wallet needs one, so 0 where nothing is theirs; else None."""
    micros = beyond.numbers["allowed_micros"]
    if micros is None:
        return 0 if mode == PaymentMode.POSTPAID else None
    return to_decimal(micros)
