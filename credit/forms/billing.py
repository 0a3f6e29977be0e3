"""What stands on an organization's bills and where they are sent."""

from django import forms
from django.utils.translation import gettext_lazy

from credit.forms.money import VerbForm


class BillingForm(VerbForm):
    billing_address = forms.CharField(
        label=gettext_lazy("Address"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy(
            "As it stands on the invoice, a line each; the name above it is the organization’s."
        ),
    )
    billing_email = forms.CharField(
        label=gettext_lazy("E-mail for bills"),
        required=False,
        max_length=254,
        widget=forms.TextInput(attrs={"inputmode": "email", "autocomplete": "off"}),
        help_text=gettext_lazy(
            "Invoices issued from now on, and reminders, go here. Empty: nothing is sent."
        ),
    )
    tax_id = forms.CharField(label=gettext_lazy("Tax id"), required=False, max_length=40)
    reason = forms.CharField(label=gettext_lazy("Reason"), required=False, max_length=255)
