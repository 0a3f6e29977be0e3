"""A queryset whose SQL is written once per process and then only run.

The rule's expressions over a wallet are large: Django takes longer to write their SQL than the database to answer.
Nothing is decided here: the text is what the queryset itself gives, with another instant and other keys put in.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from django.db import connections
from django.db.models import QuerySet

_INSTANT = datetime(1900, 1, 1, 0, 0, 0, 424242, tzinfo=UTC)
_FIRST_KEY = -(10**15)


class Prepared:
    """`build(instant, keys)` gives a `values()` queryset over rows with those keys; `size` keys at most."""

    def __init__(self, build: Callable[[datetime, list[int]], QuerySet[Any, Any]], size: int) -> None:
        self._build = build
        self._size = size
        self._written: dict[str, tuple[Any, str, tuple[Any, ...]]] = {}
        self._lock = Lock()

    def rows(
        self, instant: datetime, keys: Sequence[int], using: str = "default"
    ) -> dict[int, dict[str, Any]]:
        """The rows by their `id`; keys without a row are missing."""
        if not keys:
            return {}
        compiler, sql, params = self._statement(using)
        connection = connections[using]
        padded = [*keys, *[keys[-1]] * (self._size - len(keys))]
        meant = dict(zip(self._placeholders(), padded, strict=True))
        meant[_adapted(_INSTANT, connection)] = _adapted(instant, connection)
        with connection.cursor() as cursor:
            cursor.execute(sql, [meant.get(param, param) for param in params])
            found = cursor.fetchall()
        return {row["id"]: row for row in self._converted(compiler, found)}

    def _placeholders(self) -> list[int]:
        return [_FIRST_KEY - at for at in range(self._size)]

    def _statement(self, using: str) -> tuple[Any, str, tuple[Any, ...]]:
        with self._lock:
            if using not in self._written:
                query = self._build(_INSTANT, self._placeholders()).using(using).order_by().query
                compiler = query.get_compiler(using)
                sql, params = compiler.as_sql()
                self._written[using] = (compiler, sql, tuple(params))
            return self._written[using]

    @staticmethod
    def _converted(compiler: Any, found: list[Any]) -> list[dict[str, Any]]:
        converters = compiler.get_converters([column for column, *_ in compiler.select])
        rows = compiler.apply_converters(found, converters) if converters else found
        names = list(compiler.query.selected)
        return [dict(zip(names, row, strict=True)) for row in rows]


def _adapted(instant: datetime, connection: Any) -> Any:
    return connection.ops.adapt_datetimefield_value(instant)
