import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("credit", "0007_wallets_are_due_in_order")]

    operations = [
        migrations.RemoveIndex(model_name="delivery", name="delivery_not_sent"),
        migrations.AddField(
            model_name="delivery",
            name="next_try_at",
            field=models.DateTimeField(
                default=django.utils.timezone.now,
                help_text="Not before: a server that refused is left alone for a while.",
            ),
            preserve_default=False,
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(
                    ("claimed_at__isnull", True), ("failed_at__isnull", True), ("sent_at__isnull", True)
                ),
                fields=["next_try_at"],
                name="delivery_waiting",
            ),
        ),
    ]
