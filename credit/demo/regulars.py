"""Customers with a full history, each kind of story several times: what support and finance ask about every day."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count, cycle
from typing import Any

from credit.actions import (
    credits,
    limits,
    modes,
    reservations,
    statuses,
    transfers,
    wallets,
    withdrawals,
)
from credit.actors import Actor
from credit.demo import payments_of_invoices
from credit.demo.crowd import RATING
from credit.demo.market import Money, text
from credit.demo.people import ADMINISTRATOR, MANAGER, OFFICER
from credit.demo.stories import Stage, Story
from credit.models import Wallet
from credit.terms import ChangeReason, Kind
from organizations.models import Organization


@dataclass
class Scene:
    """One customer, one amount that is large for it, and Wallet IDs to give."""

    stage: Stage
    organization: Organization
    ids: Iterator[int]

    def __post_init__(self) -> None:
        self.money = Money.of(self.organization.country)
        euros = self.stage.chance.choice((120, 200, 350, 600, 1200))
        self.large = self.money.round_up(self.money.worth(euros))

    def of(self, percent: float) -> str:
        """A share of the large amount, in whole minor units, as a person types it."""
        return str(text(int(self.large * percent / 100) // self.money.unit * self.money.unit))

    def story(self, **terms: Any) -> Story:
        wallet_id = f"W-4070-{next(self.ids):04d}"
        return Story(self.stage, self.organization, wallet_id, currency=self.money.currency, **terms)

    def prepaid(self, **terms: Any) -> Story:
        return self.story(mode="prepaid", **terms)

    def postpaid(self, scheme: str, **terms: Any) -> Story:
        return self.story(mode="postpaid", scheme=scheme, **{"limit": self.of(100), **terms})

    def by(self, person: object) -> Actor:
        return self.stage.actors[person]  # type: ignore[index]


def tell(stage: Stage, organizations: Iterable[Organization]) -> None:
    ids = count(1)
    for organization, plot in zip(organizations, cycle(PLOTS)):
        plot(Scene(stage, organization, ids))


# -- limits


def temporary_ends_soon(scene: Scene) -> None:
    story = scene.prepaid(limit=scene.of(50))
    story.live_prepaid(scene.of(60))
    story.limit(scene.stage.calendar.in_month(2, 9.4), scene.of(70), ChangeReason.LATE_TRANSFER, days=7)
    story.end_prepaid(scene.of(20), scene.of(80))
    hours = scene.stage.chance.randrange(20, 160)
    ends_at = scene.stage.calendar.now + timedelta(hours=hours)
    story.limit(
        story.lately(0.4), scene.of(90), ChangeReason.PAYMENT_PROMISED, "Pays this week.", ends_at=ends_at
    )


def temporary_and_the_next_one(scene: Scene) -> None:
    story = scene.prepaid(limit=scene.of(30))
    story.live_prepaid(scene.of(40))
    story.end_prepaid(scene.of(30), scene.of(35))
    now = scene.stage.calendar.now
    story.limit(
        story.lately(0.8), scene.of(60), ChangeReason.SEASONAL, "Campaign.", ends_at=now + timedelta(days=5)
    )
    story.limit(
        story.lately(0.85),
        scene.of(80),
        ChangeReason.SEASONAL,
        "Second wave.",
        starts_at=now + timedelta(days=9),
        days=14,
    )


def scheduled_only(scene: Scene) -> None:
    story = scene.prepaid()
    story.live_prepaid(scene.of(25))
    story.end_prepaid(scene.of(30), scene.of(22))
    starts_at = scene.stage.calendar.now + timedelta(days=3)
    story.limit(
        story.lately(0.9),
        scene.of(50),
        ChangeReason.CONTRACT,
        "From the new contract.",
        starts_at=starts_at,
        days=30,
    )


def temporary_has_ended_in_debt(scene: Scene) -> None:
    """Nothing is clawed back: usable is negative until a payment cures it."""
    story = scene.prepaid(limit=scene.of(40))
    story.live_prepaid(scene.of(30))
    story.pay(story.lately(0.1), scene.of(10))
    story.limit(story.lately(0.15), scene.of(90), ChangeReason.PAYMENT_PROMISED, ends_at=story.lately(0.96))
    story.running_usage(scene.of(75))
    story.do(story.lately(0.965), _book_ended_limit)
    for share in (0.97, 0.985):
        story.charge(story.lately(share), scene.of(1), may_be_declined=True)


def _book_ended_limit(wallet: Wallet, now: datetime) -> None:
    limits.book_ended(wallet_pks=[wallet.pk], by=Actor.system("Ended limits"), now=now)


def limit_raised_superseded_and_removed(scene: Scene) -> None:
    calendar = scene.stage.calendar
    story = scene.prepaid(limit=scene.of(20))
    story.live_prepaid(scene.of(15))
    story.limit(calendar.in_month(4, 10.5), scene.of(40))
    story.limit(calendar.in_month(3, 10.5), scene.of(60), ChangeReason.SEASONAL, days=10)
    story.limit(calendar.in_month(3, 12.5), scene.of(75), ChangeReason.SEASONAL, days=14)
    story.limit(
        calendar.in_month(2, 6.5), scene.of(30), ChangeReason.RISK, "Two late payments.", person=MANAGER
    )
    story.end_prepaid(scene.of(30), scene.of(12))
    told: dict[str, Any] = {
        "reason_code": ChangeReason.CONTRACT,
        "reason": "Wants no credit.",
        "confirmed": True,
    }
    by = scene.by(MANAGER)
    story.do(
        story.lately(0.97), lambda wallet, now: limits.remove_permanent(wallet=wallet, by=by, now=now, **told)
    )


def lowered_below_its_use(scene: Scene) -> None:
    story = scene.postpaid("consolidated")
    story.live_postpaid(scene.of(70), "", cash=True)
    story.running_usage(scene.of(80))
    story.limit(story.lately(0.97), scene.of(60), ChangeReason.RISK, "Two invoices late.", person=MANAGER)


def unlimited_customer(scene: Scene) -> None:
    story = scene.postpaid("consolidated", limit=scene.of(100))
    story.limit(
        scene.stage.calendar.in_month(3, 7.4), None, ChangeReason.CONTRACT, "Key account.", unlimited=True
    )
    story.live_postpaid(scene.of(90), scene.of(95), lines=30)
    story.running_usage(scene.of(140), lines=30)


# -- postpaid


def purchases_and_a_credit_note(scene: Scene) -> None:
    calendar = scene.stage.calendar
    story = scene.postpaid("individual")
    story.live_postpaid(scene.of(55), scene.of(48), lines=20)
    story.charge(
        calendar.in_month(1, 9.3), scene.of(12), Kind.HARDWARE, reference="ORD-1", description="6 desk phones"
    )
    story.charge(calendar.in_month(1, 15.3), scene.of(5), Kind.SUBSCRIPTION, description="PBX, 20 seats")
    story.charge(calendar.in_month(1, 18.3), scene.of(3), Kind.SERVICE, description="Number porting")
    story.refund(calendar.in_month(1, 21.3), "ORD-1", "Two phones sent back", scene.of(4))
    story.running_usage(scene.of(45), lines=20)


def delivered_beyond_the_limit(scene: Scene) -> None:
    story = scene.postpaid("consolidated")
    story.live_postpaid(scene.of(75), scene.of(60), cash=True)
    story.running_usage(scene.of(97), lines=20)
    story.charge(story.lately(0.95), scene.of(6), description="Roaming file, 3 days late", overrun=True)
    story.charge(story.lately(0.97), scene.of(2), may_be_declined=True)


def late_usage(scene: Scene) -> None:
    story = scene.postpaid("none")
    story.live_postpaid(scene.of(50), "", cash=True)
    before = scene.stage.calendar.months[-1] - timedelta(days=1)
    story.charge(story.lately(0.3), scene.of(3), description="Roaming, delivered late", occurred_at=before)
    story.running_usage(scene.of(86))


def nearly_used_up(scene: Scene) -> None:
    story = scene.postpaid("individual")
    story.live_postpaid(scene.of(80), scene.of(70), cash=True)
    story.pay(scene.stage.calendar.ago(days=1), scene.of(30), f"VS {scene.organization.pk}")
    story.running_usage(scene.of(92), lines=30)


def refund_of_a_closed_month(scene: Scene) -> None:
    calendar = scene.stage.calendar
    story = scene.postpaid("consolidated")
    story.live_postpaid(scene.of(30), "", cash=True)
    story.charge(calendar.in_month(1, 14.2), scene.of(20), reference="CDR-loop", description="Call in a loop")
    story.refund(story.lately(0.4), "CDR-loop", "Our switch’s fault")
    story.running_usage(scene.of(8))


# -- money


def payment_bounced(scene: Scene) -> None:
    story = scene.prepaid(limit=scene.of(60))
    story.live_prepaid(scene.of(45))
    story.end_prepaid(scene.of(20), scene.of(50))
    story.pay(story.lately(0.95), scene.of(70), "CARD-1", method="card")
    story.reverse(story.lately(0.98), "CARD-1", "Card payment bounced")


def credit_given_and_taken_back(scene: Scene) -> None:
    story = scene.prepaid()
    story.live_prepaid(scene.of(35))
    story.end_prepaid(scene.of(40), scene.of(25))
    by = scene.by(OFFICER)
    give: dict[str, Any] = {"amount": scene.of(10), "reason": "Outage of 3 hours", "reason_code": "goodwill"}
    take: dict[str, Any] = {
        "amount": scene.of(5),
        "reason": "Given to the wrong wallet",
        "reason_code": "correction",
    }
    story.do(
        story.lately(0.95), lambda wallet, now: credits.give_credit(wallet=wallet, by=by, now=now, **give)
    )
    story.do(
        story.lately(0.97),
        lambda wallet, now: credits.take_back_credit(wallet=wallet, by=by, now=now, **take),
    )


def money_between_two_wallets(scene: Scene) -> None:
    main, other = scene.prepaid(), scene.prepaid()
    main.live_prepaid(scene.of(50))
    main.end_prepaid(scene.of(100), scene.of(30))
    other.pay(other.lately(0.2), scene.of(10))
    told: dict[str, Any] = {
        "reason_code": ChangeReason.OTHER,
        "reason": "For the branch",
        "by": scene.by(MANAGER),
    }

    def move(wallet: Wallet, now: datetime) -> None:
        target = Wallet.objects.get(wallet_id=other.wallet_id)
        transfers.transfer(source=wallet, target=target, amount=scene.of(25), now=now, **told)

    main.do(main.lately(0.95), move)
    out = told | {"amount": scene.of(15), "reason": "Wants it back"}
    main.do(main.lately(0.97), lambda wallet, now: withdrawals.withdraw(wallet=wallet, now=now, **out))


def debt_written_off(scene: Scene) -> None:
    story = scene.prepaid(limit=scene.of(30))
    story.live_prepaid(scene.of(20))
    story.end_prepaid(scene.of(5), scene.of(30))
    off: dict[str, Any] = {
        "amount": scene.of(20),
        "reason": "Not worth collecting",
        "reason_code": "risk",
        "by": scene.by(MANAGER),
    }
    story.do(story.lately(0.97), lambda wallet, now: withdrawals.write_off(wallet=wallet, now=now, **off))


def calls_in_progress(scene: Scene) -> None:
    story = scene.prepaid(limit=scene.of(50))
    story.live_prepaid(scene.of(40))
    story.end_prepaid(scene.of(50), scene.of(60))
    story.hold(story.lately(0.95), scene.of(4), "res-1", description="Conference")
    story.hold(story.lately(0.955), scene.of(3), "res-2")
    story.hold(story.lately(0.96), scene.of(2), "res-3", life=timedelta(seconds=1))
    commit: dict[str, Any] = {"reference": "res-1", "amount": scene.of(1), "final": False, "by": RATING}
    story.do(story.lately(0.97), lambda wallet, now: reservations.commit(wallet=wallet, now=now, **commit))
    story.do(
        story.lately(0.975),
        lambda wallet, now: reservations.commit(wallet=wallet, reference="res-2", by=RATING, now=now),
    )


# -- modes and states


def became_postpaid(scene: Scene) -> None:
    calendar = scene.stage.calendar
    story = scene.prepaid(limit=scene.of(50))
    for back in (6, 5, 4):
        story.pay(calendar.in_month(back, 3.1), scene.of(30))
        story.usage(back, scene.of(36))
    wish: dict[str, Any] = {
        "to": "postpaid",
        "scheme": "consolidated",
        "limit": scene.of(100),
        "reason_code": ChangeReason.CONTRACT,
        "reason": "New contract",
        "by": scene.by(MANAGER),
    }
    story.do(calendar.in_month(3, 1.8), lambda wallet, now: modes.change_mode(wallet=wallet, now=now, **wish))
    for back in (3, 2, 1):
        story.usage(back, scene.of(55))
        story.pay_due(calendar.in_month(back, 12.4))
    story.running_usage(scene.of(40))


def became_prepaid(scene: Scene) -> None:
    calendar = scene.stage.calendar
    story = scene.postpaid("individual")
    for back in (6, 5, 4):
        story.usage(back, scene.of(60))
    why: dict[str, Any] = {"reason_code": ChangeReason.RISK, "reason": "Three invoices late"}
    wish = {"to": "prepaid", "keep_limit": True, "by": scene.by(MANAGER), **why}
    story.do(
        calendar.in_month(3, 15.9), lambda wallet, now: modes.change_mode(wallet=wallet, now=now, **wish)
    )
    story.pay(calendar.in_month(3, 16.2), scene.of(200), "Settled")
    story.end_prepaid(scene.of(30), scene.of(55))


def other_scheme(scene: Scene) -> None:
    story = scene.postpaid("individual")
    story.live_postpaid(scene.of(45), scene.of(30), cash=True)
    wish: dict[str, Any] = {
        "scheme": "consolidated",
        "reason_code": ChangeReason.CONTRACT,
        "reason": "One invoice is enough",
        "by": scene.by(MANAGER),
    }
    story.do(story.lately(0.3), lambda wallet, now: modes.change_scheme(wallet=wallet, now=now, **wish))
    story.running_usage(scene.of(50))


def suspended_customer(scene: Scene) -> None:
    story = scene.postpaid("consolidated")
    story.live_postpaid(scene.of(65), scene.of(70), cash=True)
    story.running_usage(scene.of(40))
    by = scene.by(OFFICER)

    def suspend(wallet: Wallet, now: datetime) -> None:
        code, words = ChangeReason.RISK, "Three reminders without an answer."
        statuses.suspend(organization=wallet.organization, reason_code=code, reason=words, by=by, now=now)

    story.do(story.lately(0.95), suspend)
    story.charge(story.lately(0.97), scene.of(1), may_be_declined=True)
    story.charge(story.lately(0.98), scene.of(1), description="Was in progress", overrun=True)


def closed_customer(scene: Scene) -> None:
    story = scene.prepaid()
    story.live_prepaid(scene.of(20))
    by = scene.by(ADMINISTRATOR)
    told: dict[str, Any] = {"reason_code": ChangeReason.CONTRACT, "reason": "Contract ended.", "by": by}
    story.do(story.lately(0.5), lambda wallet, now: wallets.close_wallet(wallet=wallet, now=now, **told))


PLOTS: list[Callable[[Scene], None]] = [
    temporary_ends_soon,
    purchases_and_a_credit_note,
    temporary_and_the_next_one,
    delivered_beyond_the_limit,
    scheduled_only,
    late_usage,
    temporary_has_ended_in_debt,
    nearly_used_up,
    limit_raised_superseded_and_removed,
    refund_of_a_closed_month,
    lowered_below_its_use,
    payment_bounced,
    unlimited_customer,
    credit_given_and_taken_back,
    money_between_two_wallets,
    debt_written_off,
    calls_in_progress,
    became_postpaid,
    became_prepaid,
    payments_of_invoices.direct_debit_returned,
    payments_of_invoices.paid_for_one_invoice_of_several,
    other_scheme,
    suspended_customer,
    closed_customer,
]
