"""A new wallet, and a new customer with its first one."""

from django import forms

from credit.forms.money import AmountField, CodedReasonForm
from credit.forms.statuses import LongSelect, zones
from credit.terms import PaymentMode, Scheme


class NewWalletForm(CodedReasonForm):
    currency = forms.CharField(
        max_length=3,
        help_text="Three letters, such as EUR. It can never be changed.",
        error_messages={"required": "Currency is missing. Type its three letters, such as EUR."},
    )
    mode = forms.ChoiceField(
        label="Payment mode",
        choices=PaymentMode.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose how this customer pays."},
    )
    scheme = forms.ChoiceField(
        label="Invoicing scheme",
        choices=[("", "For postpaid only"), *Scheme.choices],
        required=False,
    )
    limit = AmountField(
        label="Credit limit",
        required=False,
        help_text="Permanent. Postpaid needs one; prepaid without one has no credit.",
    )
    unlimited = forms.BooleanField(label="Unlimited", required=False)
    called = {"amount": "limit"}
    field_order = ["currency", "mode", "scheme", "limit", "unlimited", "reason_code", "reason"]

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).strip().upper()


class NewCustomerForm(NewWalletForm):
    name = forms.CharField(
        max_length=512, error_messages={"required": "Name is missing. Type it as it stands in the register."}
    )
    country = forms.CharField(
        max_length=2, required=False, help_text="Two letters, such as SK.", empty_value=""
    )
    time_zone = forms.ChoiceField(
        label="Time zone",
        choices=zones,
        widget=LongSelect,
        help_text="Its months begin and its temporary limits end on this clock.",
    )
    reference = forms.CharField(
        max_length=64, required=False, help_text="The customer's id in another register, such as its LEI."
    )
    field_order = ["name", "country", "time_zone", "reference", *NewWalletForm.field_order]

    def clean_country(self) -> str:
        return str(self.cleaned_data["country"]).strip().upper()
