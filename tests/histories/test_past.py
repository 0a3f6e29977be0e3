"""As of: what the rule said at an instant is what it says later about that instant."""

import random
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from credit import past, rules
from credit.actions import charges, closes, limits, modes, payments, reservations, statuses, wallets
from credit.actions.refusals import NotDone
from credit.actors import Actor
from credit.models import Wallet
from organizations.actions import create_organization

pytestmark = pytest.mark.django_db

FINANCE = Actor.system("Finance")
NUMBERS = [name for name in rules.RULES if name != "live_version"]
TICK = timedelta(microseconds=1)


def numbers(wallet, at):
    return Wallet.objects.at(at, *NUMBERS).values(*NUMBERS).get(pk=wallet.pk)


class Story:
    """A random but repeatable life of one wallet; what the rule said is noted before and after each step."""

    def __init__(self, seed):
        self.draw = random.Random(seed)
        self.at = datetime(2026, 1, 10, 12, tzinfo=UTC)
        self.organization = create_organization(name=f"As of {seed}", time_zone="Europe/Tallinn")
        postpaid = {"mode": "postpaid", "scheme": self.draw.choice(["individual", "none"])}
        kind = self.draw.choice([{"mode": "prepaid"}, postpaid])
        self.wallet = wallets.create_wallet(
            organization=self.organization, currency="EUR", limit="100", by=FINANCE, now=self.at, **kind
        )
        self.said = []

    def note(self, at):
        self.said.append((at, numbers(self.wallet, at)))

    def step(self):
        self.at += timedelta(hours=self.draw.choice([1, 5, 30, 200, 700]))
        self.note(self.at - TICK)
        self.wallet.refresh_from_db()
        self.organization.refresh_from_db()
        with suppress(NotDone):  # a refusal is part of life; nothing of it may show in the past
            self.draw.choice(self.verbs())()
        self.note(self.at)

    def verbs(self):
        who = {"by": FINANCE, "now": self.at}
        wallet, draw = self.wallet, self.draw
        amount = str(draw.randrange(1, 3000) / 100)
        whole = str(draw.randrange(1, 200))
        start = draw.choice([None, self.at + timedelta(days=3)])
        life = timedelta(hours=draw.choice([2, 100]))
        reference = draw.choice("ab")
        to = "prepaid" if wallet.mode == "postpaid" else "postpaid"
        scheme = "" if to == "prepaid" else "consolidated"
        suspended = self.organization.status == "suspended"
        status = statuses.resume if suspended else statuses.suspend
        return [
            *[
                lambda: charges.charge(
                    wallet=wallet, amount=amount, kind=draw.choice(["call", "hardware"]), **who
                )
            ]
            * 4,
            lambda: payments.record_payment(wallet=wallet, amount=whole, **who),
            lambda: reservations.reserve(wallet=wallet, reference=reference, amount="7", life=life, **who),
            lambda: reservations.commit(wallet=wallet, reference=reference, amount="2", final=False, **who),
            lambda: limits.set_limit(wallet=wallet, amount=whole, confirmed=True, **who),
            lambda: limits.set_limit(
                wallet=wallet, amount=whole, days=9, starts_at=start, confirmed=True, **who
            ),
            lambda: modes.change_mode(wallet=wallet, to=to, scheme=scheme, limit="50", **who),
            lambda: closes.close(wallet_pks=[wallet.pk], **who),
            lambda: status(organization=self.organization, **who),
        ]


@pytest.mark.parametrize("seed", range(8))
def test_every_number_as_of_an_instant_is_what_it_was_then(seed):
    story = Story(seed)
    for _ in range(40):
        story.step()
    story.wallet.refresh_from_db()
    for at, said in story.said:
        rebuilt = past.wallet_as_of(story.wallet, at)
        assert {name: getattr(rebuilt, name) for name in NUMBERS} == said, f"as of {at}"


def test_before_it_was_created_a_wallet_has_no_past():
    story = Story(0)
    with pytest.raises(past.NotThatFarBack, match="created"):
        past.wallet_as_of(story.wallet, story.wallet.created_at - TICK)
