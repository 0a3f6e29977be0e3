"""Money in: a payment as finance writes it down."""

from django import forms
from django.utils.translation import gettext_lazy

from credit.forms.money import MoneyForm
from credit.models import PaymentMethod


class PaymentForm(MoneyForm):
    received_on = forms.DateField(
        label=gettext_lazy("Received on"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("The day the money arrived. It does not move the posting."),
    )
    method = forms.ChoiceField(label=gettext_lazy("Method"), choices=PaymentMethod.choices)
    reference = forms.CharField(
        label=gettext_lazy("Reference"),
        max_length=128,
        required=False,
        help_text=gettext_lazy("As on the bank statement."),
    )
    remark = forms.CharField(label=gettext_lazy("Remark"), max_length=255, required=False)
    field_order = ["amount", "received_on", "method", "reference", "remark"]
