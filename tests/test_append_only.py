"""Emptying the tables between tests must not leave the ledger open to changes."""

import pytest
from django.db import DatabaseError, connection

from tests.append_only import may_be_emptied

pytestmark = pytest.mark.django_db(transaction=True)

SQLITE_GUARD = """
    CREATE TRIGGER kept_forever BEFORE DELETE ON kept BEGIN SELECT RAISE(ABORT, 'append-only'); END
"""
POSTGRES_GUARD = """
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql
        AS $$ BEGIN RAISE EXCEPTION 'append-only'; END $$;
    CREATE TRIGGER kept_forever BEFORE TRUNCATE ON kept EXECUTE FUNCTION refuse();
"""


@pytest.fixture
def kept_table():
    sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE kept (id integer)")
        cursor.execute("INSERT INTO kept VALUES (1)")
        cursor.execute(SQLITE_GUARD if sqlite else POSTGRES_GUARD)
    yield "DELETE FROM kept" if sqlite else "TRUNCATE kept"
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE kept")
        if not sqlite:
            cursor.execute("DROP FUNCTION refuse()")


def test_a_guarded_table_can_be_emptied_only_inside(kept_table):
    with may_be_emptied(connection), connection.cursor() as cursor:
        cursor.execute(kept_table)
        cursor.execute("INSERT INTO kept VALUES (2)")

    with pytest.raises(DatabaseError, match="append-only"), connection.cursor() as cursor:
        cursor.execute(kept_table)
