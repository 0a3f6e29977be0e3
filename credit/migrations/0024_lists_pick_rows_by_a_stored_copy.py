"""Filters and sorts by numbers that move with the clock pick their rows by a copy; a search by one text a wallet."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("credit", "0023_alerts_and_webhooks"),
        ("organizations", "0002_what_stands_on_a_bill"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
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
            name="SealCheck",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "of",
                    models.CharField(
                        choices=[("changes", "audit trail"), ("ledger", "ledger")], max_length=7, unique=True
                    ),
                ),
                ("checked_at", models.DateTimeField()),
                (
                    "number",
                    models.PositiveBigIntegerField(help_text="Up to this seal all is as it was sealed."),
                ),
                ("fault", models.TextField(blank=True, help_text="What the first seal that differs says.")),
            ],
        ),
        migrations.CreateModel(
            name="SealHorizon",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "of",
                    models.CharField(
                        choices=[("changes", "audit trail"), ("ledger", "ledger")], max_length=7, unique=True
                    ),
                ),
                ("pk_then", models.BigIntegerField()),
                (
                    "next_transaction",
                    models.BigIntegerField(help_text="PostgreSQL's next transaction id at that moment."),
                ),
                ("read_at", models.DateTimeField()),
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
            name="Seal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "of",
                    models.CharField(
                        choices=[("changes", "audit trail"), ("ledger", "ledger")], max_length=7
                    ),
                ),
                ("number", models.PositiveBigIntegerField()),
                (
                    "first_pk",
                    models.BigIntegerField(help_text="The one after the last pk of the seal before."),
                ),
                ("last_pk", models.BigIntegerField()),
                (
                    "count",
                    models.PositiveIntegerField(
                        help_text="Rows there were; an undone insert leaves a gap in the pks."
                    ),
                ),
                (
                    "columns",
                    models.PositiveSmallIntegerField(help_text="Which columns of a row the digest covers."),
                ),
                ("previous_digest", models.CharField(max_length=64)),
                ("digest", models.CharField(help_text="SHA-256, hexadecimal.", max_length=64)),
                ("sealed_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["of", "number"],
                "constraints": [
                    models.UniqueConstraint(fields=("of", "number"), name="one_seal_per_number"),
                    models.UniqueConstraint(
                        fields=("of", "previous_digest"), name="a_chain_of_seals_never_forks"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("count__gte", 1),
                            ("first_pk__gte", 1),
                            ("last_pk__gte", models.F("first_pk")),
                            ("number__gte", 1),
                        ),
                        name="a_seal_covers_rows",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Note",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("by_name", models.CharField(max_length=150)),
                ("written_at", models.DateTimeField()),
                ("text", models.CharField(max_length=2000)),
                (
                    "promised_on",
                    models.DateField(
                        blank=True, help_text="The customer's day by which money comes.", null=True
                    ),
                ),
                (
                    "promised_micros",
                    models.BigIntegerField(blank=True, help_text="Empty: any payment keeps it.", null=True),
                ),
                (
                    "after_sequence",
                    models.BigIntegerField(
                        help_text="Lines of the wallet after this one can keep the promise."
                    ),
                ),
                ("comes_back_on", models.DateField(blank=True, null=True)),
                (
                    "settled_as",
                    models.CharField(
                        blank=True,
                        choices=[("kept", "Kept"), ("broken", "Not kept"), ("done", "Done")],
                        max_length=6,
                    ),
                ),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
                ("settled_by_name", models.CharField(blank=True, max_length=150)),
                ("struck_at", models.DateTimeField(blank=True, null=True)),
                ("struck_by_name", models.CharField(blank=True, max_length=150)),
                ("struck_reason", models.CharField(blank=True, max_length=255)),
                (
                    "by_user",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notes",
                        to="organizations.organization",
                    ),
                ),
                (
                    "wallet",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notes",
                        to="credit.wallet",
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "permissions": [
                    ("write_notes", "Can write notes on customers, settle promises and strike notes out")
                ],
                "indexes": [
                    models.Index(fields=["organization", "-id"], name="notes_of_an_organization"),
                    models.Index(
                        condition=models.Q(
                            ("comes_back_on__isnull", False), ("settled_as", ""), ("struck_at__isnull", True)
                        ),
                        fields=["comes_back_on", "id"],
                        name="notes_that_come_back",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("promised_micros__isnull", True),
                            models.Q(("promised_micros__gt", 0), ("promised_on__isnull", False)),
                            _connector="OR",
                        ),
                        name="a_promise_of_money_has_a_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("promised_on__isnull", True), ("comes_back_on__isnull", False), _connector="OR"
                        ),
                        name="a_promise_comes_back",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("settled_as", ""), ("settled_at__isnull", True), ("settled_by_name", "")
                            ),
                            models.Q(
                                ("settled_at__isnull", False),
                                models.Q(("settled_as", ""), _negated=True),
                                models.Q(("settled_by_name", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="a_settled_note_says_by_whom",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("struck_at__isnull", True), ("struck_by_name", ""), ("struck_reason", "")
                            ),
                            models.Q(
                                ("struck_at__isnull", False),
                                models.Q(("struck_by_name", ""), _negated=True),
                                models.Q(("struck_reason", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="a_struck_note_says_why",
                    ),
                ],
            },
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
    ]
