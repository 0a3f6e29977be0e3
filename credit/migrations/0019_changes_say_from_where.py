"""The audit trail says from where, and has room for what concerns no single customer.

SQLite makes the table anew for that, and its triggers go with the old one: they are made again.
"""

from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TABLE = "credit_change"


def guard(apps, schema_editor):
    if schema_editor.connection.vendor != "sqlite":
        return
    for verb in ("update", "delete"):
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {TABLE}_refuses_{verb}")
    for statement in import_module("credit.migrations.0002_refuse_changes_to_the_ledger").on_sqlite(TABLE):
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("organizations", "0002_what_stands_on_a_bill"),
        ("credit", "0018_exposure_is_counted_every_day"),
    ]

    operations = [
        migrations.RunPython(migrations.RunPython.noop, guard),
        migrations.AlterModelOptions(
            name="change",
            options={
                "ordering": ["-at", "-pk"],
                "permissions": [("view_audit_trail", "Can read the audit trail of all customers")],
            },
        ),
        migrations.AlterField(
            model_name="change",
            name="organization",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="changes",
                to="organizations.organization",
            ),
        ),
        migrations.AddField(
            model_name="change",
            name="by_client",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="credit.apiclient",
            ),
        ),
        migrations.AddField(
            model_name="change",
            name="door",
            field=models.CharField(
                blank=True,
                choices=[
                    ("portal", "the portal"),
                    ("admin", "the Django admin"),
                    ("api", "the API"),
                    ("job", "a job or a command"),
                ],
                help_text="Empty before it was kept.",
                max_length=6,
                default="",
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="change",
            name="address",
            field=models.CharField(blank=True, max_length=45, default=""),
            preserve_default=False,
        ),
        migrations.AddIndex(
            model_name="change", index=models.Index(fields=["at", "id"], name="change_by_instant")
        ),
        migrations.AddIndex(
            model_name="change", index=models.Index(fields=["verb", "at", "id"], name="change_by_verb")
        ),
        migrations.AddIndex(
            model_name="change",
            index=models.Index(
                condition=models.Q(("by_user__isnull", False)),
                fields=["by_user", "at", "id"],
                name="change_by_person",
            ),
        ),
        migrations.AddIndex(
            model_name="change",
            index=models.Index(
                condition=models.Q(("by_client__isnull", False)),
                fields=["by_client", "at", "id"],
                name="change_by_client",
            ),
        ),
        migrations.RunPython(guard, migrations.RunPython.noop),
    ]
