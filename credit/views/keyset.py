"""Pages of a list by position, not by number: what was inserted meanwhile never repeats or hides a row."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from django.db.models import BooleanField, Expression, F, Func, Q, QuerySet, Value

COUNT_LIMIT = 1000
LARGEST = 2**63 - 1


# (place or None for the beginning, upwards, how many) -> rows
First = Callable[[list[Any] | None, bool, int], list[Any]]


class BadPageMark(ValueError):
    """The address names a place in the list that cannot be read."""


@dataclass(frozen=True)
class Page:
    rows: list[Any]
    before: str = ""  # the mark of the first row, where something stands before it
    after: str = ""
    count: int | None = None  # how many match, where the page already knows

    def counted(self, count: int) -> "Page":
        return replace(self, count=count)


class RowBeyond(Func):
    """`(a, b) > (1, 2)`: one comparison of whole places, so that an index starts right behind the mark."""

    output_field = BooleanField()
    conditional = True

    def __init__(self, columns: Sequence[str], values: Sequence[Any], *, upwards: bool, **extra: Any) -> None:
        given = [value if isinstance(value, Expression) else Value(value) for value in values]
        super().__init__(*map(F, columns), *given, **extra)
        self.upwards = upwards

    def as_sql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, list[Any]]:
        texts, params = zip(*map(compiler.compile, self.source_expressions), strict=True)
        middle = len(texts) // 2
        sign = ">" if self.upwards else "<"
        text = f"({', '.join(texts[:middle])}) {sign} ({', '.join(texts[middle:])})"
        return text, [param for part in params for param in part]


class Order:
    """The columns a list stands in, the last one unique; the first may be text.

    All upwards or all downwards, so that one index serves both; with `ties_upwards` only the first column turns.
    `as_row`: the columns are numbers and texts that the database can compare as one row.
    """

    def __init__(
        self,
        *columns: str,
        kind: type = int,
        descending: bool = False,
        ties_upwards: bool = False,
        as_row: bool = False,
    ) -> None:
        self.as_row = as_row
        self.columns, self.kind, self.descending = columns, kind, descending
        self.ties_turned = descending and ties_upwards

    def mark(self, row: Any) -> str:
        """A row's place in the list, as it stands in an address."""
        values = [getattr(row, column) for column in self.columns]
        return urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")

    def read(self, mark: str) -> list[Any]:
        try:
            values = json.loads(urlsafe_b64decode(mark.encode() + b"=="))
        except (NotBase64, ValueError, RecursionError):  # the last of brackets in brackets
            raise BadPageMark(mark) from None
        kinds = [self.kind, *[int] * (len(self.columns) - 1)]
        if (
            not isinstance(values, list)
            or [type(value) for value in values] != kinds
            or any(map(_is_beyond, values))
        ):
            raise BadPageMark(mark)
        return values

    def past(self, values: Sequence[Any], upwards: bool) -> Q:
        """Rows further than the place: by the first column, or equal in it and further by the rest."""
        if self.as_row:
            # The bound follows from the rest; it is what lets an index of the first column alone start at the mark.
            bound = Q(**{f"{self.columns[0]}__{'gte' if upwards else 'lte'}": values[0]})
            return bound & Q(RowBeyond(self.columns, values, upwards=upwards))
        further = Q()
        for column, value, up in reversed(list(zip(self.columns, values, self._sides(upwards), strict=True))):
            past = Q(**{f"{column}__{'gt' if up else 'lt'}": value})
            further = past | (Q(**{column: value}) & further if further else Q())
        # Follows from the rest; it is what lets an index start at the mark.
        return Q(**{f"{self.columns[0]}__{'gte' if upwards else 'lte'}": values[0]}) & further

    def by(self, upwards: bool) -> list[str]:
        sides = zip(self.columns, self._sides(upwards), strict=True)
        return [column if up else f"-{column}" for column, up in sides]

    def _sides(self, upwards: bool) -> list[bool]:
        return [upwards, *[upwards != self.ties_turned] * (len(self.columns) - 1)]


def page(
    rows: QuerySet[Any, Any], *, order: Order | None = None, kind: type = int, descending: bool = False,
    after: str = "", before: str = "", size: int = 50, sparse: bool = False,
) -> Page:  # fmt: skip
    """A page of rows in an order; without one, by their annotation `sort_value` (of a kind, never NULL) and pk.

    `sparse`: a filter may leave few rows, so they are found first and put in order then; walking along the order until
    a page is full would look at every row of the table.
    """
    order = order or Order("sort_value", "pk", kind=kind, descending=descending)
    count = None
    if sparse:
        pks = list(rows.order_by().values_list("pk", flat=True)[: COUNT_LIMIT + 1])
        count = len(pks)
        rows = rows.filter(pk__in=pks) if count <= COUNT_LIMIT else rows
    shown = page_of(partial(first_rows, rows, order), order=order, after=after, before=before, size=size)
    return replace(shown, count=count)


def page_of(first: First, *, order: Order, after: str = "", before: str = "", size: int = 50) -> Page:
    """A page of what finds the rows beyond a place in a way of its own."""
    backwards, mark = bool(before), before or after
    found = first(order.read(mark) if mark else None, order.descending == backwards, size + 1)
    shown, more = found[:size], len(found) > size
    if backwards:
        shown.reverse()
    return Page(
        shown,
        before=order.mark(shown[0]) if shown and (more if backwards else after) else "",
        after=order.mark(shown[-1]) if shown and (backwards or more) else "",
    )


def first_rows(
    rows: QuerySet[Any, Any], order: Order, beyond: list[Any] | None, upwards: bool, size: int
) -> list[Any]:
    """The first rows beyond a place."""
    rows = rows if beyond is None else rows.filter(order.past(beyond, upwards))
    return list(rows.order_by(*order.by(upwards))[:size])


def _is_beyond(value: Any) -> bool:
    """Whether no database could hold it: a number too large, half of a surrogate pair, a NUL."""
    if isinstance(value, str):
        return "\x00" in value or any(map(_is_surrogate, value))
    return abs(value) > LARGEST


def _is_surrogate(sign: str) -> bool:
    return "\ud800" <= sign <= "\udfff"


def capped_count(rows: QuerySet[Any]) -> int:
    """How many there are, but never counting further than one beyond the limit."""
    return rows.order_by().values("pk")[: COUNT_LIMIT + 1].count()
