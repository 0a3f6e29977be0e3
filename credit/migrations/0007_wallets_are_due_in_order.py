"""Who is due next is read off an index, also where a million periods end at one instant."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("credit", "0006_refuse_changes_to_issued_invoices")]

    operations = [
        migrations.RemoveIndex(model_name="wallet", name="wallet_by_period_end"),
        migrations.AddIndex(
            model_name="wallet",
            index=models.Index(
                fields=["period_ends_at", "id"],
                name="wallet_by_period_end",
                condition=models.Q(("period_ends_at__isnull", False)),
            ),
        ),
    ]
