from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import Model


def update_rows(rows: Sequence[Model], names: Sequence[str]) -> None:
    """Writes some columns of many rows: one prepared UPDATE for all, where bulk_update's CASE grows with the square."""
    if not rows or not names:
        return
    meta = rows[0]._meta
    assert meta.pk is not None
    fields = [meta.get_field(name) for name in names]
    quote = connection.ops.quote_name
    columns = ", ".join(f"{quote(field.column)} = %s" for field in fields)
    # Only names from the model's own definition; every value is a parameter.
    statement = f"UPDATE {quote(meta.db_table)} SET {columns} WHERE {quote(meta.pk.column)} = %s"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.executemany(statement, [_values(row, [*fields, meta.pk]) for row in rows])


def _values(row: Model, fields: Sequence[Any]) -> list[Any]:
    return [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]
