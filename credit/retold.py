"""What the portal itself has written in English, in a notice, a reason or a name, said in the reader's language.

Such a text is sealed, or written by a statement of a database, or older than the sentence: it is known by its form.
"""

import re
from functools import cache

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from credit.languages import Number, Said, shown

SENTENCES = (
    gettext_noop("The temporary limit of %(amount)s %(currency)s has ended."),
    gettext_noop("Suspended: %(amount)s %(currency)s of invoice %(invoice)s are %(days)s days late."),
    gettext_noop("%(amount)s %(currency)s of invoice %(invoice)s are %(days)s days late."),
    gettext_noop("Bulk change %(number)s"),
    gettext_noop("paid of %(invoice)s"),
    gettext_noop("The line has %(cells)s cells, the header %(columns)s."),
    gettext_noop("The line is too long."),
    gettext_noop("The line is not in UTF-8."),
    gettext_noop("The line has a character that cannot be stored."),
)
NAMES = frozenset(
    {
        gettext_noop("The clock"),
        gettext_noop("Month end"),
        gettext_noop("End of temporary limits"),
        gettext_noop("End of reservations"),
        gettext_noop("Overdue"),
        gettext_noop("Closing the wallet"),
        gettext_noop("current balance"),
        gettext_noop("balance after the last line"),
        gettext_noop("number of lines"),
        gettext_noop("reserved"),
        gettext_noop("closing"),
    }
)
_FORMS = {
    "amount": r"−?\d[\d,]*(?:\.\d+)?",
    "currency": "[A-Z]{3}",
    "invoice": r"\S+",
    "days": r"\d+",
    "number": r"\d+",
    "cells": r"\d+",
    "columns": r"\d+",
}


def retold(text: str) -> str:
    """What is not of the portal's own sentences, as a person's reason, stands as it is."""
    if text in NAMES:
        return _(text)
    for sentence in SENTENCES:
        if found := _form(sentence).fullmatch(text):
            values = {
                name: Number(value) if name == "amount" else value
                for name, value in found.groupdict().items()
            }
            return str(shown(Said(sentence, values)))
    return text


@cache
def _form(sentence: str) -> re.Pattern[str]:
    parts = re.split(r"%\((\w+)\)s", sentence)
    return re.compile(
        "".join(f"(?P<{part}>{_FORMS[part]})" if at % 2 else re.escape(part) for at, part in enumerate(parts))
    )
