"""A past instant, typed on the customer's clock or given exactly by a link."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credit import display
from credit.forms.limits import YEARS, LocalInstantField


class PastInstantField(LocalInstantField):
    """Local to the second; a link's instant is exact, such as 2026-11-03T13:00:00.000001Z."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"}, format="%Y-%m-%dT%H:%M:%S")

    def clean(self, value: str) -> datetime | None:
        text = (value or "").strip()
        if not text.endswith("Z"):
            return super().clean(text)
        try:
            instant = datetime.fromisoformat(text)
        except ValueError:
            instant = None
        if instant is None or instant.year not in YEARS:
            raise forms.ValidationError(
                _("Date and time are not readable. Write them such as 2026-11-30 15:32.")
            )
        return instant


class AsOfForm(forms.Form):
    """Where nothing is typed: a day ago."""

    as_of = PastInstantField(label=gettext_lazy("As of"))

    def __init__(self, *args: Any, zone: str, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now, self.zone = now, zone
        self.fields["as_of"].zone = zone  # type: ignore[attr-defined]

    def clean_as_of(self) -> datetime:
        instant = self.cleaned_data["as_of"] or self.now - timedelta(days=1)
        if instant > self.now:
            raise forms.ValidationError(
                _("That is in the future. The page as it is now says what the clock alone will change.")
            )
        return instant

    def typed(self) -> str:
        """What the field shows: the instant on the customer's clock, or what could not be read."""
        if "as_of" not in self.cleaned_data:
            return self.data.get("as_of", "")
        return f"{display.local(self.cleaned_data['as_of'], self.zone):%Y-%m-%dT%H:%M:%S}"
