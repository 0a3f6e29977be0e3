"""Suspending and resuming an organization, closing and reopening a wallet, changing a time zone."""

import zoneinfo
from functools import cache
from typing import Any

from django import forms

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


class TimeZoneForm(CodedReasonForm):
    time_zone = forms.ChoiceField(label="Time zone", choices=zones)
    field_order = ["time_zone", "reason_code", "reason"]

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields[
            "time_zone"
        ].help_text = "The running period keeps its end; the next ones end at midnight in the new zone."
