from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("credit", "0013_months_are_locked_in_steps")]

    operations = [
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("sent_at__isnull", True)), fields=["id"], name="delivery_not_sent"
            ),
        ),
    ]
