"""Refunds and reversals: money goes back where it came from, and nothing is ever deleted."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from credit.actions import inputs
from credit.actions.answering import Request, answer_one
from credit.actions.authority import Raise, spend
from credit.actions.books import Account, Now
from credit.actions.charges import accepted, refuse_when_closed
from credit.actions.outcome import Outcome
from credit.actions.reasons import parse_code_of_money
from credit.actions.refusals import BadInput, Declined
from credit.actors import Actor
from credit.invoicing import credit_note
from credit.languages import Label
from credit.languages import Said as _
from credit.models import Transaction, Wallet
from credit.money import to_words
from credit.terms import CHARGES, Kind, PaymentMode, Reason

_TRANSFERS = (Kind.TRANSFER_IN, Kind.TRANSFER_OUT)
_GIVES_BACK = (Kind.REFUND, Kind.CREDIT_NOTE)


@dataclass
class Correction(Request):
    transaction: Transaction | None = None
    reason: str = ""
    reason_code: str = ""

    permission = "credit.correct_transactions"

    def parse(self) -> None:
        self.original = _known(self.transaction)
        self.reason = inputs.text(self.reason, field="reason", longest=255, required=True)

    def parse_why(self, by: Actor) -> None:
        self.reason_code = parse_code_of_money(self.reason_code, by)

    def content(self) -> dict[str, Any]:
        return {"transaction": self.original.pk, **self.said()}

    def said(self) -> dict[str, Any]:
        """What the ledger line and the audit trail keep of it."""
        return {"reason_code": self.reason_code, "reason": self.reason}

    def attempt(self) -> dict[str, Any]:
        return {"kind": Kind.REVERSAL, "amount_micros": abs(self.original.amount_micros)}

    def check(self, account: Account) -> None:
        """It was read before the wallet was locked; an old charge may have left for the archive meanwhile."""
        if not Transaction.objects.of(account.wallet).filter(pk=self.original.pk).exists():
            message = _(
                "The transaction has just left for the archive. Give credit instead, or have it restored."
            )
            raise BadInput("transaction", message, Reason.NOT_FOUND)


@dataclass
class Refund(Correction):
    """`amount` left out: all that is left of the item."""

    amount: inputs.Amount | None = None

    verb = "refund"

    def parse(self) -> None:
        super().parse()
        self.micros = None if self.amount is None else inputs.amount(self.amount)

    def content(self) -> dict[str, Any]:
        return {**super().content(), "amount": self.micros}

    def attempt(self) -> dict[str, Any]:
        return {"kind": Kind.REFUND, "amount_micros": self.micros}

    def check(self, account: Account) -> None:
        super().check(account)
        if self.original.kind not in CHARGES:
            message = _("%(Label)s: this cannot be refunded. Reverse it instead.") % {
                "Label": Label(Kind(self.original.kind).label)
            }
            raise BadInput("transaction", message, Reason.NOT_FOUND)
        if self.micros is not None and self.original.invoice_id:
            inputs.cash(self.micros, account.wallet.currency)

    def decide(self, account: Account) -> Outcome:
        refuse_when_closed(account.wallet)
        micros = _left_to_take(self.original, self.micros)
        line = put_back(account, self.original, Kind.REFUND, micros, self.said())
        return accepted(self.verb, account, line, left_micros=left_of(self.original) - micros)


@dataclass
class Reversal(Correction):
    verb = "reversal"

    def wallets(self) -> Iterable[Wallet | str]:
        """The other leg of a transfer has to be locked too."""
        legs = _legs(self.transaction) if self.transaction else []
        return [self.wallet, *(leg.wallet for leg in legs if leg != self.transaction)]

    def decide(self, account: Account) -> Outcome:
        refuse_when_closed(account.wallet)
        _refuse_irreversible(self.original)
        if self.original.kind in _TRANSFERS:
            line = self._reverse_transfer(account)
        elif self.original.kind in CHARGES:
            micros = _left_to_take(self.original, None)
            line = put_back(account, self.original, Kind.REVERSAL, micros, self.said())
        else:
            line = self._reverse_leg(account, self.original)
        return accepted(self.verb, account, line)

    def _reverse_leg(self, account: Account, leg: Transaction) -> Transaction:
        amount = -leg.amount_micros
        counted = goes_to_unbilled(account.wallet, leg)
        account.refuse_beyond_bounds(balance=0 if counted else amount, unbilled=-amount if counted else 0)
        if leg.kind not in _TRANSFERS:
            _ask_authority(account, leg, "reversal", amount, self.said())
        return account.post(Kind.REVERSAL, amount, counted=counted, original=leg, **self.said())

    def _reverse_transfer(self, account: Account) -> Transaction:
        legs = _legs(self.original)
        accounts = [account.books.accounts[leg.wallet_id] for leg in legs]
        for each in accounts:
            refuse_when_closed(each.wallet)
        for each, leg in zip(accounts, legs, strict=True):
            _ask_authority(each, leg, "reversal", -leg.amount_micros, self.said())
        lines = [self._reverse_leg(each, leg) for each, leg in zip(accounts, legs, strict=True)]
        return next(line for line in lines if line.wallet.pk == account.wallet.pk)


def refund(*, transaction: Transaction, reason: str, by: Actor, now: Now, **details: Any) -> Outcome:
    """Gives a charge back, whole or in part, at most what is left of it (`details`: amount, reason_code, key)."""
    wallet = _known(transaction).wallet
    return answer_one(
        Refund(wallet=wallet, transaction=transaction, reason=reason, **details), by=by, now=now
    )


def reverse(*, transaction: Transaction, reason: str, by: Actor, now: Now, **details: Any) -> Outcome:
    """Undoes a line that should not have been, even when it makes a debt (`details`: reason_code, key)."""
    wallet = _known(transaction).wallet
    return answer_one(
        Reversal(wallet=wallet, transaction=transaction, reason=reason, **details), by=by, now=now
    )


def _known(transaction: Transaction | None) -> Transaction:
    if not isinstance(transaction, Transaction):
        raise BadInput("transaction", _("The transaction is not known. Check it."), Reason.NOT_FOUND)
    return transaction


def left_of(item: Transaction) -> int:
    """Micros of a charge that no refund, credit note or reversal has taken yet."""
    return abs(item.amount_micros) - Transaction.objects.taken_from(item)


def put_back(
    account: Account, item: Transaction, kind: Kind, micros: int, said: Mapping[str, Any]
) -> Transaction:
    """Returns part of a charge to where it went: the open period, the balance, or a credit note."""
    details: dict[str, Any] = {"original": item, **said}
    counted = goes_to_unbilled(account.wallet, item)
    account.refuse_beyond_bounds(balance=0 if counted else micros, unbilled=-micros if counted else 0)
    _ask_authority(account, item, "refund" if kind == Kind.REFUND else "reversal", micros, said)
    if item.invoice is not None:
        kind = Kind.CREDIT_NOTE if kind == Kind.REFUND else kind
        details["invoice"] = account.books.invoice(*credit_note(item.invoice, item.kind, micros, account.at))
    return account.post(kind, micros, counted=counted, **details)


def _ask_authority(
    account: Account, item: Transaction, verb: str, micros: int, said: Mapping[str, Any]
) -> None:
    """What a person gives back raises usable credit; a system gives back what it charged, and decides nothing."""
    if account.books.by.user is not None:
        wish = {"transaction": item.pk, "amount": micros, **said}
        spend(account, Raise(verb, micros, micros, wish=wish))


def goes_to_unbilled(wallet: Wallet, item: Transaction) -> bool:
    """Where the original went; a wallet that is prepaid now takes everything on its balance."""
    return item.counted and wallet.mode == PaymentMode.POSTPAID


def _left_to_take(item: Transaction, asked: int | None) -> int:
    left = left_of(item)
    if asked is not None and asked > left:
        raise Declined(
            Reason.ALREADY_REFUNDED,
            _("%(left)s is left of this item. Ask for at most that.") % {"left": to_words(left)},
            left_micros=left,
        )
    if left == 0:
        raise Declined(Reason.ALREADY_REFUNDED, _("Nothing is left of this item."), left_micros=0)
    return left if asked is None else asked


def _refuse_irreversible(line: Transaction) -> None:
    if line.kind in (Kind.REVERSAL, Kind.ROUNDING):
        kind = Label(Kind(line.kind).label)
        raise Declined(
            Reason.NOT_REVERSIBLE,
            _("A %(kind)s cannot be reversed. Post what should stand instead.") % {"kind": kind},
        )
    if any(leg.corrections.filter(kind=Kind.REVERSAL).exists() for leg in _legs(line)):
        raise Declined(Reason.NOT_REVERSIBLE, _("The line has been reversed already."))


def _legs(line: Transaction) -> list[Transaction]:
    """Both lines of a transfer, or the line itself."""
    other = line.counterpart or line.counterparts.select_related("wallet").first()
    return [line, other] if other else [line]
