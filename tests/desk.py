"""A finance desk for tests: the verbs on one wallet at one instant, answered by a word."""

from decimal import Decimal

from credit.actions import (
    charges,
    closes,
    corrections,
    credits,
    limits,
    payments,
    reservations,
    withdrawals,
)
from credit.actions.outcome import Outcome
from credit.actions.refusals import NotDone
from credit.actors import Actor
from credit.models import Transaction, Wallet
from tests.factories import NOON, a_wallet, micros

FINANCE = Actor.system("Finance")
ACCEPTED = "accepted"


class Desk:
    """`desk.charge("10")` answers "accepted" or a reason code; `desk.last` is the outcome or refusal behind it."""

    def __init__(self, wallet, now=NOON, by=FINANCE):
        self.wallet = wallet
        self.now = now
        self.by = by
        self.last = None

    def do(self, verb, **asked):
        try:
            self.last = verb(by=self.by, now=self.now, **asked)
        except NotDone as refusal:
            self.last = refusal
            return str(refusal.reason)
        if isinstance(self.last, Outcome) and not self.last.accepted:
            return str(self.last.reason)
        return ACCEPTED

    def decide(self, verb, **asked):
        """A person says why by a code, too."""
        return self.do(verb, **(({"reason_code": "other"} if self.by.decides else {}) | asked))

    # Charges and holds

    def charge(self, amount, kind="call", **more):
        return self.do(charges.charge, wallet=self.wallet, amount=amount, kind=kind, **more)

    def reserve(self, amount, reference="call-1", **more):
        return self.do(reservations.reserve, wallet=self.wallet, amount=amount, reference=reference, **more)

    def extend(self, reference="call-1", **more):
        return self.do(reservations.extend, wallet=self.wallet, reference=reference, **more)

    def commit(self, amount=None, reference="call-1", **more):
        return self.do(reservations.commit, wallet=self.wallet, amount=amount, reference=reference, **more)

    def release(self, reference="call-1", **more):
        return self.do(reservations.release, wallet=self.wallet, reference=reference, **more)

    # Money

    def pay(self, amount, **more):
        return self.do(payments.record_payment, wallet=self.wallet, amount=amount, **more)

    def give(self, amount, **more):
        return self.decide(credits.give_credit, wallet=self.wallet, amount=amount, reason="goodwill", **more)

    def take_back(self, amount, **more):
        return self.decide(
            credits.take_back_credit, wallet=self.wallet, amount=amount, reason="mistake", **more
        )

    def withdraw(self, amount, **more):
        return self.decide(
            withdrawals.withdraw, wallet=self.wallet, amount=amount, reason="asked for", **more
        )

    def write_off(self, amount, **more):
        return self.decide(
            withdrawals.write_off, wallet=self.wallet, amount=amount, reason="insolvent", **more
        )

    def refund(self, line, amount=None, **more):
        return self.decide(corrections.refund, transaction=line, amount=amount, reason="complaint", **more)

    def reverse(self, line, **more):
        return self.decide(corrections.reverse, transaction=line, reason="typed twice", **more)

    # Limits and closes

    def set_limit(self, amount=None, **more):
        return self.decide(limits.set_limit, wallet=self.wallet, amount=amount, **more)

    def end_temporary(self, slot="temporary", **more):
        return self.decide(limits.end_temporary, wallet=self.wallet, slot=slot, **more)

    def remove_permanent(self, **more):
        return self.decide(limits.remove_permanent, wallet=self.wallet, **more)

    def close_periods(self):
        return self.do(closes.close, wallet_pks=[self.wallet.pk])

    # Reading

    def read(self, at=None):
        now = self.now() if callable(self.now) else self.now
        return Wallet.objects.at(at or now).get(pk=self.wallet.pk)

    def amount(self, name, at=None):
        """`desk.amount("usable")`: a Decimal-free reading in micros."""
        return getattr(self.read(at), f"{name}_micros")

    def is_(self, at=None, **amounts):
        """Whether each named amount is what the test says: `desk.is_(usable="40", live_reserved="60")`."""
        row = self.read(at)
        seen = {name: getattr(row, f"{name}_micros") for name in amounts}
        assert seen == {name: micros(amount) for name, amount in amounts.items()}
        return True

    def lines(self):
        return list(Transaction.objects.filter(wallet=self.wallet).order_by("sequence"))

    def last_line(self):
        return self.lines()[-1]

    def books_are_straight(self):
        """Gap-free, each line with the balance after it, and their sum is what the row says (section 2)."""
        lines, row, balance = self.lines(), Wallet.objects.get(pk=self.wallet.pk), 0
        assert [line.sequence for line in lines] == list(range(1, len(lines) + 1))
        for line in lines:
            balance += line.amount_micros
            assert line.current_balance_after_micros == balance
        assert balance == row.balance_micros - row.closing_micros - row.unbilled_micros
        assert row.last_sequence == len(lines)
        return True


def a_desk(balance="0", unbilled="0", now=NOON, **columns):
    """A desk over a wallet whose start is in its ledger: money paid in, debt and unbilled charged as delivered."""
    desk = Desk(a_wallet(**columns), now)
    if Decimal(balance) > 0:
        assert desk.give(balance) == ACCEPTED
    if Decimal(balance) < 0:
        postpaid = desk.wallet.mode == "postpaid"
        kind = "hardware" if postpaid else "call"
        assert not postpaid or desk.wallet.scheme == "individual", (
            "only a purchase makes an amount due at once"
        )
        assert desk.charge(balance.lstrip("-"), kind, overrun=True) == ACCEPTED
    if Decimal(unbilled) > 0:
        assert desk.charge(unbilled, overrun=True) == ACCEPTED
    return desk
