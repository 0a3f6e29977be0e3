"""Payments: they clear debt by plain arithmetic and never lower a limit."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef

from credit.actions import inputs
from credit.actions.answering import Request, answer_one
from credit.actions.books import Account, Now
from credit.actions.charges import accepted, refuse_other_currency, refuse_when_closed
from credit.actions.outcome import Outcome
from credit.actions.plain import FARTHEST_AHEAD
from credit.actions.refusals import BadInput, ConfirmationNeeded
from credit.actors import Actor
from credit.languages import Said as _
from credit.models import Payment, PaymentMethod, Transaction, Wallet
from credit.money import to_words
from credit.periods import local_day
from credit.terms import Kind, Reason


@dataclass
class PaymentLine(Request):
    """A payment; `another` confirms that a used reference really stands for one more payment."""

    amount: inputs.Amount = 0
    received_on: date | None = None
    method: str | None = None
    reference: str = ""
    remark: str = ""
    currency: str | None = None
    another: bool = False

    verb = "payment"
    permission = "credit.record_payment"

    def parse(self) -> None:
        self.micros = inputs.amount(self.amount)
        self.reference = inputs.text(self.reference, field="reference", longest=128)
        self.remark = inputs.text(self.remark, field="remark", longest=255)
        if self.method is not None and self.method not in PaymentMethod.values:
            raise BadInput(
                "method",
                _("Method %(method)r is not known. Use one of %(values)s.")
                % {"method": self.method, "values": ", ".join(PaymentMethod.values)},
            )
        if self.received_on is not None and type(self.received_on) is not date:
            raise BadInput("received_on", _("Received on must be a date, such as 2026-11-30."))

    def content(self) -> dict[str, Any]:
        sent = ("method", "reference", "remark", "currency", "received_on")
        return {"amount": self.micros, **{name: getattr(self, name) for name in sent}}

    def attempt(self) -> dict[str, Any]:
        return {"kind": Kind.PAYMENT, "amount_micros": self.micros, "reference": self.reference}

    def check(self, account: Account) -> None:
        refuse_other_currency(self.currency, account.wallet)
        inputs.cash(self.micros, account.wallet.currency)
        refuse_still_to_come(self.received_on, account)
        account.refuse_beyond_bounds(balance=self.micros)

    def decide(self, account: Account) -> Outcome:
        refuse_when_closed(account.wallet)
        received_on = self.received_on or local_day(account.at, account.wallet.time_zone)
        if recorded := self._recorded(account, received_on):
            return recorded
        cleared = min(self.micros, account.rule["owed_micros"])
        line = account.post(Kind.PAYMENT, self.micros, reference=self.reference, description=self.remark)
        payment = Payment(
            wallet=account.wallet,
            transaction=line,
            method=self.method or PaymentMethod.BANK_TRANSFER,
            received_on=received_on,
            reference=self.reference,
            remark=self.remark,
        )
        account.books.add(payment)
        return accepted(self.verb, account, line, cleared_micros=cleared)

    def _recorded(self, account: Account, received_on: date) -> Outcome | None:
        """The same payment again, or a refusal because the reference stands for another one."""
        if not self.reference:
            return None
        account.books.write()  # a payment of this very batch counts too
        used = _standing_payments(account.wallet, self.reference)
        for payment in used:
            if payment.received_on == received_on and payment.transaction.amount_micros == self.micros:
                return _already(payment, account)
        if used and not self.another:
            first = used[0]
            raise ConfirmationNeeded(
                Reason.REFERENCE_USED,
                _(
                    "Reference %(reference)s was used for %(amount)s %(currency)s received on "
                    "%(received_on)s. Confirm that this is another payment."
                )
                % {
                    "reference": self.reference,
                    "amount": to_words(first.transaction.amount_micros),
                    "currency": account.wallet.currency,
                    "received_on": first.received_on,
                },
                field="reference",
            )
        return None


def refuse_still_to_come(received_on: date | None, account: Account) -> None:
    """Pending money is not usable (product.md section 10). A bank may be a day ahead of the customer."""
    if received_on and received_on > local_day(account.at + FARTHEST_AHEAD, account.wallet.time_zone):
        raise BadInput(
            "received_on", _("Received on lies ahead. Record a payment when the money has arrived.")
        )


def record_payment(
    *, wallet: Wallet | str, amount: inputs.Amount, by: Actor, now: Now, **details: Any
) -> Outcome:
    """Records a payment (`details`: a PaymentLine's fields); the outcome says the debt it cleared, `cleared_micros`.

    The same reference, amount and date again answers with the first one, replayed; the same reference with anything
    else raises ConfirmationNeeded(reference_used) until `another=True`.
    """
    return answer_one(PaymentLine(wallet=wallet, amount=amount, **details), by=by, now=now)


def _standing_payments(wallet: Wallet, reference: str) -> list[Payment]:
    """Payments under the reference that were not reversed."""
    payments = Payment.objects.filter(wallet=wallet, transaction__wallet=wallet, reference=reference)
    reversals = Transaction.objects.filter(
        wallet=OuterRef("wallet"), original=OuterRef("transaction"), kind=Kind.REVERSAL
    )
    return list(payments.exclude(Exists(reversals)).select_related("transaction").order_by("pk"))


def _already(payment: Payment, account: Account) -> Outcome:
    line = payment.transaction
    outcome = accepted(
        "payment", account, line, recorded_by=line.by_name, recorded_at=line.posted_at.isoformat()
    )
    outcome.replayed = True
    outcome.message = _("Already recorded by %(by_name)s.") % {"by_name": line.by_name}
    return outcome
