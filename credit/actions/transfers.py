"""Moving own money between two wallets of one organization and currency."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from credit.actions import inputs
from credit.actions.answering import answer_one
from credit.actions.books import Account, Now
from credit.actions.charges import accepted, refuse_when_closed, refuse_when_suspended
from credit.actions.credits import MoneyRequest
from credit.actions.outcome import Outcome
from credit.actions.refusals import BadInput
from credit.actions.withdrawals import refuse_beyond_own_money
from credit.actors import Actor
from credit.languages import Said as _
from credit.models import Wallet
from credit.terms import Kind, Reason


@dataclass
class Transfer(MoneyRequest):
    target: Wallet | None = None

    verb = "transfer"
    permission = "credit.withdraw_money"
    kind = Kind.TRANSFER_OUT

    def wallets(self) -> Iterable[Wallet | str]:
        return (self.wallet, self.target) if self.target else (self.wallet,)

    def parse(self) -> None:
        super().parse()
        if not isinstance(self.target, Wallet):
            raise BadInput(
                "target", _("The wallet to transfer to is not known. Check the Wallet ID."), Reason.NOT_FOUND
            )

    def content(self) -> dict[str, Any]:
        return {**super().content(), "target": self.target.wallet_id if self.target else ""}

    def check(self, account: Account) -> None:
        source, target = account.wallet, self._target(account).wallet
        if source.pk == target.pk:
            raise BadInput("target", _("That is the same wallet. Choose another one."), Reason.SAME_WALLET)
        if source.organization_id != target.organization_id:
            raise BadInput("target", _("Money moves only between wallets of one organization."))
        if source.currency != target.currency:
            message = _(
                "One wallet is in %(currency)s, the other in %(currency2)s; nothing is converted."
            ) % {"currency": source.currency, "currency2": target.currency}
            raise BadInput("target", message, Reason.CURRENCY_MISMATCH)
        super().check(account)
        self._target(account).refuse_beyond_bounds(balance=self.micros)

    def decide(self, account: Account) -> Outcome:
        target = self._target(account)
        refuse_when_closed(account.wallet)
        refuse_when_closed(target.wallet)
        refuse_when_suspended(account.wallet)
        refuse_beyond_own_money(account, self.micros)
        self.ask_authority(account)
        details: dict[str, Any] = self.said()
        line = account.post(Kind.TRANSFER_OUT, -self.micros, **details)
        account.books.write_lines()  # the leg that arrives names the leg that left
        target.post(Kind.TRANSFER_IN, self.micros, counterpart=line, **details)
        return accepted(self.verb, account, line, target=target.wallet.wallet_id)

    def _target(self, account: Account) -> Account:
        assert self.target is not None
        return account.books[self.target]


def transfer(
    *, source: Wallet, target: Wallet, amount: inputs.Amount, reason: str, by: Actor, now: Now, **details: Any
) -> Outcome:
    """Two legs in one step; at most the source's own money."""
    request = Transfer(wallet=source, target=target, amount=amount, reason=reason, **details)
    return answer_one(request, by=by, now=now)
