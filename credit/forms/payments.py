"""Money in: a payment as finance writes it down."""

from django import forms

from credit.forms.money import MoneyForm
from credit.models import PaymentMethod


class PaymentForm(MoneyForm):
    received_on = forms.DateField(
        label="Received on",
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="The day the money arrived. It does not move the posting.",
    )
    method = forms.ChoiceField(label="Method", choices=PaymentMethod.choices)
    reference = forms.CharField(
        label="Reference", max_length=128, required=False, help_text="As on the bank statement."
    )
    remark = forms.CharField(label="Remark", max_length=255, required=False)
    field_order = ["amount", "received_on", "method", "reference", "remark"]
