"""The list's rows along an order, by statements that Django writes once: afterwards only places and bits are put in.

Django takes longer over the text of such a query than the database over its answer.
"""

import math
from collections import namedtuple
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from django.db.models import Q, QuerySet

from credit import copies, facets
from credit.copies import Picked
from credit.filters import filled, has_words, mark
from credit.models import Wallet
from credit.views import keyset
from credit.views.keyset import First, Order
from credit.written_queries import ask, slot

LONGEST = 2048  # wallets looked at for one page; where it takes more, asking each facet is quicker
LONGEST_COVERED = 4  # times as long, where only the index is read
MARGIN = 3  # matches do not stand at equal distances
MOST_STATEMENTS = 1000  # as many words as somebody asks for, short and long ones, make one of their own

_statements: dict[tuple[Any, ...], "Statement"] = {}


@dataclass(frozen=True)
class Walk:
    """Along an order through all wallets. `listed` gives the order's columns, `names` is what the rows call them."""

    key: str  # says which listing it is
    order: Order
    listed: Callable[[], QuerySet[Any, Any]]
    names: tuple[str, ...]
    is_covered: bool = False  # whether one index has all that is listed

    @property
    def using(self) -> str:
        return Wallet.objects.all().db

    def first(self, beyond: list[Any] | None, upwards: bool, size: int) -> list[Any]:
        """The first rows beyond a place."""
        statement = f"{self._statement(upwards, beyond is not None).text} LIMIT {size:d}"
        return self._asked(statement, _places(beyond))

    def first_of(self, pks: list[int], beyond: list[Any] | None, upwards: bool, size: int) -> list[Any]:
        """Of these wallets alone."""
        statement = f"{self._statement(upwards, beyond is not None, _SOME).text} LIMIT {size:d}"
        return self._asked(statement, [copies.as_one(pks, self.using), *_places(beyond)])

    def first_named(
        self, words: list[str], pks: list[int], beyond: list[Any] | None, upwards: bool, size: int
    ) -> list[Any]:
        """Of those whose name has all the words, and of these wallets: many, so that a page is soon met."""
        asked = Narrowed(tuple(word.startswith(" ") for word in words), bool(pks))
        statement = self._statement(upwards, beyond is not None, asked)
        given = _filled(statement.narrowing, words, copies.as_one(pks, self.using), self.using)
        # Planned for these words: how common they are decides how they are best met.
        found = ask(
            self.using, f"{statement.text} LIMIT {size:d}", [*given, *_places(beyond)], planned_once=False
        )
        return self._rows(found)

    def first_met(
        self, asked: dict[str, list[str]], picked: Picked, otherwise: First,
        beyond: list[Any] | None, upwards: bool, size: int,
    ) -> list[Any]:  # fmt: skip
        """Of those that meet the filters, along copies listed with their facet.

        `otherwise` where a walk of fair length does not fill the page.
        """
        length = _length(size, picked.share)
        if length <= (LONGEST_COVERED if self.is_covered else 1) * LONGEST:
            masks = facets.masks(asked)
            codes = [facets.packed_currency(code) for code in asked.get("currency", [])]
            walk = f"{self._statement(upwards, beyond is not None).text} LIMIT {length:d}"
            met = _meeting(walk, self.order.columns, upwards, len(masks), len(codes))
            found = self._asked(f"{met} LIMIT {size:d}", [*_places(beyond), *masks, *codes])
            if len(found) == size:
                return found
        return otherwise(beyond, upwards, size)

    def _asked(self, statement: str, params: list[Any]) -> list[Any]:
        return self._rows(ask(self.using, statement, params))

    def _rows(self, found: list[Any]) -> list[Any]:
        return [*map(_row(self.names)._make, found)]

    def _statement(self, upwards: bool, is_marked: bool, narrowed: "Narrowed | None" = None) -> "Statement":
        key = (self.key, upwards, is_marked, narrowed, self.using)
        known = _statements.get(key)  # another thread may clear it meanwhile
        if known is None:
            if len(_statements) >= MOST_STATEMENTS:
                _statements.clear()
            known = _statements[key] = self._written(upwards, is_marked, narrowed)
        return known

    def _written(self, upwards: bool, is_marked: bool, narrowed: "Narrowed | None") -> "Statement":
        order = self.order
        rows = self.listed().order_by(*order.by(upwards))
        place = [order.kind(), *range(1, len(order.columns))]
        if narrowed:
            rows = rows.filter(narrowed.condition(self.using))
        if is_marked:
            rows = rows.filter(order.past(place, upwards))
        text, params = rows.query.get_compiler(self.using).as_sql()
        places = _places(place if is_marked else None)
        narrowing = tuple(params[: len(params) - len(places)])
        assert list(params) == [*narrowing, *places] and bool(narrowing) == bool(narrowed), (
            "nothing else is put in"
        )
        return Statement(str(text), narrowing)


@dataclass(frozen=True)
class Statement:
    """A walk as text; `narrowing`: what is put in before the place, as patterns and slots."""

    text: str
    narrowing: tuple[Any, ...]


@dataclass(frozen=True)
class Narrowed:
    """Which wallets of a walk are wanted: by words of the name, each of which may have to begin one, or by their pk."""

    begin: tuple[bool, ...] = ()
    among_some: bool = False

    def condition(self, using: str) -> Q:
        words = [" " * begins + mark(number) for number, begins in enumerate(self.begin)]
        named = has_words(words, "organization__search_name") if words else Q()
        return named | Q(pk__in=copies.among(slot("pks"), using)) if self.among_some else named


_SOME = Narrowed(among_some=True)


def _filled(narrowing: tuple[Any, ...], words: list[str], pks: Any, using: str) -> list[Any]:
    patterns = [each for each in narrowing if isinstance(each, str)]
    given = filled(patterns, [word.removeprefix(" ") for word in words], using)
    return [*given, *[pks] * (len(narrowing) - len(patterns))]


def counted_wallets(using: str) -> int:
    """All of them, as `keyset.capped_count` counts."""
    counted = (
        f"SELECT COUNT(*) FROM (SELECT 1 FROM credit_wallet LIMIT {keyset.COUNT_LIMIT + 1:d}) AS counted"  # noqa: S608
    )
    return int(ask(using, counted, [])[0][0])


def by_facets(
    picked: Picked, order: Order, using: str, beyond: list[Any] | None, upwards: bool, size: int
) -> list[Any]:
    """The first rows of all these facets."""
    if copies.can_merge(using):
        return copies.merged(picked.array, order.columns, beyond, upwards, size, using=using)
    rows = copies.rows(picked.facets).values_list(*order.columns, named=True)
    return keyset.first_rows(rows, order, beyond, upwards, size)


def _places(beyond: list[Any] | None) -> list[Any]:
    """The first one twice: once as the bound of its column alone."""
    return [] if beyond is None else [beyond[0], *beyond]


def _length(size: int, share: float) -> int:
    """How far to walk: a power of two, so that a statement or two serve every share."""
    return 2 ** math.ceil(math.log2(MARGIN * size / share)) if share else LONGEST + 1


@cache
def _row(names: tuple[str, ...]) -> Any:
    return namedtuple("Row", names)


@lru_cache(maxsize=1000)
def _meeting(walk: str, columns: tuple[str, ...], upwards: bool, masks: int, codes: int) -> str:
    listed = ", ".join(f"walk.{name}" for name in columns)
    ordered = ", ".join(f"walk.{name} {'ASC' if upwards else 'DESC'}" for name in columns)
    met = ["(walk.facet & %s) <> 0"] * masks
    if codes:
        met.append(f"(walk.facet >> {facets.CURRENCY_PLACE}) IN ({', '.join(['%s'] * codes)})")
    return f"""
        SELECT {listed} FROM ({walk}) AS walk
        WHERE {" AND ".join(met)} ORDER BY {ordered}
    """  # noqa: S608
