"""Giving and taking back credit: adjustments of the balance with a reason."""

from dataclasses import dataclass
from typing import Any

from credit.actions import inputs
from credit.actions.answering import Request, answer_one
from credit.actions.authority import Raise, spend
from credit.actions.books import Account, Now
from credit.actions.charges import accepted, refuse_when_closed
from credit.actions.outcome import Outcome
from credit.actions.reasons import parse_code_of_money
from credit.actions.refusals import ConfirmationNeeded
from credit.actors import Actor
from credit.languages import Said as _
from credit.models import Wallet
from credit.money import to_words
from credit.terms import Kind, Reason


@dataclass
class MoneyRequest(Request):
    """A verb of the staff: an amount of cash and a reason."""

    amount: inputs.Amount = 0
    reason: str = ""
    reason_code: str = ""
    reference: str = ""

    permission = "credit.adjust_credit"
    kind = Kind.ADJUSTMENT

    def parse(self) -> None:
        self.micros = inputs.amount(self.amount)
        self.reason = inputs.text(self.reason, field="reason", longest=255, required=True)
        self.reference = inputs.text(self.reference, field="reference", longest=128)

    def parse_why(self, by: Actor) -> None:
        self.reason_code = parse_code_of_money(self.reason_code, by)

    def content(self) -> dict[str, Any]:
        return {"amount": self.micros, **self.said()}

    def said(self) -> dict[str, Any]:
        """What the ledger line and the audit trail keep of it."""
        return {"reason_code": self.reason_code, "reason": self.reason, "reference": self.reference}

    def attempt(self) -> dict[str, Any]:
        return {"kind": self.kind, "amount_micros": self.micros, "reference": self.reference}

    def check(self, account: Account) -> None:
        inputs.cash(self.micros, account.wallet.currency)
        account.refuse_beyond_bounds(balance=self.signed())

    def signed(self) -> int:
        return -self.micros

    def ask_authority(self, account: Account) -> None:
        """What raises usable credit or lets money out is somebody's decision; counted with the wallet's increases."""
        spend(account, Raise(self.verb, self.micros, self.micros, wish=self.content()))

    def post(self, account: Account) -> Outcome:
        line = account.post(self.kind, self.signed(), **self.said())
        return accepted(self.verb, account, line)


@dataclass
class GiveCredit(MoneyRequest):
    verb = "give_credit"

    def signed(self) -> int:
        return self.micros

    def decide(self, account: Account) -> Outcome:
        refuse_when_closed(account.wallet)
        self.ask_authority(account)
        return self.post(account)


@dataclass
class TakeBackCredit(MoneyRequest):
    """`confirmed` says yes to a debt."""

    confirmed: bool = False

    verb = "take_back_credit"

    def decide(self, account: Account) -> Outcome:
        refuse_when_closed(account.wallet)
        own = account.rule["own_money_micros"]
        if self.micros > own and not self.confirmed:
            currency = account.wallet.currency
            raise ConfirmationNeeded(
                Reason.OWN_MONEY_EXCEEDED,
                _(
                    "The customer’s own money is %(own)s %(currency)s; taking back %(micros)s makes a "
                    "debt of %(micros2)s %(currency)s. Confirm it, or take back less."
                )
                % {
                    "own": to_words(own),
                    "currency": currency,
                    "micros": to_words(self.micros),
                    "micros2": to_words(self.micros - max(0, own)),
                },
                field="amount",
                own_money_micros=own,
            )
        return self.post(account)


def give_credit(
    *, wallet: Wallet | str, amount: inputs.Amount, reason: str, by: Actor, now: Now, **details: Any
) -> Outcome:
    return answer_one(GiveCredit(wallet=wallet, amount=amount, reason=reason, **details), by=by, now=now)


def take_back_credit(
    *, wallet: Wallet | str, amount: inputs.Amount, reason: str, by: Actor, now: Now, **details: Any
) -> Outcome:
    """At most own money, unless the debt it makes is `confirmed`."""
    return answer_one(TakeBackCredit(wallet=wallet, amount=amount, reason=reason, **details), by=by, now=now)
