"""A change that moves no money, sent with an idempotency key: done once, and answered the same for ever."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from credit.actions import inputs
from credit.actions.books import Now
from credit.actions.refusals import BadInput
from credit.languages import Said as _
from credit.models import Answer, Wallet
from credit.terms import Reason


@dataclass(frozen=True)
class Told:
    """The caller's status and body, as text: a replay differs in nothing."""

    status: int
    body: str
    replayed: bool = False


def once(
    *, wallet: Wallet, key: str, verb: str, content: dict[str, Any], now: Now, do: Callable[[], Told]
) -> Told:
    """`do`, or what it came to before under the key; effect and answer are one transaction. No key: always `do`.

    BadInput(key_reused) for other content. What `do` refuses stores nothing, so its key stays free (fine print 24).
    """
    if not key:
        return do()
    fingerprint = inputs.fingerprint(verb, content)
    with transaction.atomic():
        Wallet.objects.filter(pk=wallet.pk).locked().get()
        known = Answer.objects.filter(wallet=wallet, key=key).first()
        if known:
            return _again(known, fingerprint)
        told = do()
        at = now() if callable(now) else now
        answer = {"verb": verb, "status": told.status, "body": told.body}
        Answer.objects.create(wallet=wallet, key=key, fingerprint=fingerprint, answer=answer, created_at=at)
    return told


def _again(known: Answer, fingerprint: str) -> Told:
    if known.fingerprint != fingerprint:
        raise BadInput("key", _("The key was used with other content. Send a new key."), Reason.KEY_REUSED)
    return Told(known.answer["status"], known.answer["body"], replayed=True)
