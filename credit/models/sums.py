"""Sums of micros over many wallets, which may be wider than 64 bits: a million customers at 10,000,000 rupiah are."""

from typing import Any

from django.db.models import BigIntegerField, F, Sum, Value
from django.db.models.functions import Cast, Least

from credit.money import MICROS

_CAP_UNITS = 4 * 10**12  # in micros it still fits 64 bits; no authority reaches that far


class WideSum(Sum):
    """A sum that is exact however wide it gets: PostgreSQL's is; SQLite adds units and the rest apart.

    To be read, not to be sorted by or computed with: on SQLite it is a text until it is in Python.
    """

    output_field = BigIntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        units, of_units = self._of(f"(%(expressions)s) / {MICROS}", compiler, connection, extra)
        rest, of_rest = self._of(f"(%(expressions)s) %%%% {MICROS}", compiler, connection, extra)
        return f"({units} || ' ' || {rest})", (*of_units, *of_rest)

    def _of(self, part: str, compiler: Any, connection: Any, extra: dict[str, Any]) -> Any:
        alone = self.copy()
        alone.template = (
            f"SUM({part})"  # on the copy: Django lays a filter around the template it finds there
        )
        return super(WideSum, alone).as_sql(compiler, connection, **extra)

    def convert_value(self, value: Any, expression: Any, connection: Any) -> int:
        if isinstance(value, str):
            units, rest = value.split()
            return int(units) * MICROS + int(rest)
        return int(value or 0)


def capped_sum(column: str) -> Any:
    """Of whole amounts in micros, for the database to compare: exact up to 4 × 10¹², and at least that beyond it."""
    units = Least(Sum(F(column) / MICROS), Value(_CAP_UNITS), output_field=BigIntegerField())
    return Cast(units * Value(MICROS), BigIntegerField()) + Cast(Sum(F(column) % MICROS), BigIntegerField())
