"""Alert rules and webhooks as they are typed: lists of numbers, amounts and addresses in one field each."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credit import display
from credit.actions.alerts import Wish
from credit.actions.refusals import NotDone
from credit.forms.limits import AmountField
from credit.forms.money import VerbForm
from credit.models import AlertKind, AlertRule

_BETWEEN = re.compile(r"[\s,;]+")


class NumbersField(forms.CharField):
    """ "80, 95" -> [80, 95]."""

    def clean(self, value: str) -> list[int]:
        parts = [
            part.removesuffix("%") for part in _BETWEEN.split(super().clean(value)) if part not in ("", "%")
        ]
        for part in parts:
            if not part.isdecimal() or len(part) > 6:
                raise forms.ValidationError(
                    _("Type whole numbers with a comma between them, such as 80, 95.")
                )
        return [int(part) for part in parts]


class AmountsField(forms.CharField):
    """ "50.00; 1,000.00" -> ["50.00", "1000.00"]; what is wrong with one is said by the action."""

    def clean(self, value: str) -> list[str]:
        parts = [part.strip() for part in super().clean(value).split(";")]
        return [AmountField().clean(part) for part in parts if part]


class AddressesField(forms.CharField):
    widget = forms.Textarea(attrs={"rows": 2, "autocomplete": "off", "spellcheck": "false"})

    def clean(self, value: str) -> list[str]:
        return [part for part in _BETWEEN.split(super().clean(value)) if part]


class RuleForm(VerbForm):
    is_on = forms.BooleanField(label=gettext_lazy("Alerts are on"), required=False)
    percents = NumbersField(
        label=gettext_lazy("At percent of the limit used"),
        required=False,
        help_text=gettext_lazy("Such as 80, 95. Asked only where the limit is above zero."),
    )
    amounts = AmountsField(
        label=gettext_lazy("At usable credit of"),
        required=False,
        help_text=gettext_lazy("Such as 50.00; several with a semicolon between them."),
    )
    days_ahead = NumbersField(
        label=gettext_lazy("Days before a temporary limit ends"),
        required=False,
        help_text=gettext_lazy("Such as 7, 1. A day is 24 hours."),
    )
    tells_blocked = forms.BooleanField(label=gettext_lazy("When the customer is blocked"), required=False)
    tells_recovered = forms.BooleanField(
        label=gettext_lazy("When the customer has recovered from what was told"), required=False
    )
    to_customer = forms.BooleanField(
        label=gettext_lazy("E-mail to the customer, at the address for bills"), required=False
    )
    to_staff = AddressesField(
        label=gettext_lazy("E-mail to finance"),
        required=False,
        help_text=gettext_lazy(
            "One address on each line. What happens at the same time comes as one message."
        ),
    )
    hysteresis_percent = forms.IntegerField(
        label=gettext_lazy("Recovered after"),
        min_value=0,
        max_value=50,
        help_text=gettext_lazy(
            "Percentage points behind the threshold, so that use going to and fro tells once."
        ),
    )
    cooldown_minutes = forms.IntegerField(
        label=gettext_lazy("Not again within minutes"),
        min_value=0,
        max_value=10_080,
        help_text=gettext_lazy(
            "The same threshold of the same wallet. What lasts longer is told after that."
        ),
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), required=False, max_length=255)

    def __init__(self, *args: Any, currency: str = "", **kwargs: Any):
        super().__init__(*args, **kwargs)
        if not currency:
            # An amount means nothing without a currency: the default for all watches percentages and days.
            del self.fields["amounts"]
        for name in ("percents", "days_ahead"):
            self.fields[name].widget.attrs["autocomplete"] = "off"


def wish_of(given: dict[str, Any]) -> Wish:
    """What the form's fields ask for; one that the form does not have keeps the wish's own default."""
    return Wish(**{name: given[name] for name in Wish.__dataclass_fields__ if name in given})


def as_typed(rule: AlertRule, currency: str) -> dict[str, Any]:
    """A rule as a person would type it into the form."""
    return {
        "is_on": rule.is_on,
        "percents": ", ".join(str(number) for number in rule.percents),
        "amounts": "; ".join(display.typed(micros, currency) for micros in rule.usable_micros),
        "days_ahead": ", ".join(str(number) for number in rule.days_ahead),
        "tells_blocked": rule.tells_blocked,
        "tells_recovered": rule.tells_recovered,
        "to_customer": rule.to_customer,
        "to_staff": "\n".join(rule.to_staff),
        "hysteresis_percent": rule.hysteresis_percent,
        "cooldown_minutes": rule.cooldown_minutes,
    }


class WebhookForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        help_text=gettext_lazy("What the other system is called."),
        error_messages={"required": gettext_lazy("Name is missing. Type what the system is called.")},
    )
    url = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=500,
        widget=forms.TextInput(attrs={"inputmode": "url", "spellcheck": "false"}),
        help_text=gettext_lazy("Begins with https:// and lies in the public internet."),
        error_messages={
            "required": gettext_lazy("Address is missing. Type it like https://example.com/alerts.")
        },
    )
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("Hears of"),
        choices=AlertKind.choices,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
        error_messages={"required": gettext_lazy("Choose at least one kind of alert.")},
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for name in ("name", "url"):
            self.fields[name].widget.attrs["autocomplete"] = "off"

    def refuse(self, error: NotDone) -> None:
        self.add_error(error.field if error.field in self.fields else None, error.shown)
