"""The list's rows along an order, by statements that Django writes once: afterwards only places and bits are put in.

Django takes longer over the text of such a query than the database over its answer.
"""

import math
from collections import namedtuple
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from django.db.models import QuerySet

from credit import copies, facets
from credit.copies import Picked
from credit.models import Wallet
from credit.views import keyset
from credit.views.keyset import First, Order
from credit.written_queries import ask, slot

LONGEST = 1500  # wallets looked at for one page; where it takes more, asking each facet is quicker
MARGIN = 3  # matches do not stand at equal distances

_statements: dict[tuple[Any, ...], str] = {}


@dataclass(frozen=True)
class Walk:
    """Along an order through all wallets. `listed` gives the order's columns, `names` is what the rows call them."""

    key: str  # says which listing it is
    order: Order
    listed: Callable[[], QuerySet[Any, Any]]
    names: tuple[str, ...]

    @property
    def using(self) -> str:
        return Wallet.objects.all().db

    def first(self, beyond: list[Any] | None, upwards: bool, size: int) -> list[Any]:
        """The first rows beyond a place."""
        statement = f"{self._statement(upwards, beyond is not None)} LIMIT {size:d}"
        return self._asked(statement, _places(beyond))

    def first_of(self, pks: list[int], beyond: list[Any] | None, upwards: bool, size: int) -> list[Any]:
        """Of these wallets alone."""
        statement = f"{self._statement(upwards, beyond is not None, among_some=True)} LIMIT {size:d}"
        return self._asked(statement, [copies.as_one(pks, self.using), *_places(beyond)])

    def first_met(
        self, asked: dict[str, list[str]], picked: Picked, otherwise: First,
        beyond: list[Any] | None, upwards: bool, size: int,
    ) -> list[Any]:  # fmt: skip
        """Of those whose copy meets the filters; `otherwise` where a walk of fair length does not fill the page."""
        length = math.ceil(MARGIN * size / picked.share) if picked.share else LONGEST + 1
        if length <= LONGEST:
            masks = facets.masks(asked)
            codes = [facets.packed_currency(code) for code in asked.get("currency", [])]
            walk = self._statement(upwards, beyond is not None)
            statement = _meeting(walk, self.order.columns, upwards, len(masks), len(codes))
            found = self._asked(statement, [*_places(beyond), length, *masks, *codes, size])
            if len(found) == size:
                return found
        return otherwise(beyond, upwards, size)

    def _asked(self, statement: str, params: list[Any]) -> list[Any]:
        return [*map(_row(self.names)._make, ask(self.using, statement, params))]

    def _statement(self, upwards: bool, is_marked: bool, *, among_some: bool = False) -> str:
        known = (self.key, upwards, is_marked, among_some, self.using)
        if known not in _statements:
            _statements[known] = self._written(upwards, is_marked, among_some)
        return _statements[known]

    def _written(self, upwards: bool, is_marked: bool, among_some: bool) -> str:
        order, some = self.order, slot("pks")
        rows = self.listed().order_by(*order.by(upwards))
        place = [order.kind(), *range(1, len(order.columns))]
        if among_some:
            rows = rows.filter(pk__in=copies.among(some, self.using))
        if is_marked:
            rows = rows.filter(order.past(place, upwards))
        text, params = rows.query.get_compiler(self.using).as_sql()
        given = [*[some] * among_some, *_places(place if is_marked else None)]
        assert list(params) == given, "nothing else is put in"
        return str(text)


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
    rows = rows if beyond is None else rows.filter(order.past(beyond, upwards))
    return list(rows.order_by(*order.by(upwards))[:size])


def _places(beyond: list[Any] | None) -> list[Any]:
    """The first one twice: once as the bound of its column alone."""
    return [] if beyond is None else [beyond[0], *beyond]


@cache
def _row(names: tuple[str, ...]) -> Any:
    return namedtuple("Row", names)


@lru_cache(maxsize=1000)
def _meeting(walk: str, columns: tuple[str, ...], upwards: bool, masks: int, codes: int) -> str:
    listed = ", ".join(f"walk.{name}" for name in columns)
    ordered = ", ".join(f"walk.{name} {'ASC' if upwards else 'DESC'}" for name in columns)
    met = ["(copied.facet & %s) <> 0"] * masks
    if codes:
        met.append(f"(copied.facet >> {facets.CURRENCY_PLACE}) IN ({', '.join(['%s'] * codes)})")
    return f"""
        SELECT {listed} FROM ({walk} LIMIT %s) AS walk
        JOIN credit_walletcopy AS copied ON copied.wallet_id = walk.{columns[-1]}
        WHERE {" AND ".join(met)} ORDER BY {ordered} LIMIT %s
    """  # noqa: S608
