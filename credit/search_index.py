"""Keeps one search text for each wallet, and an index over it where the database can have one.

Triggers keep the text, so whatever writes a wallet or renames an organization, it is found at once; a charge touches
none of their columns. Parts of words are found by trigrams: with pg_trgm where the PostgreSQL server has it, with
FTS5 in SQLite. Without, the answers are the same, only slower. All of it is made after each `migrate`, and mended
there: SQLite drops a table's triggers when it makes the table anew.
"""

import logging
from collections.abc import Iterator
from typing import Any

from django.apps import apps as current_apps
from django.db import DatabaseError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

TRIGRAMS = "search_text_trigrams"
FTS = "credit_search"

log = logging.getLogger(__name__)

_COMPACT = {
    "postgresql": "lower(translate(w.wallet_id, '-_. ', ''))",
    "sqlite": "lower(replace(replace(replace(replace(w.wallet_id, '-', ''), '_', ''), '.', ''), ' ', ''))",
}
_UUID = {"postgresql": "replace(o.uuid::text, '-', '')", "sqlite": "o.uuid"}
# The number alone too: nobody reads the letter over the phone.
_TEXT = """
    SELECT w.id, ' ' || o.search_name AS name, ' ' || {compact} || CASE substr({compact}, 1, 1)
        WHEN 'w' THEN ' ' || substr({compact}, 2) ELSE '' END || ' ' || {uuid} AS identifiers
    FROM credit_wallet w JOIN organizations_organization o ON o.id = w.organization_id
"""
_KEEP = """
    INSERT INTO credit_searchtext (wallet_id, name, identifiers) {text} WHERE {which}
    ON CONFLICT (wallet_id) DO UPDATE SET name = excluded.name, identifiers = excluded.identifiers
    WHERE credit_searchtext.name <> excluded.name OR credit_searchtext.identifiers <> excluded.identifiers
"""
_RENAME = """
    UPDATE credit_walletcopy SET name = NEW.search_name
    WHERE wallet_id IN (SELECT id FROM credit_wallet WHERE organization_id = NEW.id)
"""
_TRIGGERS = {
    "credit_wallet_is_found": ("credit_wallet", "INSERT"),
    "credit_wallet_is_found_again": ("credit_wallet", "UPDATE OF wallet_id, organization_id"),
    "credit_organization_is_found_again": ("organizations_organization", "UPDATE OF search_name, uuid"),
}
_FTS_ROW = (
    "INSERT INTO credit_search (rowid, name, identifiers) VALUES (NEW.wallet_id, NEW.name, NEW.identifiers)"
)
_FTS_GONE = (
    "INSERT INTO credit_search (credit_search, rowid, name, identifiers) "
    "VALUES ('delete', OLD.wallet_id, OLD.name, OLD.identifiers)"
)
_FTS_TRIGGERS = {
    "credit_searchtext_is_added": ("INSERT", _FTS_ROW),
    "credit_searchtext_is_changed": ("UPDATE", f"{_FTS_GONE}; {_FTS_ROW}"),
    "credit_searchtext_is_gone": ("DELETE", _FTS_GONE),
}


def install(*, using: str, apps: Any = current_apps, **kwargs: Any) -> None:
    """After a migration: triggers, texts, index, each only where it is missing or wrong."""
    try:
        apps.get_model("credit", "SearchText")
    except LookupError:  # migrated to before the text
        return
    connection = connections[using]
    with transaction.atomic(using=using), connection.cursor() as cursor:
        for statement in _triggers(connection, cursor):
            cursor.execute(statement)
        cursor.execute(_keep(connection.vendor, "true"))
    {"postgresql": _index_postgresql, "sqlite": _index_sqlite}[connection.vendor](connection)


def withdraw(*, using: str, **kwargs: Any) -> None:
    """Before a migration of SQLite, which checks all triggers while a table of theirs is away."""
    if connections[using].vendor == "sqlite":
        with connections[using].cursor() as cursor:
            for name in (*_TRIGGERS, *_FTS_TRIGGERS):
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")


def has_fts(connection: BaseDatabaseWrapper) -> bool:
    """Whether SQLite has the index; asked once for each connection."""
    known = vars(connection)
    if "has_credit_search" not in known:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM sqlite_master WHERE name = %s", [FTS])
            known["has_credit_search"] = cursor.fetchone() is not None
    return bool(known["has_credit_search"])


def _text(vendor: str) -> str:
    return _TEXT.format(compact=_COMPACT[vendor], uuid=_UUID[vendor])


def _keep(vendor: str, which: str) -> str:
    return _KEEP.format(text=_text(vendor), which=which)


def _which(table: str) -> str:
    return "w.id = NEW.id" if table == "credit_wallet" else "w.organization_id = NEW.id"


def _triggers(connection: BaseDatabaseWrapper, cursor: CursorWrapper) -> Iterator[str]:
    vendor = connection.vendor
    there = _known_triggers(vendor, cursor)
    for name, (table, event) in _TRIGGERS.items():
        does = [_keep(vendor, _which(table))]
        if table != "credit_wallet":
            does.append(_RENAME)
        body = "; ".join(does)
        if vendor == "postgresql":
            yield (
                f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN {body}; RETURN NULL; END $$"
            )
            if name not in there:
                yield f"CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"
        elif name not in there:
            yield f"CREATE TRIGGER {name} AFTER {event} ON {table} BEGIN {body}; END"


def _known_triggers(vendor: str, cursor: CursorWrapper) -> set[str]:
    cursor.execute(
        "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
        if vendor == "postgresql"
        else "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    )
    return {name for (name,) in cursor.fetchall()}


def _index_postgresql(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'")
        if cursor.fetchone() is None:
            return
    try:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            # Without a list of what is pending: a search would have to read it through.
            cursor.execute(
                f"CREATE INDEX IF NOT EXISTS {TRIGRAMS} ON credit_searchtext "
                "USING gin (name gin_trgm_ops, identifiers gin_trgm_ops) WITH (fastupdate = off)"
            )
    except DatabaseError as error:
        log.warning("The search has no index and is slow with very many wallets: %s", error)


def _index_sqlite(connection: BaseDatabaseWrapper) -> None:
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM sqlite_master WHERE name = %s", [FTS])
        if cursor.fetchone() is None and not _created_fts(connection, cursor):
            return
        there = _known_triggers("sqlite", cursor)
        if there.isdisjoint(_FTS_TRIGGERS):  # whatever was written meanwhile is not in the index
            cursor.execute("INSERT INTO credit_search (credit_search) VALUES ('rebuild')")
        for name, (event, body) in _FTS_TRIGGERS.items():
            if name not in there:
                cursor.execute(f"CREATE TRIGGER {name} AFTER {event} ON credit_searchtext BEGIN {body}; END")


def _created_fts(connection: BaseDatabaseWrapper, cursor: CursorWrapper) -> bool:
    try:
        with transaction.atomic(using=connection.alias):
            cursor.execute(
                f"CREATE VIRTUAL TABLE {FTS} USING fts5(name, identifiers, content='credit_searchtext', "
                "content_rowid='wallet_id', tokenize='trigram', columnsize=0)"
            )
    except DatabaseError as error:  # SQLite before 3.34
        log.warning("The search has no index and is slow with very many wallets: %s", error)
        return False
    return True
