"""Revenue asks for the lines of a month, of whatever wallet.

On PostgreSQL a BRIN: lines are appended nearly in the order of their instants, so a few pages tell where a month lies, and
a charge pays next to nothing for it. SQLite knows b-trees only; the newest entry goes to the rightmost leaf.
"""

from django.db import migrations, models
from django.db.models import Q

INDEX = "line_by_instant"


def create(apps, schema_editor):
    how = {
        "postgresql": "USING brin (posted_at) WITH (pages_per_range = 32, autosummarize = on)",
        "sqlite": "(posted_at)",
    }
    vendor = schema_editor.connection.vendor
    schema_editor.execute(f"CREATE INDEX {INDEX} ON credit_transaction {how[vendor]}")


def drop(apps, schema_editor):
    schema_editor.execute(f"DROP INDEX IF EXISTS {INDEX}")


class Migration(migrations.Migration):
    dependencies = [("credit", "0011_organizations_are_suspended_by_overdue_invoices")]

    operations = [
        migrations.RunPython(create, drop),
        migrations.AddIndex(
            model_name="change",
            index=models.Index(
                fields=["wallet", "at"], name="change_of_time_zone", condition=Q(verb="change_time_zone")
            ),
        ),
    ]
