"""Changing payment mode and invoicing scheme."""

from django import forms

from credit.forms.money import AmountField, CodedReasonForm
from credit.terms import Scheme


class ToPostpaidForm(CodedReasonForm):
    """A limit is required in the same step."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    scheme = forms.ChoiceField(label="Invoicing scheme", choices=Scheme.choices)
    limit = AmountField(
        label="Credit limit",
        required=False,
        help_text="Permanent, for each month. A postpaid wallet needs one.",
    )
    unlimited = forms.BooleanField(label="Unlimited", required=False)
    called = {"amount": "limit"}
    field_order = ["scheme", "limit", "unlimited", "reason_code", "reason"]


class ToPrepaidForm(CodedReasonForm):
    version = forms.IntegerField(widget=forms.HiddenInput)
    keep_limit = forms.ChoiceField(
        label="The permanent limit",
        choices=[("keep", "Keep it"), ("remove", "Remove it")],
        widget=forms.RadioSelect,
        error_messages={
            "required": "Say whether the limit stays. On prepaid it covers a debt that carries over months."
        },
    )
    field_order = ["keep_limit", "reason_code", "reason"]


class SchemeForm(CodedReasonForm):
    version = forms.IntegerField(widget=forms.HiddenInput)
    scheme = forms.ChoiceField(label="Invoicing scheme", choices=Scheme.choices)
    field_order = ["scheme", "reason_code", "reason"]
