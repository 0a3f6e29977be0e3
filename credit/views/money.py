"""Money in and out as panels: payment, credit, withdrawal, transfer, write-off, refund, reversal, release."""

from typing import Any

from django.conf import settings
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

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
    title = gettext_lazy("Add payment")
    button = gettext_lazy("Add payment")
    button_after_question = gettext_lazy("Add another payment")

    def initial(self) -> dict[str, Any]:
        today = display.local(timezone.now(), settings.PORTAL_TIME_ZONE).date()
        return {"received_on": today, "method": "bank_transfer"}

    def about(self, form: VerbForm) -> dict[str, Any]:
        owed = self.wallet.owed_micros
        fact = (
            _("Owed now: %(owed)s. A payment clears that first.") % {"owed": self.money(owed)}
            if owed
            else _("Nothing is owed: the payment becomes own money.")
        )
        return {"facts": [fact], "confirm_words": _("Yes, this is another payment with the same reference")}

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
            return _("Already recorded by %(recorded_by)s: %(paid)s. Nothing was added.") % {
                "recorded_by": recorded_by,
                "paid": paid,
            }, "warn"
        cleared = outcome.details.get("cleared_micros", 0)
        debt = _("It cleared %(cleared)s of debt. ") % {"cleared": self.money(cleared)} if cleared else ""
        return _("Recorded %(paid)s. %(debt)s%(usable_now)s") % {
            "paid": paid,
            "debt": debt,
            "usable_now": self.usable_now(),
        }


class AdjustCredit(VerbPanel):
    permission_required = "credit.adjust_credit"
    form_class = AdjustCreditForm
    title = gettext_lazy("Give or take back credit")
    button_after_question = gettext_lazy("Take back and make the debt")

    def about(self, form: VerbForm) -> dict[str, Any]:
        own = self.money(max(0, self.wallet.own_money_micros))
        fact = _(
            "Own money now: %(own)s. To take back more makes a debt, and you are asked to confirm it."
        ) % {"own": own}
        lasts = _(
            "It changes the balance for good. Credit until a day is a temporary limit: Set credit limit."
        )
        return {"facts": [lasts, fact], "confirm_words": _("Yes, take it back and make the debt")}

    def act(self, given: dict[str, Any], by: Actor) -> Words:
        said = {
            "wallet": self.wallet,
            "amount": given["amount"],
            "reason_code": given["reason_code"],
            "reason": given["reason"],
            "key": given["key"],
        }
        if given["direction"] == "give":
            outcome = accepted(credits.give_credit(**said, by=by, now=timezone.now))
            return _("Gave %(amount)s. %(usable_now)s") % {
                "amount": self.money(outcome.amount_micros or 0),
                "usable_now": self.usable_now(),
            }
        outcome = accepted(
            credits.take_back_credit(**said, confirmed=given["confirmed"], by=by, now=timezone.now)
        )
        return _("Took back %(amount)s. %(usable_now)s") % {
            "amount": self.money(outcome.amount_micros or 0),
            "usable_now": self.usable_now(),
        }


class Withdraw(VerbPanel):
    permission_required = "credit.withdraw_money"
    form_class = WithdrawForm
    title = gettext_lazy("Withdraw")
    button = gettext_lazy("Withdraw")

    def about(self, form: VerbForm) -> dict[str, Any]:
        return {"facts": [own_money_fact(self)]}

    def act(self, given: dict[str, Any], by: Actor) -> Words:
        said = {name: given[name] for name in ("amount", "reason_code", "reason", "reference", "key")}
        outcome = accepted(withdrawals.withdraw(wallet=self.wallet, by=by, now=timezone.now, **said))
        return _("Withdrew %(amount)s. %(usable_now)s") % {
            "amount": self.money(outcome.amount_micros or 0),
            "usable_now": self.usable_now(),
        }


class Transfer(VerbPanel):
    permission_required = "credit.withdraw_money"
    form_class = TransferForm
    title = gettext_lazy("Transfer to another wallet")
    button = gettext_lazy("Transfer")

    def form_arguments(self) -> dict[str, Any]:
        return {"source": self.wallet}

    def about(self, form: VerbForm) -> dict[str, Any]:
        if reachable_from(self.wallet).exists():
            return {"facts": [own_money_fact(self)]}
        why = _(
            "This organization has no other open wallet in %(currency)s, so nothing can be transferred."
        ) % {"currency": self.wallet.currency}
        return {"facts": [why], "is_impossible": True}

    def act(self, given: dict[str, Any], by: Actor) -> Words:
        said = {name: given[name] for name in ("target", "amount", "reason_code", "reason", "key")}
        outcome = accepted(transfers.transfer(source=self.wallet, by=by, now=timezone.now, **said))
        moved = self.money(outcome.amount_micros or 0)
        return _("Moved %(moved)s to %(wallet_id)s. %(usable_now)s") % {
            "moved": moved,
            "wallet_id": given["target"].wallet_id,
            "usable_now": self.usable_now(),
        }


class WriteOff(VerbPanel):
    permission_required = "credit.write_off_debt"
    form_class = WriteOffForm
    title = gettext_lazy("Write off what is owed")
    button = gettext_lazy("Write off")
    is_harmful = True

    def initial(self) -> dict[str, Any]:
        owed = self.wallet.owed_micros
        return {"amount": display.typed_exactly(owed, self.wallet.currency)} if owed else {}

    def about(self, form: VerbForm) -> dict[str, Any]:
        owed = display.exact(self.wallet.owed_micros, self.wallet.currency)
        return {
            "facts": [
                _("At most what is owed and not running can be given up: %(owed)s %(currency)s.")
                % {"owed": owed, "currency": self.wallet.currency}
            ]
        }

    def act(self, given: dict[str, Any], by: Actor) -> Words:
        said = {name: given[name] for name in ("amount", "reason_code", "reason", "key")}
        outcome = accepted(withdrawals.write_off(wallet=self.wallet, by=by, now=timezone.now, **said))
        return _("Wrote off %(amount)s. %(usable_now)s") % {
            "amount": self.money(outcome.amount_micros or 0),
            "usable_now": self.usable_now(),
        }


def own_money_fact(panel: VerbPanel) -> str:
    return _("At most own money can leave, never credit: %(value)s.") % {
        "value": panel.money(max(0, panel.wallet.own_money_micros))
    }


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
        return _("%(kind)s of %(when)s: %(amount)s %(currency)s. %(description)s") % {
            "kind": line.get_kind_display(),
            "when": when,
            "amount": amount,
            "currency": self.wallet.currency,
            "description": line.description,
        }


class Refund(LinePanel):
    form_class = RefundForm
    title = gettext_lazy("Refund")
    button = gettext_lazy("Refund")

    def initial(self) -> dict[str, Any]:
        left = corrections.left_of(self.line)
        return {"amount": display.typed_exactly(left, self.wallet.currency)}

    def about(self, form: VerbForm) -> dict[str, Any]:
        left = display.exact(corrections.left_of(self.line), self.wallet.currency)
        goes = (
            _("the running month’s unbilled amount")
            if corrections.goes_to_unbilled(self.wallet, self.line)
            else _("the balance")
        )
        where = _("a credit note") if self.line.invoice_id else goes
        facts = [
            self.line_words(),
            _("%(left)s %(currency)s is left of it. The refund goes to %(where)s.")
            % {"left": left, "currency": self.wallet.currency, "where": where},
        ]
        whole = reverse("reverse", args=[self.wallet.wallet_id, self.line.sequence])
        return {
            "facts": facts,
            "instead": {"url": whole, "words": _("It should never have been posted: reverse it instead")},
        }

    def act(self, given: dict[str, Any], by: Actor) -> Words:
        said = {name: given[name] for name in ("amount", "reason_code", "reason", "key")}
        outcome = accepted(corrections.refund(transaction=self.line, by=by, now=timezone.now, **said))
        return _("Refunded %(amount)s. %(usable_now)s") % {
            "amount": self.money(outcome.amount_micros or 0),
            "usable_now": self.usable_now(),
        }


class Reverse(LinePanel):
    form_class = ReverseForm
    title = gettext_lazy("Reverse")
    button = gettext_lazy("Reverse")
    is_harmful = True

    def about(self, form: VerbForm) -> dict[str, Any]:
        return {
            "facts": [
                self.line_words(),
                _("The reversal is a line of its own. It is booked even when it makes a debt."),
            ]
        }

    def act(self, given: dict[str, Any], by: Actor) -> Words:
        said = {name: given[name] for name in ("reason_code", "reason", "key")}
        outcome = accepted(corrections.reverse(transaction=self.line, by=by, now=timezone.now, **said))
        return _("Reversed %(amount)s. %(usable_now)s") % {
            "amount": self.money(outcome.amount_micros or 0),
            "usable_now": self.usable_now(),
        }


class ReleaseReservation(VerbPanel):
    permission_required = "credit.post_charges"
    form_class = ReleaseForm
    title = gettext_lazy("Release reservation")
    button = gettext_lazy("Release")
    is_harmful = True

    def load(self, **names: Any) -> None:
        super().load(**names)
        self.hold = Reservation.objects.filter(wallet=self.wallet, pk=names["pk"]).first()
        if self.hold is None:
            raise Http404(_("No such reservation."))

    def about(self, form: VerbForm) -> dict[str, Any]:
        held = display.exact(self.hold.rest_micros, self.wallet.currency)
        what = _("%(kind)s %(reference)s: %(held)s %(currency)s held.") % {
            "kind": self.hold.get_kind_display(),
            "reference": self.hold.reference,
            "held": held,
            "currency": self.wallet.currency,
        }
        return {"facts": [what, _("What is still going on can no longer be charged from it.")]}

    def act(self, given: dict[str, Any], by: Actor) -> Words:
        accepted(
            reservations.release(
                wallet=self.wallet, reference=self.hold.reference, key=given["key"], by=by, now=timezone.now
            )
        )
        return _("Released %(reference)s. %(usable_now)s") % {
            "reference": self.hold.reference,
            "usable_now": self.usable_now(),
        }
