from django.db import migrations, models

_PAID_LESS = models.Q(("paid_micros__lt", models.F("total_micros")))


class Migration(migrations.Migration):
    dependencies = [("credit", "0008_deliveries_are_tried_again_later")]

    operations = [
        migrations.RemoveIndex(model_name="invoice", name="invoice_to_issue"),
        migrations.RemoveIndex(model_name="invoice", name="invoice_open_by_wallet"),
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(
                fields=["kind", "created_at"],
                name="invoice_to_issue",
                condition=models.Q(("issued_at__isnull", True)),
            ),
        ),
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(
                fields=["wallet", "due_on"], name="invoice_unpaid_by_wallet", condition=_PAID_LESS
            ),
        ),
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(
                fields=["wallet", "sequence"],
                name="line_of_money_in",
                condition=models.Q(("amount_micros__gt", 0), ("counted", False)),
            ),
        ),
    ]
