"""The credit limit as the Django admin asks for it; the same action takes it."""

from typing import Any

from django import forms

from credit.forms.limits import AmountField
from credit.terms import ChangeReason


class AdminLimitForm(forms.Form):
    amount = AmountField(
        label="Credit limit",
        required=False,
        max_length=40,
        help_text="The total, such as 150.00; empty for unlimited.",
    )
    unlimited = forms.BooleanField(required=False, help_text="Needs a right of its own.")
    days = forms.IntegerField(
        label="Temporary increase days", required=False, min_value=1, help_text="Empty: permanent."
    )
    reason_code = forms.ChoiceField(label="Reason", choices=ChangeReason.choices)
    reason = forms.CharField(label="In your words", max_length=255)
    confirmed = forms.BooleanField(label="Yes, also if it is below what is used", required=False)
    version = forms.IntegerField(widget=forms.HiddenInput)

    def wish(self) -> dict[str, Any]:
        """The arguments of `limits.set_limit`."""
        return {**self.cleaned_data, "amount": self.cleaned_data["amount"] or None}
