"""Questions that come with every page: Django writes their text once, afterwards only the values are put in.

Django takes longer over the text of a small query than the database over its answer, and PostgreSQL longer to plan it
than to answer: there the texts are prepared, once for each connection. Whoever keeps a `Written` keeps no answer: each
time the database is asked anew.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Generic, TypeVar

import psycopg
from django.db import connections
from django.db.models import Field, Model, QuerySet
from django.db.models.expressions import RawSQL

from credit.rule_sql import Slot

M = TypeVar("M", bound=Model)


class Written:
    """A query over a database; what may differ between two askings stands in it as a `Slot`."""

    def __init__(self, query: "QuerySet[Any, Any]", using: str):
        compiler = query.query.get_compiler(using)
        text, params = compiler.as_sql()
        self.using, self.inner = using, (text, params)
        columns = [column for column, _sql, _alias in compiler.select]
        self.converted = [
            (place, column) for place, column in enumerate(columns) if _converters(column, connections[using])
        ]
        # A slot that stands there many times is given once; True and 1 are equal, and not the same to a database.
        kinds = [(type(param), param) for param in params]
        distinct = list(dict.fromkeys(kinds))
        self.given = [param for _kind, param in distinct]
        is_postgresql = connections[using].vendor == "postgresql"
        places = [("${}" if is_postgresql else "%(p{})s").format(distinct.index(kind) + 1) for kind in kinds]
        self.text = _filled(text if is_postgresql else text.replace("%%", "%%%%"), places)

    def rows(self, **values: Any) -> list[list[Any]]:
        """The rows as Python values; `values` fill the slots of their names."""
        connection = connections[self.using]
        given = [_put(param, values, connection) for param in self.given]
        if connection.vendor == "postgresql":
            with prepared(connection) as cursor:
                cursor.execute(self.text, given)
                found = cursor.fetchall()
        else:
            with connection.cursor() as cursor:
                cursor.execute(self.text, {f"p{number}": value for number, value in enumerate(given, 1)})
                found = cursor.fetchall()
        return _as_python(found, self.converted, connection)

    def inside(self, **values: Any) -> RawSQL:
        """The same as a part of another query, for `pk__in`."""
        text, params = self.inner
        connection = connections[self.using]
        return RawSQL(text, [_put(param, values, connection) for param in params])  # noqa: S611

    def row(self, **values: Any) -> list[Any] | None:
        return next(iter(self.rows(**values)), None)


class WrittenRows(Written, Generic[M]):
    """A query for the rows of one model, each with what is annotated to it; nothing is joined to them."""

    def __init__(self, query: "QuerySet[M, M]", using: str):
        self.model = query.model
        self.names = [field.attname for field in self.model._meta.concrete_fields]
        self.annotated = list(query.query.annotations)
        super().__init__(query.values_list(*self.names, *self.annotated), using)

    def found(self, **values: Any) -> list[M]:
        return [self._made(row) for row in self.rows(**values)]

    def _made(self, row: list[Any]) -> M:
        own = len(self.names)
        made = self.model.from_db(self.using, self.names, row[:own])
        for name, value in zip(self.annotated, row[own:], strict=True):
            setattr(made, name, value)
        return made


def slot(name: str, field: "Field[Any, Any] | None" = None) -> Any:
    """Where a value goes, in a filter; without a field it is given as the driver takes it."""
    return Slot(name, field)


def ask(using: str, text: str, params: Sequence[Any], *, planned_once: bool = True) -> list[Any]:
    """The rows of a text that comes again and again; a LIMIT in it is a number, or its plan would know no better."""
    connection = connections[using]
    if connection.vendor != "postgresql" or not planned_once:
        with connection.cursor() as cursor:
            cursor.execute(text, params)
            return cursor.fetchall()
    with prepared(connection) as cursor:
        cursor.execute(_numbered(text), params)
        return cursor.fetchall()


@contextmanager
def prepared(connection: Any) -> Iterator[Any]:
    """A cursor whose texts say $1, $2: what comes again is planned once (DATABASE_PREPARE_THRESHOLD).

    Under Django's own, so that queries are counted and errors are Django's.
    """
    connection.ensure_connection()
    with connection.wrap_database_errors:
        raw = psycopg.RawCursor(connection.connection)
    with connection._prepare_cursor(raw) as cursor:
        yield cursor


@lru_cache(maxsize=1000)
def _numbered(text: str) -> str:
    return _filled(text, [f"${number}" for number in range(1, text.count("%s") + 1)])


def _filled(text: str, places: Sequence[str]) -> str:
    return str(text % tuple(places))


def _put(param: Any, values: dict[str, Any], connection: Any) -> Any:
    if not isinstance(param, Slot):
        return param
    value = values[param.name]
    return value if param.is_given_as_it_is else param.output_field.get_db_prep_value(value, connection)


def _as_python(found: list[Any], converted: list[tuple[int, Any]], connection: Any) -> list[list[Any]]:
    """SQLite has no instants, truths and UUIDs of its own: what a column's field makes of what is stored."""
    rows = [list(row) for row in found]
    for place, column in converted:
        for convert in _converters(column, connection):
            for row in rows:
                row[place] = convert(row[place], column, connection)
    return rows


def _converters(column: Any, connection: Any) -> list[Any]:
    return [*connection.ops.get_db_converters(column), *column.get_db_converters(connection)]
