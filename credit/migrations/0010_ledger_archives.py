"""Old lines may leave the ledger for an archive: exactly those that a row of ArchivedLines names, and no other."""

import django.db.models.deletion
from django.db import migrations, models

LEDGER, PARTS, FILES = "credit_transaction", "credit_archivedlines", "credit_ledgerarchive"

# The ranges of a wallet do not overlap, so the last one that begins at or before the line is the only one that can
# hold it. COALESCE: no range at all holds nothing.
IS_ARCHIVED = f"""COALESCE(OLD.sequence <= (
    SELECT last_sequence FROM {PARTS} WHERE wallet_id = OLD.wallet_id AND first_sequence <= OLD.sequence
    ORDER BY first_sequence DESC LIMIT 1
), false)"""  # noqa: S608
ARE_BACK = f"""(
    SELECT COUNT(*) = OLD.last_sequence - OLD.first_sequence + 1
    AND COALESCE(SUM(amount_micros), 0) = OLD.amount_micros FROM {LEDGER}
    WHERE wallet_id = OLD.wallet_id AND sequence BETWEEN OLD.first_sequence AND OLD.last_sequence
)"""  # noqa: S608
LEDGER_WORDS = "credit_transaction is append-only: post a reversal instead"
PARTS_WORDS = "the record of archived lines goes only when the lines are back in the ledger"
FILES_WORDS = "the record of an archive never changes"
SAID = ("name", "before", "number", "sha256", "size", "lines", "first_wallet", "last_wallet", "written_at")


def function(name, condition, words):
    return f"""
        CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF {condition} THEN RETURN OLD; END IF;
            RAISE EXCEPTION '{words}' USING ERRCODE = 'restrict_violation';
        END $$
    """


def on_postgresql():
    yield function("credit_refuse_losing_lines", IS_ARCHIVED, LEDGER_WORDS)
    yield function("credit_refuse_losing_parts", ARE_BACK, PARTS_WORDS)
    yield function("credit_refuse_changing_parts", "false", PARTS_WORDS)
    yield function("credit_refuse_changing_files", "false", FILES_WORDS)
    changed = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in SAID)
    yield f"DROP TRIGGER {LEDGER}_refuses_delete ON {LEDGER}"
    for table, verb, when, refuse in (
        (LEDGER, "delete", "", "losing_lines"),
        (PARTS, "delete", "", "losing_parts"),
        (PARTS, "update", "", "changing_parts"),
        (FILES, "update", f"WHEN ({changed})", "changing_files"),
        (FILES, "delete", "", "changing_files"),
    ):
        yield (
            f"CREATE TRIGGER {table}_refuses_{verb} BEFORE {verb.upper()} ON {table} FOR EACH ROW {when} "
            f"EXECUTE FUNCTION credit_refuse_{refuse}()"
        )
    for table, refuse in ((PARTS, "parts"), (FILES, "files")):
        yield (
            f"CREATE TRIGGER {table}_refuses_truncate BEFORE TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION credit_refuse_changing_{refuse}()"
        )


def on_sqlite():
    changed = " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in SAID)
    yield f"DROP TRIGGER {LEDGER}_refuses_delete"
    for table, verb, when, words in (
        (LEDGER, "delete", f"WHEN NOT {IS_ARCHIVED}", LEDGER_WORDS),
        (PARTS, "delete", f"WHEN NOT {ARE_BACK}", PARTS_WORDS),
        (PARTS, "update", "", PARTS_WORDS),
        (FILES, "update", f"WHEN {changed}", FILES_WORDS),
        (FILES, "delete", "", FILES_WORDS),
    ):
        yield (
            f"CREATE TRIGGER {table}_refuses_{verb} BEFORE {verb.upper()} ON {table} {when} "
            f"BEGIN SELECT RAISE(ABORT, '{words}'); END"
        )


def refuse(apps, schema_editor):
    for statement in {"postgresql": on_postgresql, "sqlite": on_sqlite}[schema_editor.connection.vendor]():
        schema_editor.execute(statement, params=None)


def allow(apps, schema_editor):
    """As migration 0002 had it: no line leaves at all."""
    postgresql = schema_editor.connection.vendor == "postgresql"
    refusal = (
        "FOR EACH ROW EXECUTE FUNCTION credit_refuse_changes()"
        if postgresql
        else f"BEGIN SELECT RAISE(ABORT, '{LEDGER_WORDS}'); END"
    )
    on = " ON {}" if postgresql else ""
    triggers = [(LEDGER, "delete")]
    triggers += [(table, verb) for table in (PARTS, FILES) for verb in ("delete", "update", "truncate")]
    for table, verb in triggers:
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_refuses_{verb}{on.format(table)}", params=None)
    schema_editor.execute(
        f"CREATE TRIGGER {LEDGER}_refuses_delete BEFORE DELETE ON {LEDGER} {refusal}", params=None
    )


class Migration(migrations.Migration):
    dependencies = [("credit", "0009_invoices_by_kind_and_money_in_by_wallet")]

    operations = [
        migrations.CreateModel(
            name="LedgerArchive",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=100, unique=True, verbose_name="file")),
                (
                    "before",
                    models.DateField(
                        help_text="The first day of the month before which its lines were posted."
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                ("size", models.BigIntegerField(verbose_name="bytes")),
                ("lines", models.BigIntegerField()),
                ("first_wallet", models.BigIntegerField()),
                ("last_wallet", models.BigIntegerField()),
                ("written_at", models.DateTimeField()),
                ("by_name", models.CharField(max_length=150)),
                (
                    "removed_at",
                    models.DateTimeField(
                        blank=True, help_text="When its last line had left the ledger.", null=True
                    ),
                ),
                (
                    "restored_at",
                    models.DateTimeField(blank=True, help_text="When its lines were put back.", null=True),
                ),
            ],
            options={
                "ordering": ["before", "number"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=["before", "number"], name="one_archive_per_month_and_number"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("lines__gte", 1)), name="an_archive_holds_a_line"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ArchivedLines",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "wallet",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="archived_lines",
                        to="credit.wallet",
                    ),
                ),
                (
                    "archive",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="parts",
                        to="credit.ledgerarchive",
                    ),
                ),
                ("first_sequence", models.BigIntegerField()),
                ("last_sequence", models.BigIntegerField()),
                ("amount_micros", models.BigIntegerField(help_text="The sum of the lines.")),
                (
                    "current_balance_after_micros",
                    models.BigIntegerField(help_text="After the last of them."),
                ),
                (
                    "posted_before",
                    models.DateTimeField(
                        help_text="The archive's month began then, on the wallet's own clock."
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "archived lines",
                "ordering": ["wallet", "first_sequence"],
                "indexes": [
                    models.Index(
                        fields=["archive", "wallet", "first_sequence"], name="archived_lines_by_file"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("wallet", "first_sequence"), name="archived_lines_begin_once_per_wallet"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("first_sequence__gte", 1), ("last_sequence__gte", models.F("first_sequence"))
                        ),
                        name="archived_lines_are_a_range",
                    ),
                ],
            },
        ),
        migrations.RunPython(refuse, allow),
    ]
