"""The list of alerts shows to whom each was sent."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("credit", "0025_seals_and_notes")]

    operations = [
        migrations.AlterField(
            model_name="alertsend",
            name="event",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="sends", to="credit.alertevent"
            ),
        )
    ]
