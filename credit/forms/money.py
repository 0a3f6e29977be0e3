"""What every form of a money verb has: the key that makes a double click one deed, a yes, an amount as it was typed.

Amounts stay text here. What is wrong with one is said by the action, in the same words at every door.
"""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy

from credit.actions.refusals import NotDone
from credit.forms.limits import AmountField as TypedAmount
from credit.terms import ChangeReason


def new_key() -> str:
    return f"portal-{uuid4()}"


class VerbForm(forms.Form):
    key = forms.CharField(widget=forms.HiddenInput, max_length=64)
    confirmed = forms.BooleanField(required=False, label=gettext_lazy("Yes, do this"))
    called: Mapping[str, str] = {}  # where the form's name of a field is not the action's

    def __init__(self, *args: Any, **kwargs: Any):
        kwargs["initial"] = {"key": new_key(), **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)
        self.order_fields(getattr(self, "field_order", None))

    def shown(self) -> list[forms.BoundField]:
        """The fields a person fills in; the yes stands beside what it confirms."""
        return [field for field in self.visible_fields() if field.name != "confirmed"]

    def refuse(self, error: NotDone) -> None:
        """The action's words at the field that they are about; what was typed stays."""
        field = self.called.get(error.field, error.field)
        self.add_error(field if field in self.fields else None, error.shown)

    def renew_key(self) -> None:
        """An answer was kept under the key: what is sent next is a new request."""
        self.data = self.data.copy()
        self.data[self.add_prefix("key")] = new_key()


class ReasonForm(VerbForm):
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=255,
        error_messages={"required": gettext_lazy("Reason is missing. Say why in a few words.")},
    )
    field_order = ["amount", "reason"]


class AmountField(TypedAmount):
    is_amount = True

    def __init__(self, **kwargs: Any):
        kwargs.setdefault("label", gettext_lazy("Amount"))
        missing = format_lazy(
            gettext_lazy("{label} is missing. Type it, such as 150.50."), label=kwargs["label"]
        )
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(max_length=40, error_messages={"required": missing}, widget=widget, **kwargs)


class MoneyForm(VerbForm):
    amount = AmountField()


class CodedReasonForm(VerbForm):
    """A change that is no money line: a reason from the list and one in the person's own words."""

    reason_code = forms.ChoiceField(
        label=gettext_lazy("Reason"),
        choices=[("", gettext_lazy("Choose one")), *ChangeReason.choices],
        error_messages={"required": gettext_lazy("Choose why. It is kept with the change.")},
    )
    reason = forms.CharField(
        label=gettext_lazy("In your words"),
        max_length=255,
        error_messages={"required": gettext_lazy("Say why in a few words.")},
    )
    field_order = ["amount", "reason_code", "reason"]


class ReasonedMoneyForm(CodedReasonForm):
    amount = AmountField()
