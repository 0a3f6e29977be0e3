"""Money in and out as panels: payment, credit, withdrawal, transfer, write-off, refund, reversal, release."""

from typing import Any

from django.conf import settings
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from credit import display
from credit.actions import corrections, credits, payments, reservations, transfers, withdrawals
from credit.actions.outcome import Outcome
from credit.actions.refusals import Declined
from credit.actors import Actor
from credit.forms.corrections import RefundForm, ReleaseForm, ReverseForm
from credit.forms.credits import AdjustCreditForm, TransferForm, WithdrawForm, WriteOffForm, reachable_from
from credit.forms.money import VerbForm
from credit.forms.payments import PaymentForm
from credit.models import Reservation, Transaction
from credit.views.verbs import VerbPanel, Words


def accepted(outcome: Outcome) -> Outcome:
    """A decline is an answer of the action; in a form it is a reason to mend the input."""
    if not outcome.accepted:
        field = (
            "amount" if outcome.reason in ("own_money_exceeded", "invalid_amount", "already_refunded") else ""
        )
        raise Declined(outcome.reason, outcome.message, field=field)
    return outcome


class AddPayment(VerbPanel):
    permission_required = "credit.record_payment"
    form_class = PaymentForm
    title = "Add payment"
    button = "Add payment"
    button_after_question = "Add another payment"

    def initial(self) -> dict[str, Any]:
        today = display.local(timezone.now(), settings.PORTAL_TIME_ZONE).date()
        return {"received_on": today, "method": "bank_transfer"}

    def about(self, form: VerbForm) -> dict[str, Any]:
        owed = self.wallet.owed_micros
        fact = (
            f"Owed now: {self.money(owed)}. A payment clears that first."
            if owed
            else "Nothing is owed: the payment becomes own money."
        )
        return {"facts": [fact], "confirm_words": "Yes, this is another payment with the same reference"}

    def act(self, given: dict[str, Any], by: Actor) -> Words:
        details = {name: given[name] for name in ("received_on", "method", "reference", "remark", "key")}
        outcome = accepted(
            payments.record_payment(
                wallet=self.wallet,
                amount=given["amount"],
                another=given["confirmed"],
                by=by,
                now=timezone.now,
                **details,
            )
        )
        paid = self.money(outcome.amount_micros or 0)
        if recorded_by := outcome.details.get("recorded_by"):
            return f"Already recorded by {recorded_by}: {paid}. Nothing was added.", "warn"
        cleared = outcome.details.get("cleared_micros", 0)
        debt = f"It cleared {self.money(cleared)} of debt. " if cleared else ""
        return f"Recorded {paid}. {debt}{self.usable_now()}"


class AdjustCredit(VerbPanel):
    permission_required = "credit.adjust_credit"
    form_class = AdjustCreditForm
    title = "Give or take back credit"
    button_after_question = "Take back and make the debt"

    def about(self, form: VerbForm) -> dict[str, Any]:
        own = self.money(max(0, self.wallet.own_money_micros))
        fact = f"Own money now: {own}. Taking back more than that makes a debt and asks for a yes."
        return {"facts": [fact], "confirm_words": "Yes, take it back and make the debt"}

    def act(self, given: dict[str, Any], by: Actor) -> Words:
        said = {
            "wallet": self.wallet,
            "amount": given["amount"],
            "reason": given["reason"],
            "key": given["key"],
        }
        if given["direction"] == "give":
            outcome = accepted(credits.give_credit(**said, by=by, now=timezone.now))
            return f"Gave {self.money(outcome.amount_micros or 0)}. {self.usable_now()}"
        outcome = accepted(
            credits.take_back_credit(**said, confirmed=given["confirmed"], by=by, now=timezone.now)
        )
        return f"Took back {self.money(outcome.amount_micros or 0)}. {self.usable_now()}"


class Withdraw(VerbPanel):
    permission_required = "credit.withdraw_money"
    form_class = WithdrawForm
    title = "Withdraw"
    button = "Withdraw"

    def about(self, form: VerbForm) -> dict[str, Any]:
        return {"facts": [own_money_fact(self)]}

    def act(self, given: dict[str, Any], by: Actor) -> Words:
        said = {name: given[name] for name in ("amount", "reason", "reference", "key")}
        outcome = accepted(withdrawals.withdraw(wallet=self.wallet, by=by, now=timezone.now, **said))
        return f"Withdrew {self.money(outcome.amount_micros or 0)}. {self.usable_now()}"


class Transfer(VerbPanel):
    permission_required = "credit.withdraw_money"
    form_class = TransferForm
    title = "Transfer to another wallet"
    button = "Transfer"

    def form_arguments(self) -> dict[str, Any]:
        return {"source": self.wallet}

    def about(self, form: VerbForm) -> dict[str, Any]:
        if reachable_from(self.wallet).exists():
            return {"facts": [own_money_fact(self)]}
        why = f"This organization has no other open wallet in {self.wallet.currency}, so nothing can be transferred."
        return {"facts": [why], "is_impossible": True}

    def act(self, given: dict[str, Any], by: Actor) -> Words:
        said = {name: given[name] for name in ("target", "amount", "reason", "key")}
        outcome = accepted(transfers.transfer(source=self.wallet, by=by, now=timezone.now, **said))
        moved = self.money(outcome.amount_micros or 0)
        return f"Moved {moved} to {given['target'].wallet_id}. {self.usable_now()}"


class WriteOff(VerbPanel):
    permission_required = "credit.write_off_debt"
    form_class = WriteOffForm
    title = "Write off what is owed"
    button = "Write off"
    is_harmful = True

    def initial(self) -> dict[str, Any]:
        owed = self.wallet.owed_micros
        return {"amount": display.exact(owed, self.wallet.currency).replace(",", "")} if owed else {}

    def about(self, form: VerbForm) -> dict[str, Any]:
        owed = display.exact(self.wallet.owed_micros, self.wallet.currency)
        return {
            "facts": [f"At most what is owed and not running can be given up: {owed} {self.wallet.currency}."]
        }

    def act(self, given: dict[str, Any], by: Actor) -> Words:
        said = {name: given[name] for name in ("amount", "reason", "key")}
        outcome = accepted(withdrawals.write_off(wallet=self.wallet, by=by, now=timezone.now, **said))
        return f"Wrote off {self.money(outcome.amount_micros or 0)}. {self.usable_now()}"


def own_money_fact(panel: VerbPanel) -> str:
    return f"At most own money can leave, never credit: {panel.money(max(0, panel.wallet.own_money_micros))}."


# --- corrections of a line --------------------------------------------------------------------------------------------


class LinePanel(VerbPanel):
    permission_required = "credit.correct_transactions"

    def load(self, **names: Any) -> None:
        super().load(**names)
        lines = Transaction.objects.of(self.wallet).select_related("invoice", "counterpart")
        self.line = get_object_or_404(lines, sequence=names["sequence"])
        self.line.wallet = self.wallet

    def line_words(self) -> str:
        line = self.line
        when = display.day_and_time(line.posted_at, self.wallet.time_zone, timezone.now())
        amount = display.exact(line.amount_micros, self.wallet.currency)
        return f"{line.get_kind_display()} of {when}: {amount} {self.wallet.currency}. {line.description}"


class Refund(LinePanel):
    form_class = RefundForm
    title = "Refund"
    button = "Refund"

    def initial(self) -> dict[str, Any]:
        left = corrections.left_of(self.line)
        return {"amount": display.exact(left, self.wallet.currency).replace(",", "")}

    def about(self, form: VerbForm) -> dict[str, Any]:
        left = display.exact(corrections.left_of(self.line), self.wallet.currency)
        goes = (
            "the running month’s unbilled amount"
            if corrections.goes_to_unbilled(self.wallet, self.line)
            else "the balance"
        )
        where = "a credit note" if self.line.invoice_id else goes
        facts = [
            self.line_words(),
            f"{left} {self.wallet.currency} is left of it. The refund goes to {where}.",
        ]
        whole = reverse("reverse", args=[self.wallet.wallet_id, self.line.sequence])
        return {
            "facts": facts,
            "instead": {"url": whole, "words": "It should never have been posted: reverse it instead"},
        }

    def act(self, given: dict[str, Any], by: Actor) -> Words:
        said = {name: given[name] for name in ("amount", "reason", "key")}
        outcome = accepted(corrections.refund(transaction=self.line, by=by, now=timezone.now, **said))
        return f"Refunded {self.money(outcome.amount_micros or 0)}. {self.usable_now()}"


class Reverse(LinePanel):
    form_class = ReverseForm
    title = "Reverse"
    button = "Reverse"
    is_harmful = True

    def about(self, form: VerbForm) -> dict[str, Any]:
        return {
            "facts": [
                self.line_words(),
                "The reversal is a line of its own. It is booked even when it makes a debt.",
            ]
        }

    def act(self, given: dict[str, Any], by: Actor) -> Words:
        said = {"reason": given["reason"], "key": given["key"]}
        outcome = accepted(corrections.reverse(transaction=self.line, by=by, now=timezone.now, **said))
        return f"Reversed {self.money(outcome.amount_micros or 0)}. {self.usable_now()}"


class ReleaseReservation(VerbPanel):
    permission_required = "credit.post_charges"
    form_class = ReleaseForm
    title = "Release reservation"
    button = "Release"
    is_harmful = True

    def load(self, **names: Any) -> None:
        super().load(**names)
        self.hold = Reservation.objects.filter(wallet=self.wallet, pk=names["pk"]).first()
        if self.hold is None:
            raise Http404("No such reservation.")

    def about(self, form: VerbForm) -> dict[str, Any]:
        held = display.exact(self.hold.rest_micros, self.wallet.currency)
        what = f"{self.hold.get_kind_display()} {self.hold.reference}: {held} {self.wallet.currency} held."
        return {"facts": [what, "What is still going on can no longer be charged from it."]}

    def act(self, given: dict[str, Any], by: Actor) -> Words:
        accepted(
            reservations.release(
                wallet=self.wallet, reference=self.hold.reference, key=given["key"], by=by, now=timezone.now
            )
        )
        return f"Released {self.hold.reference}. {self.usable_now()}"
