"""What is typed into the limit panel -> what `actions.limits` takes. Amounts stay as typed; the action judges them."""

import re
from datetime import datetime
from typing import Any

from django import forms
from django.core import signing
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credit import display, periods
from credit.languages import has_decimal_comma
from credit.terms import ChangeReason

_GROUPED = re.compile(r"-?\d{1,3}([ ,\u00a0\u202f'’]\d{3})+(\.\d*)?")
_GROUPS = re.compile(r"[ ,\u00a0\u202f'’]")
# Of a reader whose decimals stand behind a comma.
_EITHER = re.compile(r"(-?[1-9]\d{0,2})\.(\d{3})")
_GROUPED_BY_POINT = re.compile(r"-?[1-9]\d{0,2}(\.\d{3}|[ \u00a0\u202f'’]\d{3})+(,\d*)?")
_GROUPS_OR_POINTS = re.compile(r"[ .\u00a0\u202f'’]")
_ONE_COMMA = re.compile(r"-?\d+,\d*")
LOCAL_FORMATS = ("%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M")
YEARS = range(2000, 2200)  # what people mean; far from where calendars and zones give up
_SEEN_SALT = "limit panel"
WISHED = ("limit_is", "amount", "days", "ends_at", "starts_at")


class AmountField(forms.CharField):
    """A typed amount as plain text: thousands may be grouped, decimals stand behind the reader's own sign."""

    def clean(self, value: str) -> str:
        text = super().clean(value).replace(display.MINUS, "-").strip()
        if has_decimal_comma():
            return _with_point(text)
        if _GROUPED.fullmatch(text):
            return _GROUPS.sub("", text)
        if "," in text:
            raise forms.ValidationError(
                _("Amount has a comma where the decimals begin. Write a point, such as 150.50.")
            )
        return text


def _with_point(text: str) -> str:
    """What a reader of the decimal comma typed, with a point. "1.500" could be either, so it is neither."""
    if either := _EITHER.fullmatch(text):
        raise forms.ValidationError(
            _("Amount %(typed)s can mean %(whole)s or %(fraction)s. Type %(whole)s or %(fraction)s.")
            % {
                "typed": text,
                "whole": either[1] + either[2],
                "fraction": f"{either[1]},{either[2]}".rstrip("0").rstrip(","),
            }
        )
    if _GROUPED_BY_POINT.fullmatch(text):
        return _GROUPS_OR_POINTS.sub("", text).replace(",", ".")
    if _GROUPED.fullmatch(text) and "." in text:
        return _GROUPS.sub("", text)
    if _ONE_COMMA.fullmatch(text):
        return text.replace(",", ".")
    return text


class LocalInstantField(forms.CharField):
    """A date and time on the clock of the organization."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, required=False, **kwargs)
        self.zone = "UTC"

    def clean(self, value: str) -> datetime | None:
        text = super().clean(value)
        return periods.first_instant(_local(text), self.zone) if text else None


def _local(text: str) -> datetime:
    for written in LOCAL_FORMATS:
        try:
            local = datetime.strptime(text, written)  # noqa: DTZ007  the zone comes with first_instant
        except ValueError:
            continue
        if local.year in YEARS:
            return local
    raise forms.ValidationError(_("Date and time are not readable. Write them such as 2026-11-30 15:32."))


class ReasonForm(forms.Form):
    """Why, and on what state of the wallet the person decided."""

    reason_code = forms.ChoiceField(
        label=gettext_lazy("Reason"),
        choices=[("", gettext_lazy("Choose a reason")), *ChangeReason.choices],
        error_messages={
            "required": gettext_lazy("Choose why. It is kept with the change."),
            "invalid_choice": gettext_lazy("Choose one of the list."),
        },
    )
    reason = forms.CharField(label=gettext_lazy("In your words"), required=False, max_length=255)
    version = forms.IntegerField(widget=forms.HiddenInput)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def why(self) -> dict[str, str]:
        return {"reason_code": self.cleaned_data["reason_code"], "reason": self.cleaned_data["reason"]}

    def what_was_seen(self) -> dict[str, str]:
        """The limit in words as it stood when the form was opened; nothing if that cannot be told any more."""
        try:
            seen: dict[str, str] = signing.loads(self.data.get("seen", ""), salt=_SEEN_SALT)
        except signing.BadSignature:
            return {}
        return seen


def seal(seen: dict[str, str]) -> str:
    return signing.dumps(seen, salt=_SEEN_SALT)


class LimitForm(ReasonForm):
    limit_is = forms.ChoiceField(
        label=gettext_lazy("Credit limit is"),
        choices=[("amount", gettext_lazy("An amount")), ("unlimited", gettext_lazy("Unlimited"))],
        required=False,
    )
    amount = AmountField(
        label=gettext_lazy("Credit limit"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "autofocus": True}),
    )
    days = forms.IntegerField(
        label=gettext_lazy("Temporary increase days"),
        required=False,
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "off", "data-clears": "id_ends_at"}
        ),
        error_messages={"invalid": gettext_lazy("Days must be a whole number, such as 7.")},
    )
    ends_at = LocalInstantField(label=gettext_lazy("Exact end"))
    starts_at = LocalInstantField(label=gettext_lazy("Starts later"))

    review_on = forms.DateField(
        label=gettext_lazy("Review"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": gettext_lazy("Date is not readable. Write it such as 2027-11-30.")},
    )

    field_order = ["limit_is", "amount", "days", "ends_at", "starts_at", "reason_code", "reason", "review_on"]

    def __init__(self, *args: Any, wallet: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["ends_at"].widget.attrs["data-clears"] = "id_days"
        for name in ("ends_at", "starts_at"):
            self.fields[name].zone = wallet.time_zone
            self.fields[name].help_text = _("Date and time in %(place)s.") % {
                "place": display.place(wallet.time_zone)
            }

    def clean_amount(self) -> str:
        """An empty amount is not zero and not unlimited: it is missing."""
        amount: str = self.cleaned_data["amount"]
        if not amount and self.data.get("limit_is") != "unlimited":
            raise forms.ValidationError(_("Credit limit is missing. Type the total; 0 is a real zero."))
        return amount

    def wish(self) -> dict[str, Any]:
        unlimited = self.cleaned_data["limit_is"] == "unlimited"
        return {
            "amount": None if unlimited else self.cleaned_data["amount"],
            "unlimited": unlimited,
            **{name: self.cleaned_data.get(name) for name in ("days", "ends_at", "starts_at", "review_on")},
        }

    def consent(self) -> str:
        """What a tick says yes to: these values and no others."""
        return "|".join(str(self.data.get(name, "")).strip() for name in WISHED)

    def is_confirmed(self) -> bool:
        return self.data.get("confirmed", "") == self.consent()


def seen_now(words: str) -> dict[str, str]:
    return {"words": words, "at": timezone.now().isoformat()}
