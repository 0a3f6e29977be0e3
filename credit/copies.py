"""Reading the copy that lists pick their rows by: whether it is young enough, and its pages in any order."""

import json
from collections import namedtuple
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, cached_property, lru_cache
from typing import Any

from django.db import connections
from django.db.models import BooleanField, F, Func, Q, QuerySet
from django.db.models.expressions import RawSQL

from credit import facets
from credit.models import CopyState, WalletCopy
from credit.rule_sql import Slot
from credit.written_queries import ask

OLDEST = timedelta(seconds=60)
NO_CONDITION = Q()
MOST_PICKED = 500  # filters kept for a copy; it is taken anew every 20 s
_STATE = "SELECT taken_at FROM credit_copystate WHERE id = 1 AND layout = %s AND taken_at BETWEEN %s AND %s"


@dataclass(frozen=True)
class Copies:
    """The copies of all wallets, none of them older than `taken_at`."""

    taken_at: datetime
    facets: dict[int, int] = field(repr=False)  # how many wallets each has
    _picked: "dict[tuple[Any, ...], Picked]" = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def total(self) -> int:
        return sum(self.facets.values())

    @cached_property
    def currencies(self) -> list[str]:
        return sorted(set(map(facets.currency_of, self.facets)))

    def meeting(self, asked: dict[str, list[str]]) -> "Picked":
        """Kept for the next page of the same filters, and the next person's."""
        key = tuple((name, *values) for name, values in sorted(asked.items()))
        known = self._picked.get(key)
        if known is None and len(self._picked) < MOST_PICKED:
            known = self._picked[key] = self._meeting(asked)
        return known or self._meeting(asked)

    def _meeting(self, asked: dict[str, list[str]]) -> "Picked":
        if not asked:
            return Picked(None, self.total, 1.0)
        wanted = facets.meeting(self.facets, asked)
        count = sum(self.facets[facet] for facet in wanted)
        return Picked(wanted, count, count / self.total if count else 0.0)


@dataclass(frozen=True)
class Picked:
    """What the filters mean: these facets, None for all of them, and the wallets that had one of them then."""

    facets: list[int] | None
    count: int
    share: float

    @cached_property
    def array(self) -> str:
        """As PostgreSQL reads it; the driver takes longer over a thousand numbers than over their text."""
        return f"{{{','.join(map(str, self.facets or []))}}}"


def young_enough(now: datetime) -> Copies | None:
    """None where no worker has made them, or not within a minute: then the rows are picked by the live numbers."""
    using = CopyState.objects.all().db
    taken_at = _taken_at(now, using)
    return _copies(taken_at, using) if taken_at else None


def _taken_at(now: datetime, using: str) -> datetime | None:
    if connections[using].vendor != "postgresql":  # the driver knows no instants
        kept = CopyState.objects.filter(pk=1, layout=facets.LAYOUT, taken_at__range=(now - OLDEST, now))
        return kept.values_list("taken_at", flat=True).first()
    rows = ask(using, _STATE, [facets.LAYOUT, now - OLDEST, now])
    return rows[0][0] if rows else None


_NAMES = {field.attname for field in WalletCopy._meta.fields}
_read: dict[str, Copies] = {}


def _copies(taken_at: datetime, using: str) -> Copies | None:
    """The facets are read once for each state; they are a few thousand at most."""
    known = _read.get(using)
    if known is None or known.taken_at != taken_at:
        state = CopyState.objects.using(using).filter(pk=1, taken_at=taken_at).first()
        if state is None:  # replaced this very moment
            return None
        counts = {int(facet): count for facet, count in state.facets.items()}
        known = _read[using] = Copies(taken_at, counts)
    return known


def among(values: Sequence[int] | Slot, using: str) -> RawSQL:
    """For `pk__in`: one parameter however many values; a slot takes them `as_one`.

    Inside a SELECT of its own PostgreSQL's planner sees no values: it plans such a query once, and not for every two or
    three of them anew, which took four times as long as the answer.
    """
    given = values if isinstance(values, Slot) else as_one(values, using)
    if connections[using].vendor == "postgresql":
        return RawSQL("SELECT unnest((SELECT %s::bigint[]))", [given])
    return RawSQL("SELECT value FROM json_each(%s)", [given])


def as_one(values: Sequence[int], using: str) -> list[int] | str:
    return list(values) if connections[using].vendor == "postgresql" else json.dumps(list(values))


class _IsAmong(Func):
    """`facet = ANY (…)`: PostgreSQL knows how common each of them is; of a subquery it would know nothing."""

    output_field = BooleanField()
    conditional = True
    template = "%(expressions)s::bigint[])"
    arg_joiner = " = ANY ("


def rows(wanted: list[int] | None) -> QuerySet[WalletCopy]:
    """Of these facets; of all for None."""
    found = WalletCopy.objects.all()
    if wanted is None:
        return found
    if connections[found.db].vendor == "postgresql":
        return found.filter(_IsAmong(F("facet"), RawSQL("%s", [wanted])))
    return found.filter(facet__in=among(wanted, found.db))


def can_merge(using: str) -> bool:
    return connections[using].vendor == "postgresql"


def merged(
    wanted: str,
    columns: Sequence[str],
    beyond: Sequence[Any] | None,
    upwards: bool,
    size: int,
    *,
    using: str,
    met: Q = NO_CONDITION,
) -> list[Any]:
    """The first rows of all these facets in an order, by a few steps into the index of each (PostgreSQL).

    `wanted` is their array as text. A walk along the whole order would look at every row where they stand at its end.
    At most `size` facets can give rows to a page of that size: those whose own first rows come first. `met` is a
    condition on top.
    """
    assert all(column in _NAMES for column in columns)
    met_text, met_values = _condition(met, using)
    statement = _merge(tuple(columns), beyond is not None, upwards, met_text, size)
    found = ask(using, statement, [wanted, *(beyond or []), *met_values, *met_values])
    return [*map(_place(tuple(columns))._make, found)]


def _condition(met: Q, using: str) -> tuple[str, list[Any]]:
    """The text of a condition over the copies, and its values."""
    if not met:
        return "", []
    query = WalletCopy.objects.using(using).filter(met).query
    text, values = query.get_compiler(using).compile(query.where)
    return f"AND {text}", list(values)


@cache
def _place(columns: tuple[str, ...]) -> Any:
    return namedtuple("Place", columns)


@lru_cache(maxsize=1000)
def _merge(names: tuple[str, ...], is_marked: bool, upwards: bool, met: str, size: int) -> str:
    past, way = (">", "ASC") if upwards else ("<", "DESC")
    listed, ordered = ", ".join(names), ", ".join(f"{name} {way}" for name in names)
    marks = ", ".join(["%s"] * len(names))
    beyond = f"AND ({listed}) {past} ({marks})" if is_marked else ""
    firsts = ", ".join(f"first.{name}" for name in names)
    return f"""
        WITH heads AS (
            SELECT asked.facet, first.* FROM unnest(%s::bigint[]) AS asked (facet) CROSS JOIN LATERAL (
                SELECT {listed} FROM credit_walletcopy WHERE facet = asked.facet {beyond} {met}
                ORDER BY {ordered} LIMIT 1
            ) AS first ORDER BY {ordered} LIMIT {size:d}
        )
        SELECT each.* FROM heads AS first CROSS JOIN LATERAL (
            SELECT {listed} FROM credit_walletcopy
            WHERE facet = first.facet AND ({listed}) {past}= ({firsts}) {met} ORDER BY {ordered} LIMIT {size:d}
        ) AS each ORDER BY {ordered} LIMIT {size:d}
    """  # noqa: S608
