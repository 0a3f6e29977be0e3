"""The ledger and the histories are append-only in the database itself, whoever asks and by whatever door."""

from django.db import migrations

TABLES = ("credit_transaction", "credit_holdline", "credit_change")

POSTGRESQL_FUNCTION = """
CREATE OR REPLACE FUNCTION credit_refuse_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: post a reversal instead', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""


def refuse(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    if vendor == "postgresql":
        schema_editor.execute(POSTGRESQL_FUNCTION, params=None)
    for table in TABLES:
        for statement in {"postgresql": on_postgresql, "sqlite": on_sqlite}[vendor](table):
            schema_editor.execute(statement)


def on_postgresql(table):
    yield (
        f"CREATE TRIGGER {table}_refuses_update BEFORE UPDATE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION credit_refuse_changes()"
    )
    yield (
        f"CREATE TRIGGER {table}_refuses_delete BEFORE DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION credit_refuse_changes()"
    )
    yield (
        f"CREATE TRIGGER {table}_refuses_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION credit_refuse_changes()"
    )


def on_sqlite(table):
    yield (
        f"CREATE TRIGGER {table}_refuses_update BEFORE UPDATE ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only: post a reversal instead'); END"
    )
    yield (
        f"CREATE TRIGGER {table}_refuses_delete BEFORE DELETE ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only: post a reversal instead'); END"
    )


def allow(apps, schema_editor):
    on = "ON {table}" if schema_editor.connection.vendor == "postgresql" else ""
    for table in TABLES:
        for verb in ("update", "delete", "truncate"):
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_refuses_{verb} {on.format(table=table)}")


class Migration(migrations.Migration):
    dependencies = [("credit", "0001_wallets_limits_ledger_holds_and_invoices")]

    operations = [migrations.RunPython(refuse, allow)]
