"""Between transactional tests on PostgreSQL: only the tables that a test filled are emptied.

Django truncates every table there is and makes groups and permissions anew, whatever the test wrote: half a second,
some 230 times a run. What a test leaves is the same here: what stays is compared, row by row, with what Django's way
left the first time, and one difference, or a table grown large, takes Django's way again.
"""

from django.apps import apps
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

# What `post_migrate` writes, and what would be the same ever after.
KEPT = ("contenttypes.ContentType", "auth.Permission", "auth.Group", "credit.Authority")
# Deleting leaves what a vacuum has to clear away; truncating does not.
LARGEST_BYTES = 1_000_000

Rows = dict[str, list[tuple]]
_left_by_django: Rows = {}


def emptied(connection: BaseDatabaseWrapper) -> bool:
    """Whether it was done; if not, Django's way is to be taken, and `remember` called."""
    if connection.vendor != "postgresql" or not _left_by_django or not connection.get_autocommit():
        return False
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        # As truncating would: whoever is still in the middle of a transaction is waited for.
        cursor.execute(f"LOCK TABLE {', '.join(names)}")
        if _is_large(cursor) or _kept(cursor) != _left_by_django:
            return False
        # The guards of the ledger and the foreign keys, for this transaction alone.
        cursor.execute("SET LOCAL session_replication_role = replica")
        for table in _filled(cursor, sorted(set(names) - set(_kept_tables()))):
            cursor.execute(f"DELETE FROM {table}")
    return True


def remember(connection: BaseDatabaseWrapper) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            _left_by_django.update(_kept(cursor))


def only_the_default(databases: list[str]) -> bool:
    """Of several databases, or aliases of one, Django's way knows more."""
    return databases == ["default"] and len(connections.settings) == 1


def _kept_tables() -> list[str]:
    models = [apps.get_model(name) for name in KEPT]
    return [
        *(model._meta.db_table for model in models),
        apps.get_model("auth.Group").permissions.through._meta.db_table,
    ]


def _kept(cursor: CursorWrapper) -> Rows:
    found = {}
    for table in _kept_tables():
        cursor.execute(f"SELECT * FROM {table} ORDER BY id")
        found[table] = cursor.fetchall()
    return found


def _is_large(cursor: CursorWrapper) -> bool:
    cursor.execute(
        "SELECT max(pg_relation_size(oid)) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    return cursor.fetchone()[0] > LARGEST_BYTES


def _filled(cursor: CursorWrapper, tables: list[str]) -> list[str]:
    cursor.execute(
        " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {name})" for name in tables)
    )
    return [name for (name,) in cursor.fetchall()]
