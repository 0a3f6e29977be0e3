"""One history twice: through the actions, and through the oracle beside them. Any difference is an assertion."""

from datetime import UTC, datetime, timedelta

from credit import money
from credit.actions import limits, modes, reservations, statuses, wallets
from credit.models import Reservation, Transaction, Wallet
from credit.past import wallet_as_of
from credit.terms import CHARGES
from organizations.actions import create_organization
from tests import oracle_verbs
from tests.desk import ACCEPTED, FINANCE, Desk
from tests.oracle import CENT

TICK = timedelta(microseconds=1)
BEGINNING = datetime(2025, 1, 1, tzinfo=UTC)
LOOKS_BACK = 6
GLANCES_AHEAD = [timedelta(0), timedelta(hours=7), timedelta(days=3), timedelta(days=45)]


class Beside:
    def __init__(self, mode, scheme, limit, zone, day, currency="EUR", unit=CENT):
        self.now = BEGINNING + timedelta(days=day, hours=day % 24)
        scheme = scheme if mode == "postpaid" else ""
        self.organization = create_organization(name="History", time_zone=zone)
        wallet = wallets.create_wallet(
            organization=self.organization,
            currency=currency,
            mode=mode,
            scheme=scheme,
            limit=money.to_text(limit),
            by=FINANCE,
            now=self.now,
        )
        self.desk = Desk(wallet, self.now)
        self.verbs = oracle_verbs.opened(self.now, mode, zone, scheme, limit, unit)
        self.oracle = self.verbs.wallet
        self.items = []  # (the oracle's number of a line, its Transaction)
        self.past = {}  # instant -> the numbers as they stood after the last step at it

    @property
    def at(self):
        """Never earlier than the latest instant on the row, however late the clock of who acts is (section 2)."""
        return max(self.now, self.oracle.latest)

    def run(self, step):
        verb, *arguments = step
        self.desk.now = self.now
        getattr(self, verb)(*arguments)
        self.read_latest()
        self.compare(step)

    def read_latest(self):
        """A decline or an answer given again moves no money, but its instant may be written: then it counts."""
        written = Wallet.objects.values_list("latest_at", flat=True).get(pk=self.desk.wallet.pk)
        assert self.oracle.latest <= written <= self.at
        self.oracle.latest = written

    def compare(self, step):
        for ahead in GLANCES_AHEAD:
            t = self.at + ahead
            wanted, row = self.oracle.numbers(t), self.desk.read(t)
            seen = {name: getattr(row, name) for name in wanted}
            assert seen == wanted, f"after {step}, {ahead} ahead"
        self.past[self.at] = self.oracle.numbers(self.at)
        assert self.desk.books_are_straight()

    def look_back(self):
        """As of: what stood at an instant is what the ledger and the histories give for it later."""
        wallet = Wallet.objects.get(pk=self.desk.wallet.pk)
        instants = sorted(self.past)
        for t in instants[:: 1 + len(instants) // LOOKS_BACK]:
            row = wallet_as_of(wallet, t)
            assert {name: getattr(row, name) for name in self.past[t]} == self.past[t], f"as of {t}"

    def same(self, oracle_answer, answer):
        assert answer == oracle_answer, f"the oracle says {oracle_answer}, the actions {answer}"
        outcome = self.desk.last
        if answer == ACCEPTED and getattr(outcome, "transaction_id", None):
            self.items.append((self._newest(), Transaction.objects.get(pk=outcome.transaction_id)))
        if answer == ACCEPTED and hasattr(outcome, "usable_micros"):
            assert outcome.usable_micros == self.oracle.usable(self.at)
            assert outcome.unlimited == (self.oracle.usable(self.at) is None)

    def _newest(self):
        return len(self.oracle.lines) - 1

    def amount(self, said, reference=None):
        """Micros of an amount, which may be said in words."""
        if not isinstance(said, tuple):
            return said
        word, more = said
        number = self.verbs.latest_hold(reference) if reference else None
        value = {
            "usable": self.oracle.usable(self.at) or 0,
            "own money": self.oracle.own_money(self.at) // self.oracle.unit * self.oracle.unit,
            "owed": self.oracle.owed(self.at),
            "rest": self.oracle.last_step(number, self.at).rest if number is not None else 0,
        }[word]
        return max(0, value + more)

    # Spending ---------------------------------------------------------------------------------------------------

    def charge(self, said, kind, overrun, late=None):
        micros = self.amount(said)
        occurred_at = None if late is None else self.now - late
        wanted = self.verbs.charge(self.now, micros, kind, overrun)  # when it occurred moves no posting
        self.same(wanted, self.desk.charge(text(micros), kind, overrun=overrun, occurred_at=occurred_at))

    def reserve(self, reference, said, kind, life, up_to):
        micros = self.amount(said)
        wanted = self.verbs.reserve(self.now, reference, micros, kind, life, up_to)
        self.same(wanted, self.desk.reserve(text(micros), reference, kind=kind, life=life, up_to=up_to))

    def extend(self, reference, total, longer):
        if total is None and longer is None:
            return
        expires_at = self.now + longer if longer else None
        wanted = self.verbs.extend(self.now, reference, total, expires_at)
        self.same(wanted, self.desk.extend(reference, total=text(total), expires_at=expires_at))

    def commit(self, reference, said, final, overrun):
        micros = self.amount(said, reference)
        wanted = self.verbs.commit(self.now, reference, micros, final, overrun)
        self.same(wanted, self.desk.commit(text(micros), reference, final=final, overrun=overrun))

    def release(self, reference):
        self.same(self.verbs.release(self.now, reference), self.desk.release(reference))

    def call(self, reference, said, kind, parts):
        """A hold and what happens while it is open, each compared."""
        self.run(("reserve", reference, said, kind, timedelta(days=40), False))
        for verb, *arguments in parts:
            named = [] if verb.startswith("wait") else [reference]
            self.run((verb, *named, *arguments))

    # Money ------------------------------------------------------------------------------------------------------

    def pay(self, micros):
        self.same(self.verbs.pay(self.now, micros), self.desk.pay(text(micros)))

    def give(self, micros):
        self.same(self.verbs.give(self.now, micros), self.desk.give(text(micros)))

    def take_back(self, said):
        micros = self.amount(said)
        self.same(self.verbs.take_back(self.now, micros), self.desk.take_back(text(micros)))

    def withdraw(self, said):
        micros = self.amount(said)
        self.same(self.verbs.withdraw(self.now, micros), self.desk.withdraw(text(micros)))

    def write_off(self, said):
        micros = self.amount(said)
        self.same(self.verbs.write_off(self.now, micros), self.desk.write_off(text(micros)))

    def refund(self, item, micros):
        charged = [pair for pair in self.items if pair[1].kind in CHARGES]
        if charged:
            number, line = charged[-1 - item % len(charged)]
            self.same(self.verbs.refund(self.now, number, micros), self.desk.refund(line, text(micros)))

    def reverse(self, item):
        if self.items:
            number, line = self.items[-1 - item % len(self.items)]
            self.same(self.verbs.reverse(self.now, number), self.desk.reverse(line))

    # Limits -----------------------------------------------------------------------------------------------------

    def set_permanent(self, micros):
        wanted = self.verbs.set_permanent(self.now, micros)
        self.same(wanted, self.desk.set_limit(text(micros), unlimited=micros is None, confirmed=True))

    def remove_permanent(self):
        self.same(self.verbs.remove_permanent(self.now), self.desk.remove_permanent(confirmed=True))

    def set_temporary(self, micros, lasts, starts_in):
        starts_at = self.now + starts_in if starts_in else None
        ends_at = (starts_at or self.now) + lasts
        wanted = self.verbs.set_temporary(self.now, micros, ends_at, starts_at)
        answer = self.desk.set_limit(text(micros), ends_at=ends_at, starts_at=starts_at, confirmed=True)
        self.same(wanted, answer)

    def end_temporary(self, slot):
        self.same(self.verbs.end_temporary(self.now, slot), self.desk.end_temporary(slot, confirmed=True))

    # Mode, scheme, zone, status ---------------------------------------------------------------------------------

    def switch(self, scheme, limit, keep):
        self.now = self.desk.now = self.at + timedelta(seconds=1)
        asked = {"wallet": self.desk.wallet}
        if self.oracle.mode(self.now) == "prepaid":
            wanted = self.verbs.switch_to_postpaid(self.now, scheme, limit)
            asked |= {"to": "postpaid", "scheme": scheme, "limit": text(limit), "unlimited": limit is None}
        else:
            wanted = self.verbs.switch_to_prepaid(self.now, keep)
            asked |= {"to": "prepaid", "keep_limit": keep}
        self.same(wanted, self.desk.do(modes.change_mode, **asked))

    def change_scheme(self, scheme):
        if self.oracle.scheme(self.at) not in ("", scheme):
            wanted = self.verbs.change_scheme(self.now, scheme)
            self.same(wanted, self.desk.do(modes.change_scheme, wallet=self.desk.wallet, scheme=scheme))

    def change_zone(self, zone):
        wanted = self.verbs.change_zone(self.now, zone)
        answer = self.desk.do(statuses.change_time_zone, organization=self.organization, time_zone=zone)
        self.same(wanted, answer)

    def suspend_or_resume(self):
        suspended = not self.oracle.suspended(self.at)
        verb = statuses.suspend if suspended else statuses.resume
        wanted = self.verbs.suspend(self.now, suspended)
        self.same(wanted, self.desk.do(verb, organization=self.organization))

    # The clock and the jobs -------------------------------------------------------------------------------------

    def wait(self, time):
        self.now += time

    def wait_for(self, what, ticks):
        """To the very instant at which something ends, or one tick off it."""
        period = self.oracle.period_at(self.at)
        held = Reservation.objects.open().filter(wallet=self.desk.wallet, expires_at__gt=self.now)
        instant = {
            "period": period and period[1],
            "limit": self.oracle.limit_ends_at(self.at),
            "hold": min(held.values_list("expires_at", flat=True), default=None),
        }[what]
        if instant:
            self.now = max(self.now, instant + ticks * TICK)

    def close_periods(self):
        self.verbs.close_periods(self.now)
        assert self.desk.close_periods() == ACCEPTED

    def book_limits(self):
        assert self.desk.do(limits.book_ended, wallet_pks=[self.desk.wallet.pk]) == ACCEPTED

    def book_holds(self):
        assert self.desk.do(reservations.book_expired, wallet_pks=[self.desk.wallet.pk]) == ACCEPTED


def text(micros):
    return None if micros is None else money.to_text(micros)
