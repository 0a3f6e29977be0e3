"""What is above the authority of the person who changes many limits becomes a request of its row."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("credit", "0027_requests_know_the_client_that_asked"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="bulkrow",
            name="only_a_row_left_out_says_why",
        ),
        migrations.AddField(
            model_name="bulkchange",
            name="asks",
            field=models.BooleanField(
                default=False,
                help_text="What is above the person's authority is asked for; else it is left out.",
            ),
        ),
        migrations.AddField(
            model_name="bulkrow",
            name="request",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="credit.changerequest",
            ),
        ),
        migrations.AlterField(
            model_name="bulkrow",
            name="state",
            field=models.CharField(
                choices=[
                    ("read", "Not previewed yet"),
                    ("planned", "Ready"),
                    ("unchanged", "Nothing to change"),
                    ("problem", "Problem"),
                    ("done", "Done"),
                    ("refused", "Refused"),
                    ("above", "Above the authority"),
                    ("asked", "Asked for approval"),
                ],
                default="read",
                max_length=9,
            ),
        ),
        migrations.AddConstraint(
            model_name="bulkrow",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["problem", "refused", "above"]), ("reason_code", ""), _connector="OR"
                ),
                name="only_a_row_left_out_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="bulkrow",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "asked"), _negated=True), ("request__isnull", False), _connector="OR"
                ),
                name="an_asked_bulk_row_names_its_request",
            ),
        ),
    ]
