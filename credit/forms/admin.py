"""The credit limit as the Django admin asks for it; the same action takes it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from credit.forms.limits import AmountField
from credit.terms import ChangeReason


class AdminLimitForm(forms.Form):
    amount = AmountField(
        label=gettext_lazy("Credit limit"),
        required=False,
        max_length=40,
        help_text=gettext_lazy("The total, such as 150.00; empty for unlimited."),
    )
    unlimited = forms.BooleanField(required=False, help_text=gettext_lazy("Needs a right of its own."))
    days = forms.IntegerField(
        label=gettext_lazy("Temporary increase days"),
        required=False,
        min_value=1,
        help_text=gettext_lazy("Empty: permanent."),
    )
    reason_code = forms.ChoiceField(label=gettext_lazy("Reason"), choices=ChangeReason.choices)
    reason = forms.CharField(label=gettext_lazy("In your words"), max_length=255)
    confirmed = forms.BooleanField(
        label=gettext_lazy("Yes, also if it is below what is used"), required=False
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def wish(self) -> dict[str, Any]:
        """The arguments of `limits.set_limit`."""
        return {**self.cleaned_data, "amount": self.cleaned_data["amount"] or None}
