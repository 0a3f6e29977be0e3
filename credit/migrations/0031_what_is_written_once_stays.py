"""What an action writes once is refused a second time by the database itself: payments, the history of limits, ended
periods, allocations, series of numbers, what a draft asks for, and the seller that an issued invoice names.

What has a life keeps it: a limit and an allocation end once, a period is closed once, a draft is issued, a series
counts on. The triggers ask about columns only (WHEN), which a close does not feel. Whether a line is added to an issued
invoice takes a look at the invoice: PostgreSQL looks once per statement.
"""

from typing import NamedTuple

from django.db import migrations

INVOICE = "an issued invoice never changes: correct it with a credit note"
DRAFT = "what an invoice asks for never changes: correct it with a credit note"
SELLER = "a seller that an issued invoice names never changes: add one that is valid from today"
PARTS = ("credit_invoiceline", "credit_invoicetax")


class Guard(NamedTuple):
    """`over`: such a row never changes at all. `never`: these columns never do. `only`: how others may not move.

    `keys`: its unique keys but the first, by which a row could be put in the place of another (`there`).
    """

    table: str
    words: str
    never: str = "id"
    over: str = "1 = 0"
    only: str = "1 = 0"
    keys: tuple[str, ...] = ()


GUARDS = (
    Guard(
        "credit_payment",
        "a payment never changes: reverse it and record another one",
        over="1 = 1",
        keys=("there.transaction_id = NEW.transaction_id",),
    ),
    Guard(
        "credit_creditlimit",
        "the history of limits is only ever ended: set another limit instead",
        never="id wallet_id amount_micros unlimited starts_at ends_at recorded_at reason_code reason by_user_id by_name",
        over="OLD.ended_at IS NOT NULL",
        only="OLD.slot <> NEW.slot AND NOT (OLD.slot = 'scheduled' AND NEW.slot = 'temporary')",
        keys=(
            "there.wallet_id = NEW.wallet_id AND there.slot = NEW.slot "
            "AND there.ended_at IS NULL AND NEW.ended_at IS NULL",
        ),
    ),
    Guard(
        "credit_period",
        "an ended period never changes: what is posted later is in the next one",
        never="id wallet_id starts_at ends_at scheme amount_micros first_sequence last_sequence recorded_at",
        over="OLD.closed_at IS NOT NULL",
        keys=(
            "there.wallet_id = NEW.wallet_id AND there.starts_at = NEW.starts_at",
            "there.invoice_id = NEW.invoice_id",
        ),
    ),
    Guard(
        "credit_allocation",
        "an allocation is only ever ended: allocate again instead",
        never="id wallet_id invoice_id line_id amount_micros allocated_at by_user_id by_name",
        over="OLD.ended_at IS NOT NULL",
    ),
    Guard(
        "credit_invoiceseries",
        "a series of numbers only counts on",
        never="id name",
        only="NEW.last_number < OLD.last_number",
        keys=("there.name = NEW.name",),
    ),
)
# Of a draft too; that nothing at all changes once it is issued is migration 0006's.
DRAFTS = {
    "credit_invoice": "id wallet_id kind currency period_starts_at period_ends_at total_micros corrects_id",
    "credit_invoiceline": "id invoice_id kind exact_micros rounded_micros count",
    "credit_invoicetax": "id invoice_id rate gross_micros tax_micros",
}

FUNCTIONS = f"""
CREATE OR REPLACE FUNCTION credit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING MESSAGE = TG_ARGV[0], ERRCODE = 'restrict_violation';
END $$;
-- OFFSET 0: each line looks its invoice up by the index, whatever number of lines the plan was made for.
CREATE OR REPLACE FUNCTION credit_refuse_additions_to_issued() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM added CROSS JOIN LATERAL
        (SELECT issued_at FROM credit_invoice WHERE id = added.invoice_id OFFSET 0) AS its
        WHERE its.issued_at IS NOT NULL
    ) THEN
        RAISE EXCEPTION '{INVOICE}' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION credit_refuse_changes_to_named_seller() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM credit_invoice WHERE seller_id = OLD.id AND issued_at IS NOT NULL) THEN
        RAISE EXCEPTION '{SELLER}' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""  # noqa: S608


def refuse(apps, schema_editor):
    on = {"postgresql": on_postgresql, "sqlite": on_sqlite}[schema_editor.connection.vendor]
    for statement in on():
        schema_editor.execute(statement, params=None)


def any_of(columns, differs):
    return " OR ".join(f"OLD.{column} {differs} NEW.{column}" for column in columns.split())


def changes(guard, differs):
    return f"({guard.over}) OR ({guard.only}) OR {any_of(guard.never, differs)}"


def on_postgresql():
    yield FUNCTIONS
    for guard in GUARDS:
        refuses = f"EXECUTE FUNCTION credit_refuse('{guard.words}')"
        on = f"{guard.table}_refuses_{{}} BEFORE {{}} ON {guard.table} FOR EACH"
        when = changes(guard, "IS DISTINCT FROM")
        yield f"CREATE TRIGGER {on.format('update', 'UPDATE')} ROW WHEN ({when}) {refuses}"
        yield f"CREATE TRIGGER {on.format('delete', 'DELETE')} ROW {refuses}"
        yield f"CREATE TRIGGER {on.format('truncate', 'TRUNCATE')} STATEMENT {refuses}"
    for table, columns in DRAFTS.items():
        yield (
            f"CREATE TRIGGER {table}_refuses_other_amounts BEFORE UPDATE ON {table} FOR EACH ROW "
            f"WHEN ({any_of(columns, 'IS DISTINCT FROM')}) EXECUTE FUNCTION credit_refuse('{DRAFT}')"
        )
    for table in PARTS:
        yield (
            f"CREATE TRIGGER {table}_refuses_addition AFTER INSERT ON {table} REFERENCING NEW TABLE AS added "
            "FOR EACH STATEMENT EXECUTE FUNCTION credit_refuse_additions_to_issued()"
        )
    yield (
        "CREATE TRIGGER credit_seller_refuses_update BEFORE UPDATE ON credit_seller FOR EACH ROW "
        "EXECUTE FUNCTION credit_refuse_changes_to_named_seller()"
    )


def on_sqlite():
    for guard in GUARDS:
        yield sqlite_trigger(guard.table, "update", "UPDATE", changes(guard, "IS NOT"), guard.words)
        yield sqlite_trigger(guard.table, "delete", "DELETE", "1 = 1", guard.words)
        yield from on_replacing(guard)
    for table, columns in DRAFTS.items():
        yield sqlite_trigger(table, "other_amounts", "UPDATE", any_of(columns, "IS NOT"), DRAFT)
    for table in PARTS:
        issued = "EXISTS (SELECT 1 FROM credit_invoice WHERE id = NEW.invoice_id AND issued_at IS NOT NULL)"
        yield sqlite_trigger(table, "addition", "INSERT", issued, INVOICE)
    # UPDATE OR REPLACE, of a draft: the number is the one unique thing that it is still given.
    number = (
        "NEW.number IS NOT OLD.number AND EXISTS (SELECT 1 FROM credit_invoice WHERE number = NEW.number)"
    )
    yield sqlite_trigger("credit_invoice", "taken_number", "UPDATE OF number", number, INVOICE)
    yield from on_sellers()


def on_replacing(guard):
    """INSERT OR REPLACE, and UPDATE OR REPLACE by a key that may change, take away what is there without a DELETE."""
    there = [f"EXISTS (SELECT 1 FROM {guard.table} AS there WHERE {key})" for key in guard.keys]  # noqa: S608
    same = f"EXISTS (SELECT 1 FROM {guard.table} AS there WHERE there.id = NEW.id)"  # noqa: S608
    yield sqlite_trigger(guard.table, "replace", "INSERT", " OR ".join([same, *there]), guard.words)
    if there:
        others = [key.replace("WHERE ", "WHERE there.id <> OLD.id AND ") for key in there]
        yield sqlite_trigger(guard.table, "taken_place", "UPDATE", " OR ".join(others), guard.words)


def on_sellers():
    named = "EXISTS (SELECT 1 FROM credit_invoice WHERE seller_id = {}.id AND issued_at IS NOT NULL)"
    place = f"SELECT 1 FROM credit_seller AS there WHERE {{}} AND {named.format('there')}"  # noqa: S608
    same_day = "there.valid_from = NEW.valid_from"
    taken = f"EXISTS ({place.format(f'there.id <> OLD.id AND {same_day}')})"
    yield sqlite_trigger("credit_seller", "update", "UPDATE", f"{named.format('OLD')} OR {taken}", SELLER)
    replaced = f"EXISTS ({place.format(f'(there.id = NEW.id OR {same_day})')})"
    yield sqlite_trigger("credit_seller", "replace", "INSERT", replaced, SELLER)


def sqlite_trigger(table, name, deed, when, words):
    return (
        f"CREATE TRIGGER {table}_refuses_{name} BEFORE {deed} ON {table} WHEN {when} "
        f"BEGIN SELECT RAISE(ABORT, '{words}'); END"
    )


def allow(apps, schema_editor):
    on = " ON {}" if schema_editor.connection.vendor == "postgresql" else ""
    names = [
        (guard.table, name)
        for guard in GUARDS
        for name in ("update", "delete", "truncate", "replace", "taken_place")
    ]
    names += [(table, "other_amounts") for table in DRAFTS] + [(table, "addition") for table in PARTS]
    names += [("credit_invoice", "taken_number"), ("credit_seller", "update"), ("credit_seller", "replace")]
    for table, name in names:
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_refuses_{name}{on.format(table)}", params=None)


class Migration(migrations.Migration):
    dependencies = [("credit", "0030_wallets_are_found_by_their_time_zone")]

    operations = [migrations.RunPython(refuse, allow)]
