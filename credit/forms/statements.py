"""Which days a statement of account is about, as its address says."""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.utils.translation import gettext as _

EARLIEST, LATEST = date(1990, 1, 1), date(2199, 12, 31)


class DayField(forms.DateField):
    def __init__(self, **kwargs: Any):
        words = _("%(label)s is no day. Type one such as 2026-11-30.") % {"label": kwargs["label"]}
        super().__init__(
            input_formats=["%Y-%m-%d"],
            widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
            error_messages={"invalid": words, "required": words},
            **kwargs,
        )

    def clean(self, value: Any) -> Any:
        day = super().clean(value)
        if not EARLIEST <= day <= LATEST:
            raise forms.ValidationError(
                _("%(label)s is beyond what a statement covers. Type a day since 1990.")
                % {"label": self.label}
            )
        return day


class StatementForm(forms.Form):
    """`from` and `to` are whole days on the wallet's clock, both included; without them the running month."""

    after = forms.IntegerField(required=False, min_value=0, max_value=2**62)

    def __init__(self, asked: Mapping[str, str], today: date):
        given = {"from": month_of(today).first, "to": today} | {name: asked[name] for name in asked}
        super().__init__(given)
        self.fields["from"] = DayField(label=_("From"))
        self.fields["to"] = DayField(label=_("To"))

    def clean(self) -> dict[str, Any]:
        days = self.cleaned_data
        if "from" in days and "to" in days and days["to"] < days["from"]:
            self.add_error("to", _("To lies before From. Type a later day."))
        return days


@dataclass(frozen=True)
class Days:
    words: str
    first: date
    last: date

    @property
    def address(self) -> str:
        return "?" + urlencode({"from": self.first, "to": self.last})


def presets(today: date) -> list[Days]:
    """The spans that people ask for; those of today end today."""
    this = month_of(today)
    quarter = today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1)
    return [
        Days(_("This month"), this.first, today),
        month_of(this.first - timedelta(days=1), _("Last month")),
        Days(_("This quarter"), quarter, today),
        Days(_("This year"), today.replace(month=1, day=1), today),
        Days(_("Last year"), date(today.year - 1, 1, 1), date(today.year - 1, 12, 31)),
    ]


def month_of(day: date, words: str = "") -> Days:
    return Days(words, day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1]))
