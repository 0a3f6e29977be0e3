"""A change that a worker made for a person names the task, such as "Bulk change 12"; the door stays the person's.

By hand: Django would make SQLite's table anew, and its triggers would go with the old one.
"""

from django.db import migrations, models

COLUMN = models.CharField(
    max_length=60, blank=True, default="", help_text="What a worker did it for, such as a bulk change."
)


class Migration(migrations.Migration):
    dependencies = [("credit", "0032_revenue_is_kept_by_day")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE credit_change ADD COLUMN task varchar(60) NOT NULL DEFAULT ''",
            "ALTER TABLE credit_change DROP COLUMN task",
            state_operations=[migrations.AddField(model_name="change", name="task", field=COLUMN)],
        )
    ]
