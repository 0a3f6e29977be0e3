"""Filters and sorts by numbers that move with the clock pick their rows by a copy; a search by one text a wallet."""

import django.db.models.deletion
from django.db import migrations, models

TRIGGERS = {
    "credit_wallet_is_found": "credit_wallet",
    "credit_wallet_is_found_again": "credit_wallet",
    "credit_organization_is_found_again": "organizations_organization",
}


def withdraw(apps, schema_editor):
    """On the way back: credit/search_index.py made them after the migration."""
    if schema_editor.connection.vendor == "postgresql":
        for name, table in TRIGGERS.items():
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {name} ON {table}")


class Migration(migrations.Migration):
    dependencies = [
        ("credit", "0023_alerts_and_webhooks"),
        ("organizations", "0002_what_stands_on_a_bill"),
    ]

    operations = [
        migrations.CreateModel(
            name="CopyState",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "taken_at",
                    models.DateTimeField(help_text="Whatever was committed before stands in the copies."),
                ),
                (
                    "layout",
                    models.CharField(
                        help_text="Of the facets; the copies of another one are not read.", max_length=64
                    ),
                ),
                (
                    "snapshot",
                    models.BigIntegerField(
                        help_text="PostgreSQL: transactions before it are in the copies.", null=True
                    ),
                ),
                ("facets", models.JSONField(default=dict, help_text="How many wallets each facet has.")),
            ],
        ),
        migrations.CreateModel(
            name="SearchText",
            fields=[
                (
                    "wallet",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="search_text",
                        serialize=False,
                        to="credit.wallet",
                    ),
                ),
                ("name", models.TextField(help_text="The organization's, folded.")),
                (
                    "identifiers",
                    models.TextField(
                        help_text="Wallet ID with and without its letter, and UUID; no separators."
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="WalletCopy",
            fields=[
                (
                    "wallet",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="copy",
                        serialize=False,
                        to="credit.wallet",
                    ),
                ),
                ("facet", models.BigIntegerField()),
                ("name", models.CharField(max_length=512)),
                ("public_id", models.CharField(max_length=20, verbose_name="Wallet ID")),
                ("balance_micros", models.BigIntegerField()),
                ("unbilled_micros", models.BigIntegerField()),
                ("reserved_micros", models.BigIntegerField()),
                (
                    "limit_order",
                    models.BigIntegerField(
                        help_text="Not set stands below zero, unlimited above every amount."
                    ),
                ),
                ("usable_order", models.BigIntegerField()),
                ("used_order", models.BigIntegerField()),
                ("standing_order", models.IntegerField(help_text="The worst stands first.")),
                (
                    "organization",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="organizations.organization",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "wallet copies",
                "indexes": [
                    models.Index(
                        fields=["facet", "name", "organization", "wallet"], name="copy_of_facet_by_name"
                    ),
                    models.Index(fields=["facet", "public_id", "wallet"], name="copy_of_facet_by_wallet_id"),
                    models.Index(
                        fields=["facet", "balance_micros", "wallet"], name="copy_of_facet_by_balance_micr"
                    ),
                    models.Index(
                        fields=["facet", "unbilled_micros", "wallet"], name="copy_of_facet_by_unbilled_mic"
                    ),
                    models.Index(
                        fields=["facet", "reserved_micros", "wallet"], name="copy_of_facet_by_reserved_mic"
                    ),
                    models.Index(
                        fields=["facet", "limit_order", "wallet"], name="copy_of_facet_by_limit_order"
                    ),
                    models.Index(
                        fields=["facet", "usable_order", "wallet"], name="copy_of_facet_by_usable_order"
                    ),
                    models.Index(
                        fields=["facet", "used_order", "wallet"], name="copy_of_facet_by_used_order"
                    ),
                    models.Index(
                        fields=["facet", "standing_order", "wallet"], name="copy_of_facet_by_standing_ord"
                    ),
                    models.Index(fields=["balance_micros", "wallet"], name="copy_by_balance_micr"),
                    models.Index(fields=["unbilled_micros", "wallet"], name="copy_by_unbilled_mic"),
                    models.Index(fields=["reserved_micros", "wallet"], name="copy_by_reserved_mic"),
                    models.Index(fields=["limit_order", "wallet"], name="copy_by_limit_order"),
                    models.Index(fields=["usable_order", "wallet"], name="copy_by_usable_order"),
                    models.Index(fields=["used_order", "wallet"], name="copy_by_used_order"),
                    models.Index(fields=["standing_order", "wallet"], name="copy_by_standing_ord"),
                ],
            },
        ),
        migrations.RunPython(migrations.RunPython.noop, withdraw),
    ]
