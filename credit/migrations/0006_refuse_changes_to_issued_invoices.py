"""An issued invoice never changes (product.md section 4): only what of it is paid, which its allocations say."""

from django.db import migrations

# Everything an issued invoice says; `paid_micros` alone may move.
SAID = [
    "wallet_id",
    "kind",
    "number",
    "currency",
    "period_starts_at",
    "period_ends_at",
    "total_micros",
    "created_at",
    "issued_at",
    "due_on",
    "corrects_id",
    "seller_id",
    "billed_to",
]
WORDS = "an issued invoice never changes: correct it with a credit note"

POSTGRESQL_FUNCTION = f"""
CREATE OR REPLACE FUNCTION credit_refuse_changes_to_issued() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '{WORDS}' USING ERRCODE = 'restrict_violation';
END $$
"""
POSTGRESQL_LINE_FUNCTION = f"""
CREATE OR REPLACE FUNCTION credit_refuse_changes_to_issued_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM credit_invoice WHERE id = OLD.invoice_id AND issued_at IS NOT NULL) THEN
        RAISE EXCEPTION '{WORDS}' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$
"""  # noqa: S608
PARTS = ("credit_invoiceline", "credit_invoicetax")


def on_postgresql():
    yield POSTGRESQL_FUNCTION
    yield POSTGRESQL_LINE_FUNCTION
    changed = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in SAID)
    refuse = "EXECUTE FUNCTION credit_refuse_changes_to_issued()"
    yield (
        "CREATE TRIGGER credit_invoice_refuses_update BEFORE UPDATE ON credit_invoice FOR EACH ROW "
        f"WHEN (OLD.issued_at IS NOT NULL AND ({changed})) {refuse}"
    )
    yield (
        "CREATE TRIGGER credit_invoice_refuses_delete BEFORE DELETE ON credit_invoice FOR EACH ROW "
        f"WHEN (OLD.issued_at IS NOT NULL) {refuse}"
    )
    for table in PARTS:
        yield (
            f"CREATE TRIGGER {table}_refuses_change BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW "
            "EXECUTE FUNCTION credit_refuse_changes_to_issued_line()"
        )


def on_sqlite():
    changed = " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in SAID)
    raises = f"BEGIN SELECT RAISE(ABORT, '{WORDS}'); END"
    yield (
        "CREATE TRIGGER credit_invoice_refuses_update BEFORE UPDATE ON credit_invoice "
        f"WHEN OLD.issued_at IS NOT NULL AND ({changed}) {raises}"
    )
    yield (
        "CREATE TRIGGER credit_invoice_refuses_delete BEFORE DELETE ON credit_invoice "
        f"WHEN OLD.issued_at IS NOT NULL {raises}"
    )
    issued = "EXISTS (SELECT 1 FROM credit_invoice WHERE id = OLD.invoice_id AND issued_at IS NOT NULL)"
    for table in PARTS:
        for verb in ("update", "delete"):
            yield f"CREATE TRIGGER {table}_refuses_{verb} BEFORE {verb.upper()} ON {table} WHEN {issued} {raises}"


def refuse(apps, schema_editor):
    for statement in {"postgresql": on_postgresql, "sqlite": on_sqlite}[schema_editor.connection.vendor]():
        schema_editor.execute(statement, params=None)


def allow(apps, schema_editor):
    names = [("credit_invoice", "update"), ("credit_invoice", "delete")]
    names += [(table, verb) for table in PARTS for verb in ("update", "delete", "change")]
    on = " ON {}" if schema_editor.connection.vendor == "postgresql" else ""
    for table, verb in names:
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_refuses_{verb}{on.format(table)}", params=None)


class Migration(migrations.Migration):
    dependencies = [("credit", "0005_month_end_allocations_taxes_and_deliveries")]

    operations = [migrations.RunPython(refuse, allow)]
