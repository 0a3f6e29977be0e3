"""Every word of a name is folded without the signs it begins with, not the first one alone: folded again, as in 0035."""

from importlib import import_module

from django.db import migrations

_fold = import_module("credit.migrations.0035_names_are_folded_with_their_signs").fold


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("credit", "0036_what_a_bulk_change_chose_in_words_of_any_length"),
        ("organizations", "0002_what_stands_on_a_bill"),
    ]

    operations = [migrations.RunPython(_fold, migrations.RunPython.noop)]
