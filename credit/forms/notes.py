"""What is typed about a note: the words, a promise, and when it comes back."""

from django import forms
from django.utils.translation import gettext_lazy

from credit.forms.money import AmountField, ReasonForm, VerbForm
from credit.models import Settled
from credit.models.note import LONGEST_NOTE

_DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class NoteForm(VerbForm):
    text = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": gettext_lazy("The note is missing. Write what you learned.")},
    )
    promised_on = forms.DateField(
        label=gettext_lazy("Payment promised by"),
        required=False,
        widget=_DAY,
        help_text=gettext_lazy("It comes back on that day, unless payments have kept the promise before."),
    )
    amount = AmountField(
        label=gettext_lazy("Promised amount"),
        required=False,
        help_text=gettext_lazy("Empty: any payment keeps the promise."),
    )
    comes_back_on = forms.DateField(
        label=gettext_lazy("Come back to it on"),
        required=False,
        widget=_DAY,
        help_text=gettext_lazy("For another day than the promise’s, or without a promise."),
    )


class StrikeOutForm(ReasonForm):
    field_order = ["reason"]


class SettleForm(VerbForm):
    outcome = forms.ChoiceField(
        label=gettext_lazy("What became of it"),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose whether the promise was kept.")},
    )

    def __init__(self, *args, is_promise: bool, **kwargs):
        super().__init__(*args, **kwargs)
        outcomes = (Settled.KEPT, Settled.BROKEN) if is_promise else (Settled.DONE,)
        self.fields["outcome"].choices = [(one.value, one.label) for one in outcomes]
        if not is_promise:  # nobody says by mistake that somebody has paid
            self.fields["outcome"].initial = outcomes[0].value
