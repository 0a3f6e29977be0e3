import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("credit", "0010_ledger_archives"),
        ("organizations", "0002_what_stands_on_a_bill"),
    ]

    operations = [
        migrations.CreateModel(
            name="OverdueSuspension",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
                ("days_late", models.PositiveIntegerField()),
                (
                    "was_suspended_already",
                    models.BooleanField(default=False, help_text="By a person, or by another invoice."),
                ),
                (
                    "invoice",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="overdue_suspension",
                        to="credit.invoice",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="overdue_suspensions",
                        to="organizations.organization",
                    ),
                ),
            ],
            options={
                "ordering": ["-at", "-pk"],
            },
        ),
    ]
