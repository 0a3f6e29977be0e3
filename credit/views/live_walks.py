"""Wallets along an order that no clock moves, with all that the list shows of them, in one statement.

Written once by Django, as the walks of `list_walks` are, which find places only.
"""

from collections import namedtuple
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import DateTimeField, Expression, F

from credit.copies import among, as_one
from credit.models import Wallet
from credit.views.keyset import Order
from credit.views.wallet_rows import COLUMNS, SHOWN
from credit.written_queries import Written, slot

_statements: dict[tuple[Any, ...], "Statement"] = {}  # by sorts, directions and page sizes: a few dozen


@dataclass(frozen=True)
class LiveWalk:
    """`key` says which order it is, `value` what its first column is made of; the last one is the wallet's pk."""

    key: str
    order: Order
    value: Callable[[], Expression | F]
    now: datetime

    def first(self, beyond: list[Any] | None, upwards: bool, size: int) -> list[Any]:
        """The first rows beyond a place."""
        return self._statement(upwards, beyond is not None, False, size).rows(self.now, beyond)

    def first_of(self, pks: list[int], beyond: list[Any] | None, upwards: bool, size: int) -> list[Any]:
        """Of these wallets alone."""
        return self._statement(upwards, beyond is not None, True, size).rows(self.now, beyond, pks)

    def _statement(self, upwards: bool, is_marked: bool, among_some: bool, size: int) -> "Statement":
        using = Wallet.objects.all().db
        key = (self.key, upwards, is_marked, among_some, size, using)
        known = _statements.get(key)
        if known is None:
            known = _statements[key] = self._written(upwards, is_marked, among_some, size, using)
        return known

    def _written(
        self, upwards: bool, is_marked: bool, among_some: bool, size: int, using: str
    ) -> "Statement":
        order = self.order
        rows = Wallet.objects.using(using).at(slot("now", DateTimeField()), *SHOWN)
        rows = rows.annotate(sort_value=self.value()).order_by(*order.by(upwards))
        if among_some:
            rows = rows.filter(pk__in=among(slot("pks"), using))
        if is_marked:
            rows = rows.filter(order.past([slot(column) for column in order.columns], upwards))
        names = (*(name for name in COLUMNS if name not in order.columns), *SHOWN, *order.columns)
        return Statement(Written(rows.values_list(*names)[:size], using), namedtuple("LiveRow", names), order)


@dataclass(frozen=True)
class Statement:
    written: Written
    row: Any
    order: Order

    def rows(self, now: datetime, beyond: list[Any] | None, pks: list[int] | None = None) -> list[Any]:
        place = zip(self.order.columns, beyond or [], strict=False)
        some = {} if pks is None else {"pks": as_one(pks, self.written.using)}
        return [self.row._make(row) for row in self.written.rows(now=now, **some, **dict(place))]
