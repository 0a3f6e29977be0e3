import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("credit", "0026_alert_sends_are_found_by_their_alert")]

    operations = [
        migrations.AddField(
            model_name="changerequest",
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
    ]
