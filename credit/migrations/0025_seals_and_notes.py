"""Seals over the audit trail and the ledger, and notes. What a seal says, and what a note says, never changes."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# (table, what of a row never changes; everything where nothing is named, what is said)
GUARDED = (
    ("credit_seal", "", "a seal is never changed"),
    (
        "credit_note",
        "organization_id, wallet_id, written_at, text, promised_on, promised_micros, comes_back_on, by_user_id, by_name",
        "a note is never changed: strike it out and write another one",
    ),
)


def refuse(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        for table, columns, words in GUARDED:
            for statement in on_sqlite(table, columns, words):
                schema_editor.execute(statement)
        return
    for table, columns, words in GUARDED:
        for statement in on_postgresql(table, columns, words):
            schema_editor.execute(statement, params=None)


def on_postgresql(table, columns, words):
    yield (
        f"CREATE OR REPLACE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN RAISE EXCEPTION '{words}' USING ERRCODE = 'restrict_violation'; END $$"
    )
    update = f"UPDATE OF {columns}" if columns else "UPDATE"
    for name, deed, each in (
        ("update", update, "ROW"),
        ("delete", "DELETE", "ROW"),
        ("truncate", "TRUNCATE", "STATEMENT"),
    ):
        yield (
            f"CREATE TRIGGER {table}_refuses_{name} BEFORE {deed} ON {table} "
            f"FOR EACH {each} EXECUTE FUNCTION {table}_refuse()"
        )


def on_sqlite(table, columns, words):
    update = f"UPDATE OF {columns}" if columns else "UPDATE"
    for name, deed in (("update", update), ("delete", "DELETE")):
        yield (
            f"CREATE TRIGGER {table}_refuses_{name} BEFORE {deed} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{words}'); END"
        )


def allow(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    for table, _, _ in GUARDED:
        for name in ("update", "delete", "truncate"):
            on = f" ON {table}" if vendor == "postgresql" else ""
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_refuses_{name}{on}")
        if vendor == "postgresql":
            schema_editor.execute(f"DROP FUNCTION IF EXISTS {table}_refuse()")


class Migration(migrations.Migration):
    dependencies = [
        ("credit", "0024_lists_pick_rows_by_a_stored_copy"),
        ("organizations", "0002_what_stands_on_a_bill"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
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
                    models.PositiveBigIntegerField(help_text="The furthest seal that ever held."),
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
                        blank=True, help_text="The last day for it, on the portal's calendar.", null=True
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
        migrations.RunPython(refuse, allow),
    ]
