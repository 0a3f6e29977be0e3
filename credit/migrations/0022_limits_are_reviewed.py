"""When a permanent limit should be looked at again; those that stand get a year from when they were set."""

from datetime import timedelta

from django.db import migrations, models
from django.db.models import DateField, F
from django.db.models.functions import Cast

A_YEAR = timedelta(days=365)


def a_year_from_when_it_was_set(apps, schema_editor):
    limits = apps.get_model("credit", "CreditLimit").objects.using(schema_editor.connection.alias)
    standing = limits.filter(slot="permanent", ended_at=None)
    standing.update(review_on=Cast(F("recorded_at") + A_YEAR, DateField()))


class Migration(migrations.Migration):
    dependencies = [("credit", "0021_authority_and_requests")]

    operations = [
        migrations.AddField(
            model_name="creditlimit",
            name="review_on",
            field=models.DateField(
                blank=True, help_text="When somebody should look at a permanent limit again.", null=True
            ),
        ),
        migrations.AddField(
            model_name="creditlimit",
            name="reviewed_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="creditlimit",
            name="reviewed_by_name",
            field=models.CharField(blank=True, max_length=150),
        ),
        migrations.RunPython(a_year_from_when_it_was_set, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="creditlimit",
            index=models.Index(
                condition=models.Q(("ended_at__isnull", True), ("review_on__isnull", False)),
                fields=["review_on", "id"],
                name="limits_by_review",
            ),
        ),
    ]
