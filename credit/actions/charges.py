"""Charging: one line or a thousand, through the same path."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from credit import rules
from credit.actions import inputs, plain
from credit.actions.answering import Request, answer, answer_one
from credit.actions.authority import Raise, is_bound, spend
from credit.actions.books import Account, Now
from credit.actions.outcome import Outcome
from credit.actions.refusals import BadInput, Declined, require
from credit.actors import Actor
from credit.invoicing import purchase_invoice
from credit.languages import Said as _
from credit.models import Transaction, Wallet
from credit.money import to_words
from credit.terms import Reason


@dataclass
class Line(Request):
    """A charge. `amount` is a decimal; `overrun` says that the service was delivered and must be charged in full."""

    amount: inputs.Amount = 0
    kind: str = ""
    currency: str | None = None
    reference: str = ""
    description: str = ""
    occurred_at: datetime | None = None
    overrun: bool = False

    verb = "charge"
    permission = "credit.post_charges"

    def parse(self) -> None:
        self.micros = inputs.amount(self.amount, zero=True)
        self.kind = inputs.charge_kind(self.kind)
        self.reference = inputs.text(self.reference, field="reference", longest=128)
        self.description = inputs.text(self.description, field="description", longest=255)
        self.occurred_at = inputs.instant(self.occurred_at, field="occurred_at")

    def content(self) -> dict[str, Any]:
        sent = ("kind", "currency", "reference", "description", "occurred_at", "overrun")
        return {"amount": self.micros, **{name: getattr(self, name) for name in sent}}

    def attempt(self) -> dict[str, Any]:
        return {"kind": self.kind, "amount_micros": self.micros, "reference": self.reference}

    def is_plain(self, by: Actor) -> bool:
        return not self.overrun or (by.may("credit.overrun") and not _decides(by))

    def check(self, account: Account) -> None:
        refuse_other_currency(self.currency, account.wallet)
        refuse_far_ahead(self.occurred_at, account.at)
        refuse_more_decimals(account.wallet, self.kind, self.micros)
        refuse_beyond_charge_bounds(account, self.kind, self.micros)

    def decide(self, account: Account) -> Outcome:
        refuse_when_closed(account.wallet)
        if self.overrun:
            require(account.books.by, "credit.overrun", _("charge beyond the limit"))
            spend_beyond_usable(account, self.verb, self.kind, self.micros)
        else:
            self._ask_the_limit(account)
        line = post_charge(
            account,
            self.kind,
            self.micros,
            reference=self.reference,
            description=self.description,
            occurred_at=self.occurred_at,
            overrun=self.overrun,
        )
        return accepted(self.verb, account, line)

    def _ask_the_limit(self, account: Account) -> None:
        wallet = account.wallet
        refuse_when_suspended(wallet)
        if rules.is_invoiced_at_once(wallet.mode, wallet.scheme, self.kind) or self.micros == 0:
            return
        refuse_beyond_usable(account, self.micros)


def post(*, lines: Sequence[Request], atomic: bool = False, by: Actor, now: Now) -> list[Outcome]:
    """One outcome per line, in order; bad input stands in its line's outcome and stores nothing."""
    return answer(lines, by=by, now=now, atomic=atomic)


def charge(
    *, wallet: Wallet | str, amount: inputs.Amount, kind: str, by: Actor, now: Now, **details: Any
) -> Outcome:
    """Accepted or declined; BadInput or Refused where nothing is stored. `details` are the fields of a Line."""
    return answer_one(Line(wallet=wallet, amount=amount, kind=kind, **details), by=by, now=now)


def spend_beyond_usable(account: Account, verb: str, kind: str, micros: int) -> None:
    """What a person charges beyond the limit, or commits beyond hold and limit, is credit that they give."""
    wallet = account.wallet
    is_gated = not rules.is_invoiced_at_once(wallet.mode, wallet.scheme, kind)
    if is_gated and _decides(account.books.by) and not account.covers(micros):
        over = micros - max(0, account.usable or 0)
        spend(account, Raise(verb, over, over))


def _decides(by: Actor) -> bool:
    """A person with a decision of their own; not one who hands in what a system measured."""
    return by.user is not None and not by.is_delivered and is_bound(by)


# -- what other verbs that charge share


def refuse_other_currency(currency: str | None, wallet: Wallet) -> None:
    if currency and currency != wallet.currency:
        message = _(
            "Currency is %(currency)s, but the wallet is in %(currency2)s. Amounts are never converted."
        ) % {"currency": currency, "currency2": wallet.currency}
        raise BadInput("currency", message, Reason.CURRENCY_MISMATCH)


def refuse_far_ahead(occurred_at: datetime | None, at: datetime) -> None:
    if occurred_at and occurred_at - at > plain.FARTHEST_AHEAD:
        raise BadInput(
            "occurred_at", _("Occurred at lies more than 24 hours ahead. Check the date and the zone.")
        )


def refuse_more_decimals(wallet: Wallet, kind: str, micros: int) -> None:
    """A purchase that is invoiced at once is cash."""
    if rules.is_invoiced_at_once(wallet.mode, wallet.scheme, kind):
        inputs.cash(micros, wallet.currency)


def refuse_beyond_charge_bounds(account: Account, kind: str, micros: int, *, out_of_hold: int = 0) -> None:
    wallet = account.wallet
    counted = rules.is_counted(wallet.mode, wallet.scheme, kind)
    account.refuse_beyond_bounds(
        balance=0 if counted else -micros, unbilled=micros if counted else 0, reserved=-out_of_hold
    )


def refuse_when_closed(wallet: Wallet) -> None:
    if wallet.closed_at:
        raise Declined(
            Reason.WALLET_CLOSED,
            _("Wallet %(wallet_id)s is closed. Reopen it to post on it.") % {"wallet_id": wallet.wallet_id},
        )


def refuse_when_suspended(wallet: Wallet) -> None:
    if wallet.organization_status == "suspended":
        raise Declined(Reason.ORGANIZATION_SUSPENDED, _("The organization is suspended. Resume it first."))


def refuse_beyond_usable(account: Account, micros: int, *, given_back: int = 0) -> None:
    """`a ≤ usable`: equality passes. `given_back` is the rest of a hold that the new one replaces."""
    if not account.covers(micros - given_back):
        usable = (account.usable or 0) + given_back
        currency = account.wallet.currency
        raise Declined(
            Reason.CREDIT_LIMIT_EXCEEDED,
            _("%(micros)s %(currency)s asked, %(usable)s %(currency)s usable.")
            % {"micros": to_words(micros), "currency": currency, "usable": to_words(usable)},
            requested_micros=micros,
        )


def post_charge(account: Account, kind: str, micros: int, **details: Any) -> Transaction:
    """The ledger line of a charge that was let through, with an invoice of its own where the scheme wants one."""
    wallet = account.wallet
    if rules.is_invoiced_at_once(wallet.mode, wallet.scheme, kind):
        invoice = account.books.invoice(*purchase_invoice(wallet, kind, micros, account.at))
        return account.post(kind, -micros, invoice=invoice, **details)
    counted = rules.is_counted(wallet.mode, wallet.scheme, kind)
    return account.spend(kind, micros, counted=counted, **details)


def accepted(verb: str, account: Account, line: Transaction | None, **details: Any) -> Outcome:
    """The answer of a verb that was done, with what the customer can spend now."""
    outcome = Outcome(
        verb=verb,
        accepted=True,
        amount_micros=abs(line.amount_micros) if line else None,
        current_balance_micros=account.current_balance,
        line=line,
        details=details,
    )
    account.tell_usable(outcome)
    return outcome
