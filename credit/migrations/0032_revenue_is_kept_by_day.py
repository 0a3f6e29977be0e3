"""Revenue is added up per local day by a job, so that a report of a month does not read its ledger.

Two tables of their own: nothing that is posted writes there.
"""

from django.db import migrations, models

import credit.models.exposure


class Migration(migrations.Migration):
    dependencies = [
        ("credit", "0031_what_is_written_once_stays"),
    ]

    operations = [
        migrations.CreateModel(
            name="RevenueUpTo",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("last_pk", models.BigIntegerField(default=0)),
                ("added_at", models.DateTimeField(blank=True, null=True)),
                (
                    "checked_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="When the days were last found to agree with the ledger.",
                        null=True,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RevenueDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                ("currency", models.CharField(max_length=3)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("call", "Call"),
                            ("sms", "SMS"),
                            ("fax", "Fax"),
                            ("number_activation", "Number activation"),
                            ("subscription", "Subscription"),
                            ("addon", "Add-on"),
                            ("service", "Service"),
                            ("hardware", "Hardware"),
                            ("payment", "Payment"),
                            ("withdrawal", "Withdrawal"),
                            ("transfer_in", "Transfer in"),
                            ("transfer_out", "Transfer out"),
                            ("adjustment", "Adjustment"),
                            ("refund", "Refund"),
                            ("credit_note", "Credit note"),
                            ("reversal", "Reversal"),
                            ("write_off", "Write-off"),
                            ("rounding", "Rounding"),
                        ],
                        max_length=18,
                    ),
                ),
                (
                    "item",
                    models.CharField(
                        choices=[
                            ("call", "Call"),
                            ("sms", "SMS"),
                            ("fax", "Fax"),
                            ("number_activation", "Number activation"),
                            ("subscription", "Subscription"),
                            ("addon", "Add-on"),
                            ("service", "Service"),
                            ("hardware", "Hardware"),
                            ("payment", "Payment"),
                            ("withdrawal", "Withdrawal"),
                            ("transfer_in", "Transfer in"),
                            ("transfer_out", "Transfer out"),
                            ("adjustment", "Adjustment"),
                            ("refund", "Refund"),
                            ("credit_note", "Credit note"),
                            ("reversal", "Reversal"),
                            ("write_off", "Write-off"),
                            ("rounding", "Rounding"),
                        ],
                        help_text="The kind of what the lines correct.",
                        max_length=18,
                    ),
                ),
                ("counted", models.BooleanField()),
                ("lines", models.PositiveBigIntegerField()),
                ("micros", credit.models.exposure.Total(help_text="Signed, as in the ledger.")),
            ],
            options={
                "ordering": ["day", "currency", "kind", "item", "counted"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("day", "currency", "kind", "item", "counted"),
                        name="one_revenue_row_per_day_and_kind",
                    )
                ],
            },
        ),
    ]
