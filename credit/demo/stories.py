"""A story: one wallet whose history is told in full. Everything in it is done by the portal's own actions."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from credit.actions import corrections, limits, payments
from credit.actions.charges import Line
from credit.actions.payments import PaymentLine
from credit.actions.reservations import Reserve
from credit.actions.wallets import NewWallet
from credit.actors import Actor
from credit.demo.agenda import Agenda
from credit.demo.calendar import Calendar
from credit.demo.crowd import RATING
from credit.demo.market import split, text
from credit.demo.people import MANAGER, OFFICER, Person
from credit.models import Transaction, Wallet
from credit.money import minor_unit, to_decimal, to_micros
from credit.terms import ChangeReason, Kind
from organizations.models import Organization

_USUAL = (Kind.CALL, Kind.CALL, Kind.SMS)
LONG_LIFE = timedelta(days=20)


@dataclass
class Stage:
    agenda: Agenda
    calendar: Calendar
    chance: random.Random
    actors: dict[Person, Actor]


class Story:
    def __init__(
        self, stage: Stage, organization: Organization, wallet_id: str, opened: float = 2, **terms: Any
    ):
        """`opened`: the day of the first month; `terms`: the fields of a NewWallet."""
        self.stage, self.organization, self.wallet_id = stage, organization, wallet_id
        self.zone = organization.time_zone
        self.unit = minor_unit(terms["currency"])
        at = stage.calendar.in_month(6, opened)
        stage.agenda.open(at, NewWallet(organization, wallet_id=wallet_id, **terms))

    # -- usage

    def charge(self, at: datetime, amount: str | Decimal, kind: str = Kind.CALL, **details: Any) -> None:
        declined = details.pop("may_be_declined", False)
        details.setdefault("occurred_at", at - timedelta(minutes=self.stage.chance.randrange(1, 40)))
        line = Line(self.wallet_id, amount=amount, kind=kind, **details)
        self.stage.agenda.post(at, line, RATING, may_be_declined=declined)

    def usage(self, months_back: int, total: str, lines: int = 12, **how: Any) -> None:
        """A whole month's usage that adds up exactly; `how`: what `_spread` takes."""
        slots = self.stage.calendar.slots[-1 - months_back]
        self._spread([slots[number] for number in (2, 5, 8, 11)], total, lines, **how)

    def running_usage(self, total: str, lines: int = 12, **how: Any) -> None:
        """The running month's, by the organization's own clock."""
        self._spread([self.lately(share) for share in (0.2, 0.45, 0.7, 0.93)], total, lines, **how)

    def lately(self, share: float) -> datetime:
        return self.stage.calendar.in_running_month(self.zone, share)

    def _spread(
        self,
        instants: list[datetime],
        total: str,
        lines: int,
        cash: bool = False,
        kinds: tuple[str, ...] = _USUAL,
    ) -> None:
        """`cash`: each line in whole minor units, so that an invoice has nothing to round."""
        chance, step = self.stage.chance, self.unit if cash else 10
        exact = to_micros(total)
        parts = [part * step for part in split(exact // step, lines, chance)]
        parts[-1] += exact % step
        for number, part in enumerate(parts):
            kind = chance.choice(kinds)
            at = instants[number * len(instants) // lines]
            self.charge(at, text(part), kind, description=self._what(kind))

    def _what(self, kind: str) -> str:
        number = f"+421 9{self.stage.chance.randrange(10**2):02d} {self.stage.chance.randrange(10**6):06d}"
        return f"{self.stage.chance.randrange(5, 900)} messages" if kind == Kind.SMS else f"to {number}"

    # -- money

    def pay(self, at: datetime, amount: str, reference: str = "", **details: Any) -> None:
        """`received_on` is the day of posting unless given."""
        details.setdefault("received_on", _day(at))
        person = details.pop("person", OFFICER)
        line = PaymentLine(self.wallet_id, amount=amount, reference=reference, **details)
        self.stage.agenda.post(at, line, self.stage.actors[person])

    def pay_due(self, at: datetime) -> None:
        """All that is due at that instant, as the customer's bank sends it."""

        def pay(wallet: Wallet, now: datetime) -> None:
            due = Wallet.objects.at(now).get(pk=wallet.pk).due_micros  # type: ignore[attr-defined]
            if due:
                amount, by = to_decimal(due), self.stage.actors[OFFICER]
                payments.record_payment(wallet=wallet, amount=amount, received_on=_day(now), by=by, now=now)

        self.do(at, pay)

    def end_prepaid(self, paid: str, spent: str, lines: int = 12) -> None:
        """The running month: paid first, then spent."""
        self.pay(self.lately(0.1), paid)
        self.running_usage(spent, lines)

    def live_prepaid(self, a_month: str, lines: int = 10) -> None:
        """Whole months in which what is paid is what is spent."""
        for back in range(6, 0, -1):
            self.pay(self.stage.calendar.in_month(back, 3.1), a_month)
            self.usage(back, a_month, lines)

    def live_postpaid(self, a_month: str, last_month: str, lines: int = 10, cash: bool = False) -> None:
        """Whole months that are paid in the next, but for the last one's invoice, which is still open."""
        for back in range(6, 1, -1):
            self.usage(back, a_month, lines, cash=cash)
            self.pay_due(self.stage.calendar.in_month(back - 1, 12.4))
        if last_month:
            self.usage(1, last_month, lines, cash=cash)

    def refund(self, at: datetime, reference: str, reason: str, amount: str | None = None) -> None:
        """Of the charge with the reference."""
        told = self._corrected(reason)

        def give_back(wallet: Wallet, now: datetime) -> None:
            charge = Transaction.objects.get(wallet=wallet, reference=reference)
            corrections.refund(transaction=charge, amount=amount, now=now, **told)

        self.do(at, give_back)

    def reverse(self, at: datetime, reference: str, reason: str) -> None:
        """The line with the reference."""
        told = self._corrected(reason)

        def take_back(wallet: Wallet, now: datetime) -> None:
            line = Transaction.objects.get(wallet=wallet, reference=reference)
            corrections.reverse(transaction=line, now=now, **told)

        self.do(at, take_back)

    def _corrected(self, reason: str) -> dict[str, Any]:
        return {"reason_code": ChangeReason.CORRECTION, "reason": reason, "by": self.stage.actors[OFFICER]}

    # -- holds and limits

    def hold(
        self, at: datetime, amount: str, reference: str, life: timedelta = LONG_LIFE, **details: Any
    ) -> None:
        request = Reserve(self.wallet_id, reference=reference, amount=amount, life=life, **details)
        self.stage.agenda.post(at, request, RATING)

    def limit(
        self,
        at: datetime,
        amount: str | None,
        code: str = ChangeReason.REVIEW,
        reason: str = "",
        person: Person = OFFICER,
        **wish: Any,
    ) -> None:
        by = self.stage.actors[MANAGER if wish.get("unlimited") else person]
        told: dict[str, Any] = {"reason_code": code, "reason": reason, "confirmed": True, **wish}
        self.do(
            at, lambda wallet, now: limits.set_limit(wallet=wallet, amount=amount, by=by, now=now, **told)
        )

    def do(self, at: datetime, deed: Callable[[Wallet, datetime], object]) -> None:
        self.stage.agenda.do(
            at,
            lambda now: deed(
                Wallet.objects.select_related("organization").get(wallet_id=self.wallet_id), now
            ),
        )


def _day(at: datetime) -> date:
    return at.date()
