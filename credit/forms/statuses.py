"""Suspending and resuming an organization, closing and reopening a wallet, changing a time zone."""

import zoneinfo
from functools import cache
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credit.forms.money import CodedReasonForm


class StatusForm(CodedReasonForm):
    pass


class CloseForm(CodedReasonForm):
    pass


@cache
def zones() -> list[tuple[str, str]]:
    names = sorted(
        name for name in zoneinfo.available_timezones() if "/" in name and not name.startswith("Etc/")
    )
    return [(name, name) for name in ("UTC", *names)]


class LongSelect(forms.Select):
    """A select of hundreds of options: written in one go, where Django renders a template for each."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        shown = self.get_context(name, None, attrs)["widget"]["attrs"]
        chosen = set(self.format_value(value))
        options = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            (
                (option, SafeString(" selected") if str(option) in chosen else "", words)
                for option, words in self.choices
            ),
        )
        return format_html('<select name="{}"{}>{}</select>', name, flatatt(shown), options)


class TimeZoneForm(CodedReasonForm):
    time_zone = forms.ChoiceField(label=gettext_lazy("Time zone"), choices=zones, widget=LongSelect)
    field_order = ["time_zone", "reason_code", "reason"]

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["time_zone"].help_text = _(
            "The running period keeps its end; the next ones end at midnight in the new zone."
        )
