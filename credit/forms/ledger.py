"""What may be asked of a ledger by its address: period, kind, what a line counts as, amount, where to go on."""

from datetime import datetime

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credit.forms.limits import YEARS, AmountField
from credit.languages import shown
from credit.money import InvalidAmount, to_micros
from credit.terms import Kind

COUNTS = [
    ("unbilled", gettext_lazy("Unbilled")),
    ("balance", gettext_lazy("Balance")),
    ("invoice", gettext_lazy("An invoice of its own")),
]


class MicrosField(AmountField):
    """A typed amount as micros."""

    def clean(self, value: str) -> int | None:  # type: ignore[override]
        text = super().clean(value)
        try:
            return to_micros(text) if text else None
        except InvalidAmount as error:
            raise forms.ValidationError(str(shown(error.args[0]))) from None


class LedgerFilter(forms.Form):
    period = forms.CharField(required=False)
    kind = forms.ChoiceField(choices=Kind.choices, required=False)
    counts = forms.ChoiceField(choices=COUNTS, required=False, label=gettext_lazy("Counts as"))
    least = MicrosField(required=False, label=gettext_lazy("At least"), max_length=40)
    most = MicrosField(required=False, label=gettext_lazy("At most"), max_length=40)
    before = forms.IntegerField(required=False, min_value=1)

    def clean_period(self) -> datetime | None:
        """The first of a month, naive: which instant that is depends on the wallet's zone."""
        text = self.cleaned_data["period"]
        try:
            # Naive on purpose: it names a month, not an instant.
            month = datetime.strptime(text, "%Y-%m") if text else None  # noqa: DTZ007
        except ValueError:
            raise forms.ValidationError(_("Type a month such as 2026-11.")) from None
        if month and month.year not in YEARS:
            raise forms.ValidationError(_("Type a month such as 2026-11."))
        return month
