"""What one address of the list of wallets asks for, and where in the list its page stands."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from typing import Any
from urllib.parse import urlencode

from django.db.models import Expression, F, Q, QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy

from credit import copies
from credit.copies import Copies, Picked
from credit.filters import (
    Nearest,
    WalletFilter,
    among_many,
    currencies_in_use,
    few,
    matches,
    names_for,
    parts_of,
)
from credit.list_orders import MOVING
from credit.models import Wallet, WalletCopy
from credit.views.chips import problems
from credit.views.keyset import COUNT_LIMIT, First, Order, Page, capped_count, page, page_of
from credit.views.list_walks import Walk, by_facets, counted_wallets
from credit.views.live_walks import LiveWalk
from credit.views.wallet_rows import numbers


@dataclass(frozen=True)
class Sort:
    label: str
    value: Callable[[], Expression | F]
    copied: tuple[str, ...]  # the copy's columns of this order
    names: tuple[str, ...] = ()  # of the rule, that the value stands on
    css: str = "num"
    kind: type = int
    ties: tuple[str, ...] = ("id",)


def _moving(name: str, label: str, css: str = "num") -> Sort:
    order = MOVING[name]
    return Sort(label, order.value, (order.column, "wallet_id"), order.names, css)


SORTS: dict[str, Sort] = {
    # By organization before wallet, so that the index on names gives the order.
    "organization": Sort(
        gettext_lazy("Organization"), lambda: F("organization__search_name"),
        ("name", "organization_id", "wallet_id"), (), "", str, ("organization_id", "id"),
    ),
    "wallet": Sort(gettext_lazy("Wallet"), lambda: F("wallet_id"), ("public_id", "wallet_id"), (), "", str),
    "balance": _moving("balance", gettext_lazy("Balance"), "num c-x"),
    "unbilled": _moving("unbilled", gettext_lazy("Unbilled"), "num c-x c-y"),
    "reserved": _moving("reserved", gettext_lazy("Reserved"), "num c-x c-y"),
    "limit": _moving("limit", gettext_lazy("Credit limit")),
    "usable": _moving("usable", gettext_lazy("Usable")),
    "used": _moving("used", gettext_lazy("Used")),
    "status": _moving("status", gettext_lazy("Status"), ""),
}  # fmt: skip


class WalletList:
    """An address that cannot be read lists nothing and says why."""

    picked_at: datetime | None = (
        None  # the instant of the numbers that picked the rows, where they were a copy's
    )
    _matching = 0
    has_live_rows = False  # whether a page's rows came with their numbers

    def __init__(self, asked: QueryDict) -> None:
        self.now = timezone.now()
        self.asked = asked
        self.text = " ".join(asked.get("q", "").replace("\x00", "").split())[:200]
        self.sort_name = asked.get("sort", "").removeprefix("-") or "organization"
        self.sort = SORTS.get(self.sort_name, SORTS["organization"])
        self.descending = asked.get("sort", "").startswith("-")
        self.currencies = currencies_in_use(asked)
        self.problems = problems(asked, list(SORTS), self.currencies, lambda: self.filter)

    @cached_property
    def filter(self) -> WalletFilter:
        names = {*self.sort.names, *names_for(self.asked)}
        wallets = Wallet.objects.at(self.now, *names) if names else Wallet.objects.all()
        return WalletFilter(self.asked, wallets, now=self.now, currencies=self.currencies)

    @cached_property
    def filters(self) -> dict[str, list[str]]:
        return {name: self.asked.getlist(name) for name in WalletFilter.base_filters if self.asked.get(name)}

    def has_filters(self) -> bool:
        return bool(self.filters)

    def found(self) -> QuerySet[Wallet]:
        """Every wallet that matches, by its live numbers."""
        if self.problems:
            return Wallet.objects.none()
        wallets = self.filter.shown()
        return wallets.filter(matches(self.text)) if self.text else wallets

    def page(self, size: int) -> Page:
        """The page's places in the order, each ending with the wallet's pk.

        `live` has their numbers. Numbers that move with the clock pick and sort rows by their copy where it is young
        enough. A wallet whose number has changed since is shown where it stood, with its number of now.
        """
        if self.problems:
            return Page([], count=0)
        if not (self.has_filters() or self.sort_name in MOVING):
            return self._text_page(size) if self.text else self._plain_page(size)
        found = few(self.text, filtered=self.has_filters()) if self.text else None
        pks = found.pks if found else None
        kept = copies.young_enough(self.now)
        if kept is None:
            return self._live_page(pks, size)
        self.picked_at = kept.taken_at
        return self._copied_page(kept, pks, size) if self.text else self._picked_page(kept, size)

    def live(self, shown: Page) -> list[Any]:
        """The page's rows with every number that the list shows."""
        return shown.rows if self.has_live_rows else numbers([row[-1] for row in shown.rows], self.now)

    def _plain_page(self, size: int) -> Page:
        """All wallets, in an order that does not move with the clock."""
        self.has_live_rows = True
        shown = self._walked(self._plain_order(), self._live_walk().first, size)
        is_whole = not (shown.before or shown.after)
        return shown.counted(len(shown.rows) if is_whole else counted_wallets(Wallet.objects.all().db))

    def _text_page(self, size: int) -> Page:
        """Those that match the text, in an order that does not move: the few, or the many as they are met."""
        shown = self._walked(self._plain_order(), self._first_that_match, size)
        return shown.counted(min(self._matching, COUNT_LIMIT + 1))

    def _first_that_match(self, beyond: list[Any] | None, upwards: bool, size: int) -> list[Any]:
        by_name = self.sort_name == "organization"
        found = few(
            self.text, nearest=Nearest(beyond[0] if beyond else None, upwards, size) if by_name else None
        )
        if found is None:
            self._matching = COUNT_LIMIT + 1
            return self._plain_walk().first_named(*parts_of(self.text), beyond, upwards, size)
        self._matching, self.has_live_rows = found.count, True
        return self._live_walk().first_of(found.pks, beyond, upwards, size)

    def _picked_page(self, kept: Copies, size: int) -> Page:
        """By the copy alone, where no text is asked for."""
        order, picked = self._order(*self.sort.copied), kept.meeting(self.filters)
        first = self._copied_walk(order).first if picked.facets is None else self._first_met(order, picked)
        return self._walked(order, first, size).counted(min(picked.count, COUNT_LIMIT + 1))

    def _walked(self, order: Order, first: First, size: int) -> Page:
        return page_of(first, order=order, size=size, **self._marks())

    def _first_met(self, order: Order, picked: Picked) -> First:
        """Where most wallets meet the filters a short walk finds a page of them; else each facet gives its first."""
        walk = self._copied_walk(order, "facet")
        return partial(walk.first_met, self.filters, picked, partial(by_facets, picked, order, walk.using))

    def _plain_order(self) -> Order:
        return self._order("sort_value", *self.sort.ties)

    def _live_walk(self) -> LiveWalk:
        return LiveWalk(self.sort_name, self._plain_order(), self.sort.value, self.now)

    def _plain_walk(self) -> Walk:
        order = self._plain_order()

        def listed() -> Any:
            return Wallet.objects.annotate(sort_value=self.sort.value()).values_list(*order.columns)

        return Walk(f"wallets by {self.sort_name}", order, listed, order.columns)

    def _copied_walk(self, order: Order, *more: str) -> Walk:
        return Walk(
            " ".join([f"copies by {self.sort_name}", *more]),
            order,
            lambda: WalletCopy.objects.values_list(*order.columns, *more),
            order.columns,
            is_covered=self.sort_name not in MOVING,
        )

    def _live_page(self, pks: list[int] | None, size: int) -> Page:
        order, places = self._order("sort_value", *self.sort.ties), self.filter.shown()
        if self.text:
            places = places.filter(self._met(pks, "organization__search_name", places.db))
        listed = places.annotate(sort_value=self.sort.value()).values_list(*order.columns, named=True)
        sparse = bool(names_for(self.asked)) or (pks is not None and self.has_filters())
        shown = page(listed, order=order, size=size, sparse=sparse, **self._marks())
        return shown if sparse else shown.counted(self._count(pks, places))

    def _copied_page(self, kept: Copies, pks: list[int] | None, size: int) -> Page:
        """By the copy, of those that match the text."""
        order, picked = self._order(*self.sort.copied), kept.meeting(self.filters)
        copied = copies.rows(picked.facets)
        met = self._met(pks, "name", copied.db)
        places = copied.filter(met)
        if picked.facets is not None and pks is None and copies.can_merge(copied.db):
            first = partial(copies.merged, picked.array, order.columns, using=copied.db, met=met)
            return self._walked(order, first, size).counted(self._count(pks, places))
        sparse = pks is not None and self.has_filters()
        listed = places.values_list(*order.columns, named=True)
        shown = page(listed, order=order, size=size, sparse=sparse, **self._marks())
        return shown if sparse else shown.counted(self._count(pks, places))

    def _met(self, pks: list[int] | None, name: str, using: str) -> Q:
        """The text, over the column with folded names where many match it."""
        return among_many(self.text, name) if pks is None else Q(pk__in=copies.among(pks, using))

    def _count(self, pks: list[int] | None, places: Any) -> int:
        if not self.text or self.has_filters():
            return capped_count(places)
        return _capped(pks)

    def _order(self, *columns: str) -> Order:
        return Order(*columns, kind=self.sort.kind, descending=self.descending, as_row=True)

    def _marks(self) -> dict[str, Any]:
        return {"after": self.asked.get("after", ""), "before": self.asked.get("before", "")}

    def address(self, **changes: str) -> str:
        return address_of(self.asked, **changes)


def _capped(pks: list[int] | None) -> int:
    """How many match a text, as `capped_count` counts."""
    return COUNT_LIMIT + 1 if pks is None else min(len(pks), COUNT_LIMIT + 1)


def address_of(asked: QueryDict, **changes: str) -> str:
    """A list with another sort or page; a change of anything else starts at the first page."""
    kept = {name: values for name, values in asked.lists() if name not in ("after", "before", *changes)}
    return f"{reverse('organizations')}?{urlencode({**kept, **changes}, doseq=True)}"
