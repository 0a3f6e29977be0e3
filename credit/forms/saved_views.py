"""A name for a view of the list, the columns a person wants, and how pages look to them."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from credit.actions.refusals import NotDone
from credit.forms.statuses import LongSelect, zones
from credit.models.view import LONGEST_NAME

TICK = {"class": "form-check-input"}


class OwnForm(forms.Form):
    def refuse(self, error: NotDone) -> None:
        self.add_error(error.field if error.field in self.fields else None, error.shown)


class ViewForm(OwnForm):
    name = forms.CharField(
        label=_("Name"),
        max_length=LONGEST_NAME,
        help_text=_("Stands as a tab above the list."),
        error_messages={"required": _("Name is missing. Type what you call this view.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
    )
    is_shared = forms.BooleanField(label=_("Offer it to everybody"), required=False)
    replaces = forms.BooleanField(label=_("Replace my view of that name"), required=False)


class ColumnsForm(OwnForm):
    columns = forms.MultipleChoiceField(
        label=_("Columns"), required=False, widget=forms.CheckboxSelectMultiple(attrs=TICK)
    )

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["columns"].choices = choices


def _zones() -> list[tuple[str, Any]]:
    return [("", _("As the portal (%(zone)s)") % {"zone": settings.PORTAL_TIME_ZONE}), *zones()]


class LookForm(OwnForm):
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=_zones,
        required=False,
        widget=LongSelect,
        help_text=_(
            "Your clock on every page. A customer’s limits and months keep the customer’s own zone, and pages say both."
        ),
    )
    single_letters = forms.BooleanField(label=_("Single letters act outside fields"), required=False)
