"""A new API client: its name on ledger lines, and what it may do."""

from typing import Any

from django import forms
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from credit.actions.refusals import NotDone
from credit.models import Scope


class ClientForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        help_text=gettext_lazy("Stands on every ledger line it makes, such as “Mediation EU”."),
        error_messages={"required": gettext_lazy("Name is missing. Type what the system is called.")},
    )
    scopes = forms.MultipleChoiceField(
        label=pgettext_lazy("right", "May"),
        choices=[(scope.value, gettext_lazy(scope.label)) for scope in Scope],
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
        error_messages={
            "required": gettext_lazy("Choose at least one. A client without a scope can do nothing.")
        },
    )

    authority = forms.ModelChoiceField(
        queryset=Group.objects.filter(authorities__isnull=False).distinct().order_by("name"),
        required=False,
        label=_("Authority of"),
        empty_label=_("nobody: it raises no limit"),
        help_text=_("How far it may raise limits by itself: as far as the people of this group."),
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["name"].widget.attrs["autocomplete"] = "off"

    def refuse(self, error: NotDone) -> None:
        self.add_error(error.field if error.field in self.fields else None, error.shown)
