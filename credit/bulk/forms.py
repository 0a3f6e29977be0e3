"""What is typed once for many wallets, or beside a file. Amounts stay as typed; the rows judge them."""

from typing import Any
from uuid import uuid4

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credit.actions.refusals import NotDone
from credit.bulk import making, sheets
from credit.forms.limits import AmountField
from credit.models import BulkVerb
from credit.terms import ChangeReason

SELECTABLE = [BulkVerb.SET, BulkVerb.RAISE, BulkVerb.END, BulkVerb.REVIEW]
FIELDS_OF: dict[str, list[str]] = {
    BulkVerb.SET: ["limit_is", "amount", "days", "until"],
    BulkVerb.RAISE: ["percent", "amount", "days", "until"],
    BulkVerb.END: [],
    BulkVerb.REVIEW: ["review_on"],
}


class BulkForm(forms.Form):
    """Why, and the key by which sending it twice is one bulk change."""

    reason_code = forms.ChoiceField(
        label=gettext_lazy("Reason"),
        choices=[("", gettext_lazy("Choose a reason")), *ChangeReason.choices],
        error_messages={"required": gettext_lazy("Choose why. It is kept with every change.")},
    )
    reason = forms.CharField(label=gettext_lazy("In your words"), required=False, max_length=255)
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"key": uuid4(), **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)

    def as_form(self, verb: str, chosen: str) -> making.Form:
        typed = self.cleaned_data
        return making.Form(
            key=typed["key"],
            verb=verb,
            chosen=chosen,
            reason_code=typed["reason_code"],
            reason=typed["reason"],
            wish=self.wish(),
        )

    def wish(self) -> dict[str, Any]:
        return {}

    def refuse(self, error: NotDone) -> None:
        self.add_error(error.field if error.field in self.fields else None, error.shown)


class SelectionForm(BulkForm):
    limit_is = forms.ChoiceField(
        label=gettext_lazy("Credit limit is"),
        choices=[("amount", gettext_lazy("An amount")), ("unlimited", gettext_lazy("Unlimited"))],
        required=False,
    )
    percent = forms.CharField(
        label=gettext_lazy("Percent"),
        required=False,
        max_length=12,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        help_text=gettext_lazy("Of each wallet’s own limit. A minus lowers."),
    )
    amount = AmountField(
        label=gettext_lazy("Credit limit"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    days = forms.IntegerField(
        label=gettext_lazy("Temporary increase days"),
        required=False,
        min_value=1,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"invalid": gettext_lazy("Days must be a whole number, such as 7.")},
    )
    until = forms.CharField(
        label=gettext_lazy("Or through the day"),
        required=False,
        max_length=20,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("On each customer’s own clock."),
    )

    review_on = forms.DateField(
        label=gettext_lazy("Look again on"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("Without a day: after the usual months."),
    )

    def __init__(self, *args: Any, verb: str, may_be_unlimited: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kept = {"reason_code", "reason", "key", *FIELDS_OF[verb]}
        for name in set(self.fields) - kept:
            del self.fields[name]
        if verb == BulkVerb.RAISE:
            self.fields["amount"].label = _("Or by an amount")
        if not may_be_unlimited:
            self.fields.pop("limit_is", None)

    def wish(self) -> dict[str, Any]:
        typed = self.cleaned_data
        if typed.get("limit_is") == "unlimited":
            return {"unlimited": True}
        wish = {name: typed.get(name) for name in ("amount", "percent", "days", "until", "review_on")}
        wish["review_on"] = wish["review_on"] and wish["review_on"].isoformat()
        return {name: value for name, value in wish.items() if value not in (None, "")}


class FileForm(BulkForm):
    file = forms.FileField(
        label=gettext_lazy("File"),
        max_length=255,
        error_messages={
            "required": gettext_lazy("No file is chosen. Choose a CSV or XLSX file."),
            "missing": gettext_lazy("No file is chosen. Choose a CSV or XLSX file."),
            "empty": gettext_lazy("The file is empty. Choose one with a header and rows."),
            "max_length": gettext_lazy("The file’s name is longer than 255 characters. Shorten it."),
        },
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,.xlsx,text/csv"}),
    )
    field_order = ["file", "reason_code", "reason", "key"]

    def clean_file(self) -> UploadedFile:
        sent: UploadedFile = self.cleaned_data["file"]
        if sent.size is None or sent.size > sheets.MOST_BYTES:
            raise forms.ValidationError(_("The file is larger than 10 MB. Split it."))
        return sent
