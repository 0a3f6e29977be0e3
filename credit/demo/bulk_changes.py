"""A bulk change that was run, and one that waits for a yes."""

from datetime import datetime
from uuid import UUID, uuid5

from credit.actors import Actor
from credit.bulk import confirming, driving, making
from credit.demo import cast
from credit.models import BulkChange, BulkVerb, Wallet
from credit.terms import PaymentMode

_SPACE = UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8")
WALLETS = 12


def tell(by: Actor, now: datetime) -> None:
    """Only of customers that have no story of their own, so that the cast stands as it was told."""
    others = Wallet.objects.exclude(organization__reference__in=cast.LEIS).filter(
        mode=PaymentMode.PREPAID,
        currency="EUR",
        closed_at=None,
        permanent_limit_micros__gt=0,
        temporary_ends_at=None,
        scheduled_starts_at=None,
    )
    pks = list(others.order_by("pk").values_list("pk", flat=True)[: 2 * WALLETS])
    if not pks:
        return
    done = _previewed("10", "seasonal", "More calls before the holidays", pks[:WALLETS], by, now)
    confirming.confirm(pk=done.pk, together=False, harms_confirmed=False, by=by, now=now)
    driving.work(done.pk, now=lambda: now, seconds=60)
    if pks[WALLETS:]:
        _previewed("-20", "risk", "Late payers of the quarter", pks[WALLETS:], by, now)


def _previewed(percent: str, code: str, words: str, pks: list[int], by: Actor, now: datetime) -> BulkChange:
    form = making.Form(
        key=uuid5(_SPACE, words),
        verb=BulkVerb.RAISE,
        chosen=making.ticked(len(pks)),
        reason_code=code,
        reason=words,
        wish={"percent": percent},
    )
    change = making.from_wallets(form=form, wallet_pks=pks, by=by, now=now)
    driving.work(change.pk, now=lambda: now, seconds=60)
    return change
