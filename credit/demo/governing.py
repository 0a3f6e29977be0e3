"""Authority in every currency of the demo, requests that wait for somebody, and limits nobody has looked at."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any

from django.contrib.auth.models import Group

from credit import groups
from credit.actions import limits, requests, reviews
from credit.actions.authority import BeyondAuthority
from credit.actors import Actor
from credit.demo import cast
from credit.demo.crowd import Member
from credit.demo.market import CURRENCIES, Money
from credit.demo.people import MANAGER, OFFICER, Person
from credit.demo.stories import Stage
from credit.models import Authority, ChangeRequest, Wallet
from credit.terms import ChangeReason, PaymentMode

REVIEWS = 9


def set_up() -> None:
    """What 10,000 euros are is another figure in yen."""
    for name in (groups.OFFICER, groups.MANAGER):
        group = Group.objects.get(name=name)
        amount, increase, days, unlimited = groups.AUTHORITY[name]
        for currency in CURRENCIES:
            money = Money(currency)
            figures = {
                "largest_amount_micros": money.worth(amount),
                "largest_increase_micros": money.worth(increase),
                "longest_days": days,
                "unlimited": unlimited,
            }
            Authority.objects.update_or_create(group=group, currency=currency, defaults=figures)


def plan(stage: Stage, members: Iterable[Member]) -> None:
    """A few limits were looked at four months ago, for two months; since then nobody has."""
    at, by = stage.calendar.in_month(4, 9.5), stage.actors[MANAGER]
    with_limits = (member for member in members if member.limit and member.month <= 1)
    for member in islice(with_limits, REVIEWS):
        stage.agenda.do(at, partial(_keep, member.wallet_id, by))


def tell(actors: dict[Person, Actor], now: datetime) -> None:
    """Two that the manager can decide, one that only somebody above can, and one that was rejected."""
    wallets = _wallets()
    officer, manager = actors[OFFICER], actors[MANAGER]
    said = ("Transfer of 9,000 arrives on Thursday", ChangeReason.PAYMENT_PROMISED)
    _ask(wallets, officer, now - timedelta(hours=3), "9000", *said, days=14)
    _ask(
        wallets,
        officer,
        now - timedelta(hours=26),
        "16000",
        "New contract from the 1st",
        ChangeReason.CONTRACT,
    )
    _ask(
        wallets,
        manager,
        now - timedelta(hours=5),
        "400000",
        "Opens three call centres",
        ChangeReason.SEASONAL,
    )
    last = _ask(
        wallets, officer, now - timedelta(days=4), "12000", "Asked on the phone", ChangeReason.GOODWILL
    )
    if last:
        words = "Two invoices are open. Ask again once they are paid."
        requests.reject(request=last, words=words, by=manager, now=now - timedelta(days=3))


def _ask(
    wallets: Iterable[Wallet], by: Actor, at: datetime, amount: str, words: str, code: str, **wish: Any
) -> ChangeRequest | None:
    """Nothing in a demo of a handful of organizations, where no such wallet is left."""
    told: dict[str, Any] = {"reason_code": code, "reason": words, "by": by, "now": at}
    for wallet in wallets:
        try:
            limits.set_limit(wallet=wallet, amount=amount, **told, **wish)
        except BeyondAuthority as beyond:
            return requests.ask(beyond=beyond, **told)
    return None


def _wallets() -> Iterable[Wallet]:
    """Open prepaid wallets of customers without a story, not those of which the bulk changes tell."""
    rows = Wallet.objects.exclude(organization__reference__in=cast.LEIS).filter(
        mode=PaymentMode.PREPAID,
        currency="EUR",
        closed_at=None,
        organization_status="active",
        permanent_limit_micros__gt=0,
        temporary_ends_at=None,
        scheduled_starts_at=None,
    )
    return iter(rows.order_by("-pk")[:10])


def _keep(wallet_id: str, by: Actor, now: datetime) -> None:
    wallet = Wallet.objects.get(wallet_id=wallet_id)
    soon = (now + timedelta(days=60)).date()
    reviews.keep(
        wallet=wallet, review_on=soon, reason_code=ChangeReason.REVIEW, reason="New customer", by=by, now=now
    )
