"""Putting right what stands in the ledger: refund and reversal of a line, release of a reservation."""

from django.utils.translation import gettext_lazy

from credit.forms.money import AmountField, CodedReasonForm, VerbForm


class RefundForm(CodedReasonForm):
    amount = AmountField(help_text=gettext_lazy("At most what is left of the item."))


class ReverseForm(CodedReasonForm):
    pass


class ReleaseForm(VerbForm):
    pass
