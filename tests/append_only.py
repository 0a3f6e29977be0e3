"""Lets a test run empty append-only tables, on both databases, whatever triggers guard them.

The triggers are read from the database itself: a table that becomes append-only tomorrow is covered today.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db.backends.base.base import BaseDatabaseWrapper

GUARDED_POSTGRES_TABLES = """
    SELECT DISTINCT quote_ident(nspname) || '.' || quote_ident(relname)
    FROM pg_trigger
    JOIN pg_class ON pg_class.oid = tgrelid
    JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE NOT tgisinternal AND NOT relispartition
"""


@contextmanager
def may_be_emptied(connection: BaseDatabaseWrapper) -> Iterator[None]:
    sqlite = connection.vendor == "sqlite"
    with _sqlite_triggers_away(connection) if sqlite else _postgres_triggers_off(connection):
        yield


@contextmanager
def _sqlite_triggers_away(connection: BaseDatabaseWrapper) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = cursor.fetchall()
        for name, _ in triggers:
            cursor.execute(f'DROP TRIGGER "{name}"')
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            there = {name for (name,) in cursor.fetchall()}  # emptying makes those of the search anew
            for name, definition in triggers:
                if name not in there:
                    cursor.execute(definition)


@contextmanager
def _postgres_triggers_off(connection: BaseDatabaseWrapper) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(GUARDED_POSTGRES_TABLES)
        tables = [table for (table,) in cursor.fetchall()]
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table that still has to ask one cannot be altered
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for table in tables:
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
