"""Customers at work, in real time: they call, send, buy and pay through the same actions as the API's clients.

A call holds money, is extended while it lasts and commits what it took. Amounts follow a customer's own limit, so that
within minutes some come near it, some are declined, and some pay.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from credit import display
from credit.actions import charges, payments, reservations
from credit.actions.outcome import Outcome
from credit.actors import Actor
from credit.demo.market import Money, text
from credit.models import Wallet
from credit.terms import Kind, Reason

BY_SWITCH, BY_BANK = Actor.system("Simulated traffic"), Actor.system("Simulated bank")
CALL_SECONDS = (4, 40)
PAYS_AFTER_A_DECLINE = 0.25
# What happens next, by weight.
_DEEDS = {"call": 40, "sms": 25, "fax": 3, "number_activation": 4, "subscription": 6, "service": 4}
_HOLD_LIFE = timedelta(minutes=15)


@dataclass
class Customer:
    """One wallet, and what a usual charge of it is worth, in micros."""

    wallet_id: str
    name: str
    money: Money
    usual_micros: int


@dataclass
class Call:
    """In progress: held so far, and when it will be over. Times are instants of the clock."""

    customer: Customer
    reference: str
    held_micros: int
    spoken_micros: int
    ends_at: datetime


@dataclass(frozen=True)
class Said:
    """One line of what happened; `is_declined` where the answer was no."""

    at: datetime
    customer: Customer
    words: str
    usable_micros: int | None
    is_declined: bool = False


@dataclass
class Traffic:
    """`step` lets one thing happen; `hang_up` ends the calls that are still going on."""

    customers: list[Customer]
    chance: random.Random
    clock: Callable[[], datetime]
    run: str
    calls: list[Call] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def step(self) -> Iterator[Said]:
        for call in [call for call in self.calls if call.ends_at <= self.clock()]:
            yield self._commit(call)
        customer = self.chance.choice(self.customers)
        deed = self.chance.choices(list(_DEEDS), list(_DEEDS.values()))[0]
        said = self._call(customer) if deed == "call" else self._buy(customer, deed)
        yield said
        if said.is_declined and self.chance.random() < PAYS_AFTER_A_DECLINE:
            yield self._pay(customer)

    def hang_up(self) -> Iterator[Said]:
        while self.calls:
            yield self._commit(self.calls[0])

    def _call(self, customer: Customer) -> Said:
        """Held for a first stretch; a call that goes on asks for more, and takes what fits."""
        talking = next((call for call in self.calls if call.customer is customer), None)
        if talking:
            return self._extend(talking)
        reference = f"{self.run}-{self._count('calls')}"
        held = self._worth(customer, 1, 4)
        outcome = reservations.reserve(
            wallet=customer.wallet_id,
            reference=reference,
            amount=text(held),
            kind=Kind.CALL,
            life=_HOLD_LIFE,
            by=BY_SWITCH,
            now=self.clock,
        )
        if outcome.accepted:
            spoken = self.chance.randint(held // 3, held)
            over = self.clock() + timedelta(seconds=self.chance.randint(*CALL_SECONDS))
            self.calls.append(Call(customer, reference, held, spoken, over))
        return self._said(customer, "a call begins, {} held", held, outcome)

    def _extend(self, call: Call) -> Said:
        more = self._worth(call.customer, 1, 2)
        outcome = reservations.extend(
            wallet=call.customer.wallet_id,
            reference=call.reference,
            total=text(call.held_micros + more),
            by=BY_SWITCH,
            now=self.clock,
        )
        if outcome.accepted:
            call.held_micros += more
            call.spoken_micros += more // 2
        else:
            call.ends_at = self.clock()  # the switch ends a call that nothing covers any more
        return self._said(call.customer, "the call goes on, {} more held", more, outcome)

    def _commit(self, call: Call) -> Said:
        self.calls.remove(call)
        outcome = reservations.commit(
            wallet=call.customer.wallet_id,
            reference=call.reference,
            amount=text(call.spoken_micros),
            final=True,
            by=BY_SWITCH,
            now=self.clock,
        )
        return self._said(call.customer, "the call is over, {} charged", call.spoken_micros, outcome)

    def _buy(self, customer: Customer, kind: str) -> Said:
        micros = self._worth(customer, 1, 6)
        outcome = charges.charge(
            wallet=customer.wallet_id,
            amount=text(micros),
            kind=kind,
            key=f"{self.run}-charge-{self._count('charges')}",
            description="Simulated traffic",
            by=BY_SWITCH,
            now=self.clock,
        )
        return self._said(customer, f"{Kind(kind).label}, {{}} charged", micros, outcome)

    def _pay(self, customer: Customer) -> Said:
        micros = customer.money.round_up(self._worth(customer, 20, 60))
        outcome = payments.record_payment(
            wallet=customer.wallet_id,
            amount=text(micros),
            reference=f"{self.run}-payment-{self._count('payments')}",
            method="bank_transfer",
            by=BY_BANK,
            now=self.clock,
        )
        return self._said(customer, "pays {}", micros, outcome)

    def _worth(self, customer: Customer, least: int, most: int) -> int:
        return customer.money.between(
            self.chance, least * customer.usual_micros, most * customer.usual_micros
        )

    def _count(self, what: str) -> int:
        self.counts[what] = self.counts.get(what, 0) + 1
        return self.counts[what]

    def _said(self, customer: Customer, words: str, micros: int, outcome: Outcome) -> Said:
        told = words.format(display.with_code(micros, customer.money.currency))
        if not outcome.accepted:
            self._count("declined")
            told = f"{told}: declined, {Reason(outcome.reason).label if outcome.reason else outcome.message}"
        return Said(self.clock(), customer, told, outcome.usable_micros, not outcome.accepted)


def customers(now: datetime, count: int, chance: random.Random, wallet_ids: list[str]) -> list[Customer]:
    """The wallets that are named, else some of those that work; a hundredth of the limit is a usual charge."""
    wallets = Wallet.objects.at(now, "standing", "effective_limit_micros", "usable_micros")
    wallets = wallets.filter(closed_at=None, organization_status="active").select_related("organization")
    if wallet_ids:
        rows = list(wallets.filter(wallet_id__in=wallet_ids))
    else:
        pks = list(wallets.order_by("pk").values_list("pk", flat=True)[: 50 * count])
        rows = list(wallets.filter(pk__in=chance.sample(pks, min(count, len(pks)))).order_by("pk"))
    return [_customer(row) for row in rows]


def _customer(wallet: Wallet) -> Customer:
    money = Money(wallet.currency)
    room = max(wallet.effective_limit_micros or 0, wallet.usable_micros or 0, money.worth(100))  # type: ignore[attr-defined]
    usual = max(money.unit, room // 100 // money.unit * money.unit)
    return Customer(wallet.wallet_id, wallet.organization.name, money, usual)
