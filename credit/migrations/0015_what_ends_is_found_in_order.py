"""Ended limits and holds are read off an index in order, also where a hundred thousand end at one instant."""

from django.db import migrations, models


def found_in_order(name, column):
    return [
        migrations.RemoveIndex(model_name="wallet", name=name),
        migrations.AddIndex(
            model_name="wallet",
            index=models.Index(
                fields=[column, "id"], name=name, condition=models.Q((f"{column}__isnull", False))
            ),
        ),
    ]


class Migration(migrations.Migration):
    dependencies = [("credit", "0014_deliveries_not_sent_are_found")]

    operations = [
        *found_in_order("wallet_by_next_hold_end", "next_hold_ends_at"),
        *found_in_order("wallet_by_temporary_end", "temporary_ends_at"),
        *found_in_order("wallet_by_scheduled_start", "scheduled_starts_at"),
    ]
