"""A new wallet, and a new customer with its first one."""

from django import forms
from django.utils.translation import gettext_lazy

from credit.forms.money import AmountField, CodedReasonForm
from credit.forms.statuses import LongSelect, zones
from credit.terms import PaymentMode, Scheme


class NewWalletForm(CodedReasonForm):
    currency = forms.CharField(
        label=gettext_lazy("Currency"),
        max_length=3,
        help_text=gettext_lazy("Three letters, such as EUR. It can never be changed."),
        error_messages={
            "required": gettext_lazy("Currency is missing. Type its three letters, such as EUR.")
        },
    )
    mode = forms.ChoiceField(
        label=gettext_lazy("Payment mode"),
        choices=PaymentMode.choices,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose how this customer pays.")},
    )
    scheme = forms.ChoiceField(
        label=gettext_lazy("Invoicing scheme"),
        choices=[("", gettext_lazy("For postpaid only")), *Scheme.choices],
        required=False,
    )
    limit = AmountField(
        label=gettext_lazy("Credit limit"),
        required=False,
        help_text=gettext_lazy("Permanent. Postpaid needs one; prepaid without one has no credit."),
    )
    unlimited = forms.BooleanField(label=gettext_lazy("Unlimited"), required=False)
    called = {"amount": "limit"}
    field_order = ["currency", "mode", "scheme", "limit", "unlimited", "reason_code", "reason"]

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).strip().upper()


class NewCustomerForm(NewWalletForm):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=512,
        error_messages={"required": gettext_lazy("Name is missing. Type it as it stands in the register.")},
    )
    country = forms.CharField(
        label=gettext_lazy("Country"),
        max_length=2,
        required=False,
        help_text=gettext_lazy("Two letters, such as SK."),
        empty_value="",
    )
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        choices=zones,
        widget=LongSelect,
        help_text=gettext_lazy("Its months begin and its temporary limits end on this clock."),
    )
    reference = forms.CharField(
        label=gettext_lazy("Reference"),
        max_length=64,
        required=False,
        help_text=gettext_lazy("The customer's id in another register, such as its LEI."),
    )
    field_order = ["name", "country", "time_zone", "reference", *NewWalletForm.field_order]

    def clean_country(self) -> str:
        return str(self.cleaned_data["country"]).strip().upper()
