"""Changing payment mode and invoicing scheme."""

from django import forms
from django.utils.translation import gettext_lazy

from credit.forms.money import AmountField, CodedReasonForm
from credit.terms import Scheme


class ToPostpaidForm(CodedReasonForm):
    """A limit is required in the same step."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    scheme = forms.ChoiceField(label=gettext_lazy("Invoicing scheme"), choices=Scheme.choices)
    limit = AmountField(
        label=gettext_lazy("Credit limit"),
        required=False,
        help_text=gettext_lazy("Permanent, for each month. A postpaid wallet needs one."),
    )
    unlimited = forms.BooleanField(label=gettext_lazy("Unlimited"), required=False)
    called = {"amount": "limit"}
    field_order = ["scheme", "limit", "unlimited", "reason_code", "reason"]


class ToPrepaidForm(CodedReasonForm):
    version = forms.IntegerField(widget=forms.HiddenInput)
    keep_limit = forms.ChoiceField(
        label=gettext_lazy("The permanent limit"),
        choices=[("keep", gettext_lazy("Keep it")), ("remove", gettext_lazy("Remove it"))],
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy(
                "Say whether the limit stays. On prepaid it covers a debt that carries over months."
            )
        },
    )
    field_order = ["keep_limit", "reason_code", "reason"]


class SchemeForm(CodedReasonForm):
    version = forms.IntegerField(widget=forms.HiddenInput)
    scheme = forms.ChoiceField(label=gettext_lazy("Invoicing scheme"), choices=Scheme.choices)
    field_order = ["scheme", "reason_code", "reason"]
