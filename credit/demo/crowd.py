"""The many: wallets with a light history, planned one by one so that every line of it is accepted."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from credit.actions.charges import Line
from credit.actions.payments import PaymentLine
from credit.actions.wallets import NewWallet
from credit.actors import Actor
from credit.demo.agenda import Agenda
from credit.demo.calendar import Calendar
from credit.demo.market import Money, text
from credit.terms import Kind, PaymentMode, Scheme
from organizations.models import Organization

RATING = Actor.system("Rating")
BANK = Actor.system("Bank statement")
PAYS_BEFORE = timedelta(minutes=37)
USAGE = (Kind.CALL, Kind.CALL, Kind.CALL, Kind.SMS, Kind.SMS, Kind.FAX, Kind.NUMBER_ACTIVATION)
SCHEMES = (Scheme.INDIVIDUAL, Scheme.CONSOLIDATED, Scheme.CONSOLIDATED, Scheme.NONE)
POSTPAID_SHARE = 0.34
USES_A_MONTH = 0.6  # of the postpaid, the running month like any other
PAYS_NO_MORE = 0.05  # of the postpaid: from some month on
# In so many of ten thousand organizations.
ENDINGS = {"": 9490, "near": 150, "blocked": 60, "quiet": 230, "temporary": 40, "suspended": 18, "closed": 12}
PREPAID_ENDINGS = ("temporary", "closed")


@dataclass
class Member:
    """One wallet while it is planned. `month` is the index of the month in which it was opened."""

    organization: Organization
    wallet_id: str
    money: Money
    spend: int
    month: int
    mode: str
    scheme: str = ""
    limit: int | None = None
    unlimited: bool = False
    # How it should stand today: near, blocked, temporary, suspended, closed, or quiet (nothing in the running month).
    ending: str = ""

    @property
    def new(self) -> NewWallet:
        limit = None if self.limit is None else text(self.limit)
        return NewWallet(
            self.organization,
            self.money.currency,
            self.mode,
            self.scheme,
            limit,
            self.unlimited,
            self.wallet_id,
        )


class Crowd:
    def __init__(self, agenda: Agenda, calendar: Calendar, chance: random.Random):
        self.agenda, self.calendar, self.chance = agenda, calendar, chance
        self.members: list[Member] = []

    def add(self, organization: Organization) -> None:
        wallets = self.chance.choices((1, 2, 3), (82, 15, 3))[0]
        ending = self.chance.choices(tuple(ENDINGS), tuple(ENDINGS.values()))[0]
        home = Money.of(organization.country)
        for number in range(wallets):
            # Who has a second wallet has it in another currency as often as not.
            is_abroad = number > 0 and len(self.members) % 2 == 0
            member = self._member(organization, ending, home.abroad() if is_abroad else home)
            self.members.append(member)
            self._plan(member)

    def _member(self, organization: Organization, ending: str, money: Money) -> Member:
        chance, number = self.chance, len(self.members)
        postpaid = ending not in PREPAID_ENDINGS and chance.random() < POSTPAID_SHARE
        member = Member(
            organization=organization,
            wallet_id=f"W-{4072 + number // 10_000}-{number % 10_000:04d}",
            money=money,
            spend=money.worth(chance.lognormvariate(4.2, 1.0) + 5),
            month=chance.choices(range(7), (20, 12, 14, 16, 16, 14, 8))[0],
            mode=PaymentMode.POSTPAID if postpaid else PaymentMode.PREPAID,
            scheme=chance.choice(SCHEMES) if postpaid else "",
            ending=ending,
        )
        self._choose_limit(member)
        return member

    def _choose_limit(self, member: Member) -> None:
        roll = self.chance.random()
        wanted = member.money.round_up(int(member.spend * self.chance.uniform(1.5, 4)))
        if roll < 0.006 and not member.ending:
            member.unlimited = True
        elif member.mode == PaymentMode.POSTPAID or roll < 0.45 or member.ending in ("near", "temporary"):
            member.limit = wanted
        elif roll < 0.47 and member.ending != "closed":
            member.limit = 0

    def _plan(self, member: Member) -> None:
        slots = self.calendar.slots
        opened = slots[member.month] or slots[-2]
        self.agenda.open(opened[0], member.new)
        later = [opened[1:], *slots[member.month + 1 :]]
        if member.ending in ("quiet", "suspended"):
            later = later[:-1] if len(later) > 1 else []
        if member.mode == PaymentMode.POSTPAID:
            self._plan_postpaid(member, later)
        else:
            self._plan_prepaid(member, [at for month in later for at in month])

    # -- prepaid: pays first, charges until it is used up, pays again

    def _plan_prepaid(self, member: Member, slots: list[datetime]) -> None:
        if len(slots) < 2:
            return
        limit = member.limit or 0
        own = self._pay(member, slots[0], member.spend * 2)
        if member.ending == "closed":
            self._charge(member, slots[1], own)
            return
        for at in sorted(self.chance.sample(slots[1:], min(2, len(slots) - 1))):
            spend = member.money.between(self.chance, member.spend // 4, member.spend)
            if own + limit < spend:
                own += self._pay(member, at, member.spend * 2)
            own -= self._charge(member, at, spend)
        if member.ending in ("near", "blocked"):
            self._charge(member, self.calendar.ago(minutes=5), own + self._target(member, limit))

    def _target(self, member: Member, limit: int) -> int:
        """How much of the limit is to be used at the end."""
        near = member.money.between(self.chance, limit * 82 // 100, limit * 98 // 100)
        return near if member.ending == "near" else limit

    # -- postpaid: usage in a month, its invoice paid in the next

    def _plan_postpaid(self, member: Member, months: list[list[datetime]]) -> None:
        limit = member.limit or member.money.round_up(member.spend * 4)
        due = 0
        last_paid = self._last_paid(len(months))
        for number, month in enumerate(months[:-1]):
            if due and month and number < last_paid and self.chance.random() < 0.85:
                self._pay(member, month[3], due + self._overpays(member))
                due = 0
            if month and self.chance.random() < USES_A_MONTH:
                spend = member.money.between(self.chance, limit // 20, limit * 6 // 10)
                due += self._charge(member, self.chance.choice(month), spend)
        paid = due if last_paid >= len(months) else 0
        self._plan_running_month(member, months[-1] if months else [], limit, paid)

    def _last_paid(self, months: int) -> int:
        """The month from which the customer pays no more; beyond the last one for nearly all."""
        return self.chance.randrange(1, 7) if self.chance.random() < PAYS_NO_MORE else months

    def _plan_running_month(self, member: Member, month: list[datetime], limit: int, due: int) -> None:
        if not month or member.ending in ("quiet", "suspended"):
            return
        if due and self.chance.random() < 0.6:
            self._pay(member, month[len(month) // 2], due)
        if member.ending in ("near", "blocked") and member.limit:
            self._charge(member, self.calendar.ago(minutes=5), self._target(member, limit))
        elif self.chance.random() < USES_A_MONTH:
            spend = member.money.between(self.chance, limit // 20, limit * 6 // 10)
            self._charge(member, self.chance.choice(month), spend)

    def _overpays(self, member: Member) -> int:
        return member.money.worth(self.chance.randrange(1, 40)) if self.chance.random() < 0.03 else 0

    # -- one line each

    def _pay(self, member: Member, at: datetime, micros: int) -> int:
        at -= PAYS_BEFORE
        remark = f"Transfer {at:%y%m}{self.chance.randrange(10**5):05d}"
        payment = PaymentLine(member.wallet_id, amount=text(micros), received_on=at.date(), remark=remark)
        self.agenda.post(at, payment, BANK)
        return micros

    def _charge(self, member: Member, at: datetime, micros: int) -> int:
        kind = self.chance.choice(USAGE)
        occurred_at = at - timedelta(minutes=self.chance.randrange(1, 300))
        self.agenda.post(
            at, Line(member.wallet_id, amount=text(micros), kind=kind, occurred_at=occurred_at), RATING
        )
        return micros
