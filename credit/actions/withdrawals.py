"""Money that leaves a wallet: at most own money, never credit. And debt that the provider gives up."""

from dataclasses import dataclass
from typing import Any

from credit.actions import inputs
from credit.actions.answering import answer_one
from credit.actions.books import Account, Now
from credit.actions.charges import refuse_when_closed, refuse_when_suspended
from credit.actions.credits import MoneyRequest
from credit.actions.outcome import Outcome
from credit.actions.refusals import Declined
from credit.actors import Actor
from credit.languages import Said as _
from credit.models import Wallet
from credit.money import to_words
from credit.terms import Kind, Reason


@dataclass
class Withdrawal(MoneyRequest):
    verb = "withdrawal"
    permission = "credit.withdraw_money"
    kind = Kind.WITHDRAWAL

    def decide(self, account: Account) -> Outcome:
        refuse_when_closed(account.wallet)
        refuse_when_suspended(account.wallet)
        refuse_beyond_own_money(account, self.micros)
        self.ask_authority(account)
        return self.post(account)


@dataclass
class WriteOff(MoneyRequest):
    """Carries six decimals, so that a debt can be given up to the last digit."""

    verb = "write_off"
    permission = "credit.write_off_debt"
    kind = Kind.WRITE_OFF

    def signed(self) -> int:
        return self.micros

    def check(self, account: Account) -> None:
        account.refuse_beyond_bounds(balance=self.micros)

    def decide(self, account: Account) -> Outcome:
        refuse_when_closed(account.wallet)
        owed = account.rule["owed_micros"]
        if self.micros > owed:
            message = _("At most what is owed can be written off: %(owed)s %(currency)s.") % {
                "owed": to_words(owed),
                "currency": account.wallet.currency,
            }
            raise Declined(Reason.INVALID_AMOUNT, message, owed_micros=owed)
        self.ask_authority(account)
        return self.post(account)


def withdraw(
    *, wallet: Wallet | str, amount: inputs.Amount, reason: str, by: Actor, now: Now, **details: Any
) -> Outcome:
    return answer_one(Withdrawal(wallet=wallet, amount=amount, reason=reason, **details), by=by, now=now)


def write_off(
    *, wallet: Wallet | str, amount: inputs.Amount, reason: str, by: Actor, now: Now, **details: Any
) -> Outcome:
    """At most max(0, closing − balance); needs the right to write off."""
    return answer_one(WriteOff(wallet=wallet, amount=amount, reason=reason, **details), by=by, now=now)


def refuse_beyond_own_money(account: Account, micros: int) -> None:
    own = account.rule["own_money_micros"]
    if micros > own:
        message = _("At most the customer’s own money can leave: %(value)s %(currency)s.") % {
            "value": to_words(max(0, own)),
            "currency": account.wallet.currency,
        }
        raise Declined(Reason.OWN_MONEY_EXCEEDED, message, own_money_micros=own)
