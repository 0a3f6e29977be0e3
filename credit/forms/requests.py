"""Yes or no to a request, with a word why, and the state of the wallet that was looked at."""

from django import forms
from django.utils.translation import gettext_lazy as _

from credit.actions.refusals import NotDone


class DecisionForm(forms.Form):
    words = forms.CharField(
        label=_("Why"),
        max_length=255,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("Kept with the request; the one who asked reads it."),
    )
    confirmed = forms.BooleanField(required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def refuse(self, error: NotDone) -> None:
        self.add_error("words" if error.field == "words" else None, error.shown)
