from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credit.usage_files import receiving

MEGABYTE = 1024**2


class UsageFileForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("File"),
        error_messages={
            "required": gettext_lazy("No file is chosen. Choose a CSV file."),
            "missing": gettext_lazy("No file is chosen. Choose a CSV file."),
            "empty": gettext_lazy("The file is empty. Choose one with a header and lines."),
            "max_length": gettext_lazy("The file’s name is longer than 255 characters. Shorten it."),
        },
        max_length=receiving.LONGEST_NAME,
        widget=forms.FileInput(attrs={"accept": ".csv,.gz,text/csv,application/gzip"}),
    )
    gated = forms.BooleanField(
        label=gettext_lazy("Ask the credit limit: decline what is beyond it"),
        required=False,
        help_text=gettext_lazy(
            "Without it the usage was delivered: it is charged in full, also on blocked and suspended "
            "wallets."
        ),
    )
    another = forms.BooleanField(label=gettext_lazy("These are other lines"), required=False)

    def __init__(self, *args: Any, may_overrun: bool, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.asks_for_another = False
        if not may_overrun:
            self.fields["gated"].disabled = True
            self.initial["gated"] = True
            self.fields["gated"].help_text = _(
                "Charging beyond the limit is a right that your account lacks."
            )

    def clean_file(self) -> UploadedFile:
        sent = self.cleaned_data["file"]
        if sent.size > receiving.most_bytes():
            raise forms.ValidationError(too_large(sent.size))
        return sent

    def ask_for_another(self, earlier: Any) -> None:
        """A mended file of the same name would charge again what the first one has charged."""
        self.asks_for_another = True
        self.add_error(
            "another",
            _(
                "A file named %(name)s with other content was sent before. Lines that are in both would "
                "be charged twice, unless they carry a key. To send mended lines, take the file of refused "
                "lines. If these are other lines, choose the file again and tick this."
            )
            % {"name": earlier.name},
        )


def too_large(size: int) -> str:
    return _(
        "The file has %(size)s MB. At most %(most_bytes)s MB are taken here. Split it, pack it with "
        "gzip, or use the command import_charges."
    ) % {"size": f"{size / MEGABYTE:,.0f}", "most_bytes": f"{receiving.most_bytes() / MEGABYTE:,.0f}"}
