"""Questions that come with every page: Django writes their text once, afterwards only the values are put in.

Django takes longer over the text of a small query than the database over its answer. Whoever keeps a `Written` keeps no
answer: each time the database is asked anew.
"""

from typing import Any

from django.db import connections
from django.db.models import Field, QuerySet

from credit.rule_sql import Slot


class Written:
    """A query over a database; what may differ between two askings stands in it as a `Slot`."""

    def __init__(self, query: "QuerySet[Any, Any]", using: str):
        compiler = query.query.get_compiler(using)
        self.using = using
        self.text, params = compiler.as_sql()
        self.params = list(params)
        self.columns = [column for column, _sql, _alias in compiler.select]

    def rows(self, **values: Any) -> list[list[Any]]:
        """The rows as Python values; `values` fill the slots of their names."""
        connection = connections[self.using]
        with connection.cursor() as cursor:
            cursor.execute(self.text, [_put(param, values, connection) for param in self.params])
            found = cursor.fetchall()
        return as_python(found, self.columns, connection)

    def row(self, **values: Any) -> list[Any] | None:
        return next(iter(self.rows(**values)), None)


def slot(name: str, field: "Field[Any, Any]") -> Any:
    """Where a value of that field's kind goes, in a filter."""
    return Slot(name, field)


def _put(param: Any, values: dict[str, Any], connection: Any) -> Any:
    if not isinstance(param, Slot):
        return param
    return param.output_field.get_db_prep_value(values[param.name], connection)


def as_python(found: list[Any], columns: list[Any], connection: Any) -> list[list[Any]]:
    """SQLite has no instants, truths and UUIDs of its own: what a column's field makes of what is stored."""
    rows = [list(row) for row in found]
    for place, column in enumerate(columns):
        for converted in _converters(column, connection):
            for row in rows:
                row[place] = converted(row[place], column, connection)
    return rows


def _converters(column: Any, connection: Any) -> list[Any]:
    return [*connection.ops.get_db_converters(column), *column.get_db_converters(connection)]
