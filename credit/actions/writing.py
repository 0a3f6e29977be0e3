"""Writing many rows at once, by each database's own best way."""

from collections.abc import Sequence
from typing import Any

import psycopg
from django.db import connection
from django.db.models import Model

SEVERAL = 20  # fewer rows than this are not worth a COPY


def insert_rows(rows: Sequence[Model]) -> None:
    """Inserts the rows in order and gives each its pk."""
    if not rows:
        return
    if connection.vendor == "postgresql" and len(rows) >= SEVERAL:
        _copy_rows(rows)
    else:
        type(rows[0])._default_manager.bulk_create(rows, batch_size=1000)


def _copy_rows(rows: Sequence[Any]) -> None:
    """COPY, with the pks drawn from the table's own sequence first."""
    meta = rows[0]._meta
    fields = meta.concrete_fields
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
            [meta.db_table, meta.pk.column, len(rows)],
        )
        for row, (pk,) in zip(rows, cursor.fetchall(), strict=True):
            row.pk = pk
            row._state.adding = False
            row._prepare_related_fields_for_save(operation_name="bulk_create")
        columns = ", ".join(connection.ops.quote_name(field.column) for field in fields)
        table = connection.ops.quote_name(meta.db_table)
        with psycopg.Cursor(connection.connection).copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(_values(row, fields))


def update_rows(rows: Sequence[Model], names: Sequence[str]) -> None:
    """Writes some columns of many rows, where bulk_update's CASE would grow with the square of their number."""
    if not rows or not names:
        return
    meta = rows[0]._meta
    fields = [meta.get_field(name) for name in names]
    write = _update_from_arrays if connection.vendor == "postgresql" else _update_one_by_one
    write(meta, fields, [_values(row, [*fields, meta.pk]) for row in rows])


def update_of_wallet(row: Any, names: Sequence[str]) -> None:
    """Some columns of one row, found by its wallet too: where wallets are spread over servers, one of them is asked."""
    columns = {name: getattr(row, name) for name in names}
    type(row)._default_manager.filter(wallet=row.wallet_id, pk=row.pk).update(**columns)


def _update_from_arrays(meta: Any, fields: Sequence[Any], values: list[list[Any]]) -> None:
    """One statement: the columns travel as arrays and are joined by pk."""
    quote = connection.ops.quote_name
    columns = [quote(field.column) for field in fields]
    arrays = ", ".join(f"%s::{field.cast_db_type(connection)}[]" for field in [*fields, meta.pk])
    # Only names and types from the model's own definition; every value is a parameter.
    statement = (
        f"UPDATE {quote(meta.db_table)} AS kept SET {', '.join(f'{column} = new.{column}' for column in columns)} "  # noqa: S608
        f"FROM unnest({arrays}) AS new ({', '.join(columns)}, pk) WHERE kept.{quote(meta.pk.column)} = new.pk"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(column) for column in zip(*values, strict=True)])


def _update_one_by_one(meta: Any, fields: Sequence[Any], values: list[list[Any]]) -> None:
    quote = connection.ops.quote_name
    columns = ", ".join(f"{quote(field.column)} = %s" for field in fields)
    statement = f"UPDATE {quote(meta.db_table)} SET {columns} WHERE {quote(meta.pk.column)} = %s"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.executemany(statement, values)


def _values(row: Model, fields: Sequence[Any]) -> list[Any]:
    return [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]
