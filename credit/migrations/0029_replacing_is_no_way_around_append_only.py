"""What is append-only cannot be replaced or emptied either.

SQLite's INSERT OR REPLACE takes the row away that is in its place, and no DELETE trigger is asked about it. PostgreSQL's
TRUNCATE asks no row's trigger either, and invoices had none of their own for it.
"""

from django.db import migrations

LEDGER = "is append-only: post a reversal instead"
INVOICE = "an issued invoice never changes: correct it with a credit note"
SEAL = "a seal is never changed"
NOTE = "a note is never changed: strike it out and write another one"
PARTS = "the record of archived lines goes only when the lines are back in the ledger"
FILES = "the record of an archive never changes"

_IS_ISSUED = "EXISTS (SELECT 1 FROM credit_invoice WHERE id = there.invoice_id AND issued_at IS NOT NULL)"

# Table -> what is said, and when a row that is there already would have to make room: each of its unique keys.
GUARDED = {
    "credit_transaction": (
        f"credit_transaction {LEDGER}",
        [
            "there.id = NEW.id",
            "there.wallet_id = NEW.wallet_id AND there.sequence = NEW.sequence",
            "NEW.kind = 'reversal' AND there.original_id = NEW.original_id AND there.kind = 'reversal'",
        ],
    ),
    "credit_holdline": (f"credit_holdline {LEDGER}", ["there.id = NEW.id"]),
    "credit_change": (f"credit_change {LEDGER}", ["there.id = NEW.id"]),
    "credit_invoice": (
        INVOICE,
        [
            "there.id = NEW.id AND there.issued_at IS NOT NULL",
            "there.number = NEW.number AND there.issued_at IS NOT NULL",
            "there.wallet_id = NEW.wallet_id AND there.period_starts_at = NEW.period_starts_at "
            "AND there.issued_at IS NOT NULL",
        ],
    ),
    "credit_invoiceline": (
        INVOICE,
        [
            f"there.id = NEW.id AND {_IS_ISSUED}",
            f"there.invoice_id = NEW.invoice_id AND there.kind = NEW.kind AND {_IS_ISSUED}",
        ],
    ),
    "credit_invoicetax": (
        INVOICE,
        [
            f"there.id = NEW.id AND {_IS_ISSUED}",
            f"there.invoice_id = NEW.invoice_id AND there.rate = NEW.rate AND {_IS_ISSUED}",
        ],
    ),
    "credit_seal": (
        SEAL,
        [
            "there.id = NEW.id",
            "there.of = NEW.of AND there.number = NEW.number",
            "there.of = NEW.of AND there.previous_digest = NEW.previous_digest",
        ],
    ),
    "credit_note": (NOTE, ["there.id = NEW.id"]),
    "credit_archivedlines": (
        PARTS,
        [
            "there.id = NEW.id",
            "there.wallet_id = NEW.wallet_id AND there.first_sequence = NEW.first_sequence",
        ],
    ),
    "credit_ledgerarchive": (
        FILES,
        [
            "there.id = NEW.id",
            "there.name = NEW.name",
            "there.before = NEW.before AND there.number = NEW.number",
        ],
    ),
}
INVOICES = ("credit_invoice", "credit_invoiceline", "credit_invoicetax")


def refuse(apps, schema_editor):
    on = {"postgresql": on_postgresql, "sqlite": on_sqlite}[schema_editor.connection.vendor]
    for statement in on():
        schema_editor.execute(statement, params=None)


def on_sqlite():
    for table, (words, keys) in GUARDED.items():
        in_its_place = " OR ".join(f"EXISTS (SELECT 1 FROM {table} AS there WHERE {key})" for key in keys)  # noqa: S608
        yield (
            f"CREATE TRIGGER {table}_refuses_replace BEFORE INSERT ON {table} WHEN {in_its_place} "
            f"BEGIN SELECT RAISE(ABORT, '{words}'); END"
        )


def on_postgresql():
    for table in INVOICES:
        yield (
            f"CREATE TRIGGER {table}_refuses_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION credit_refuse_changes_to_issued()"
        )


def allow(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        for table in GUARDED:
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_refuses_replace")
        return
    for table in INVOICES:
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_refuses_truncate ON {table}")


class Migration(migrations.Migration):
    dependencies = [("credit", "0028_bulk_rows_are_asked_for")]

    operations = [migrations.RunPython(refuse, allow)]
