"""The rules of `rules.py` as SQL text, compiled once for each database and then reused.

Building and compiling the expressions takes Django longer than a database needs to answer them. The text is made by
Django's own compiler from the one definition; only the instant and the given columns are put in anew.
"""

from collections.abc import Mapping
from copy import copy
from datetime import datetime
from functools import cache
from typing import Any

from django.db import connections
from django.db.models import BigIntegerField, CharField, DateTimeField, Expression, Field, IntegerField
from django.db.models.sql import Query

from credit import rules

_NOW = "now"


class Slot(Expression):
    """Where a value goes once the text is used."""

    def __init__(self, name: str, output_field: Field | None):
        super().__init__(output_field=output_field)
        self.name = name
        self.is_given_as_it_is = output_field is None

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return "%s", [self]


class Rule(Expression):
    """One rule about the wallets of a query at an instant, as an annotation."""

    def __init__(self, name: str, now: datetime, given: Mapping[str, Any]):
        super().__init__(output_field=_output_field(name))
        self.name = name
        self.values = {_NOW: now, **given}
        self.given = frozenset(given)
        self.alias = ""

    def resolve_expression(self, query: Any = None, *args: Any, **kwargs: Any) -> "Rule":
        resolved = copy(self)
        resolved.alias = query.get_initial_alias()
        return resolved

    def relabeled_clone(self, change_map: Mapping[str, str]) -> "Rule":
        clone = copy(self)
        clone.alias = change_map.get(self.alias, self.alias)
        return clone

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        text, slots = compiled(self.name, self.given, connection.alias, self.alias)
        return text, [_put(self.values[slot.name], slot, connection) for slot in slots]

    @property
    def identity(self) -> Any:
        return (
            type(self),
            self.name,
            self.alias,
            tuple(sorted(self.values.items(), key=lambda item: item[0])),
        )


def _put(value: Any, place: Slot, connection: Any) -> Any:
    """A slot stays one: then the text around the rule is one that is written once, too (credit/written_queries.py)."""
    return value if isinstance(value, Slot) else place.output_field.get_db_prep_value(value, connection)


def annotations(now: datetime, names: tuple[str, ...] = (), **given: Any) -> dict[str, Rule]:
    """All rules, or the named ones, for `QuerySet.annotate`; given columns stand in for the rows' own."""
    return {name: Rule(name, now, given) for name in names or rules.RULES}


@cache
def compiled(name: str, given: frozenset[str], using: str, alias: str) -> tuple[str, list[Slot]]:
    """The text of a rule over the table under an alias, and what goes into its placeholders."""
    from credit.models import Wallet

    query = Query(Wallet)
    query.get_initial_alias()
    slots = {column: Slot(column, _column(Wallet, column)) for column in given}
    row = rules.Row(Slot(_NOW, DateTimeField()), slots, rules.expired_holds)
    expression = rules.RULES[name](row).resolve_expression(query)
    if alias != Wallet._meta.db_table:
        expression = expression.relabeled_clone({Wallet._meta.db_table: alias})
    compiler = query.get_compiler(using)
    text, params = compiler.compile(expression)
    return _with_constants(text, list(params), connections[using])


def _with_constants(text: str, params: list[Any], connection: Any) -> tuple[str, list[Slot]]:
    """Numbers and words that the rule itself names are written into the text; only the slots stay open."""
    parts = text.split("%s")
    written = [parts[0]]
    for param, part in zip(params, parts[1:], strict=True):
        written.append("%s" if isinstance(param, Slot) else _literal(param, connection))
        written.append(part)
    return "".join(written), [param for param in params if isinstance(param, Slot)]


def _literal(value: Any, connection: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).upper() if connection.vendor == "postgresql" else str(int(value))
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, str) and value.isidentifier():
        return f"'{value}'"
    raise TypeError(f"A rule has a constant of a kind that has no literal here: {value!r}")


def _column(model: Any, column: str) -> Field:
    return copy(model._meta.get_field(column))


def _output_field(name: str) -> Field:
    if name.endswith("_micros"):
        return BigIntegerField(null=True)
    if name.endswith("_at"):
        return DateTimeField(null=True)
    return CharField() if name in ("limit_state", "standing") else IntegerField(null=True)
