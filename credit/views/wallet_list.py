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

from credit import copies, facets
from credit.copies import Copies
from credit.filters import WalletFilter, among_many, currencies_in_use, few, matches, names_for
from credit.list_orders import MOVING
from credit.models import Wallet
from credit.views.chips import problems
from credit.views.keyset import COUNT_LIMIT, Order, Page, capped_count, page


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

    def __init__(self, asked: QueryDict) -> None:
        self.now = timezone.now()
        self.asked = asked
        self.text = " ".join(asked.get("q", "").replace("\x00", "").split())[:200]
        self.sort_name = asked.get("sort", "").removeprefix("-") or "organization"
        self.sort = SORTS.get(self.sort_name, SORTS["organization"])
        self.descending = asked.get("sort", "").startswith("-")
        names = {*self.sort.names, *names_for(asked)}
        wallets = Wallet.objects.at(self.now, *names) if names else Wallet.objects.all()
        self.filter = WalletFilter(asked, wallets, now=self.now, currencies=currencies_in_use(asked))
        self.problems = problems(self.filter, asked, list(SORTS))

    @cached_property
    def filters(self) -> dict[str, list[str]]:
        return {name: self.asked.getlist(name) for name in self.filter.filters if self.asked.get(name)}

    def has_filters(self) -> bool:
        return bool(self.filters)

    def found(self) -> QuerySet[Wallet]:
        """Every wallet that matches, by its live numbers."""
        if self.problems:
            return Wallet.objects.none()
        wallets = self.filter.shown()
        return wallets.filter(matches(self.text)) if self.text else wallets

    def page(self, size: int) -> Page:
        """The page's places in the order only, each ending with the wallet's pk; its rows are asked for them alone.

        Numbers that move with the clock pick and sort rows by their copy where it is young enough. A wallet whose
        number has changed since is shown where it stood, with its number of now.
        """
        if self.problems:
            return Page([], count=0)
        pks = few(self.text, filtered=self.has_filters()) if self.text else None
        moves = self.has_filters() or self.sort_name in MOVING
        kept = copies.young_enough(self.now) if moves else None
        if kept is None:
            return self._live_page(pks, size)
        self.picked_at = kept.taken_at
        return self._copied_page(kept, pks, size)

    def _live_page(self, pks: list[int] | None, size: int) -> Page:
        order = self._order("sort_value", *self.sort.ties)
        places = self._with_text(self.filter.shown(), pks, "organization__search_name")
        listed = places.annotate(sort_value=self.sort.value()).values_list(*order.columns, named=True)
        sparse = bool(names_for(self.asked)) or (pks is not None and self.has_filters())
        shown = page(listed, order=order, size=size, sparse=sparse, **self._marks())
        return shown if sparse else shown.counted(self._count(pks, places))

    def _copied_page(self, kept: Copies, pks: list[int] | None, size: int) -> Page:
        order = self._order(*self.sort.copied)
        wanted = facets.meeting(kept.facets, self.filters) if self.filters else None
        places = self._with_text(copies.rows(wanted), pks, "name")
        first = None
        if wanted is not None and pks is None and copies.can_merge(places.db):
            met = among_many(self.text, "name") if self.text else Q()
            first = partial(copies.merged, wanted, order.columns, using=places.db, met=met)
        sparse = pks is not None and self.has_filters()
        listed = places.values_list(*order.columns, named=True)
        shown = page(listed, order=order, size=size, sparse=sparse, first=first, **self._marks())
        if sparse:
            return shown
        if self.text:
            return shown.counted(self._count(pks, places))
        return shown.counted(min(kept.count(self.filters), COUNT_LIMIT + 1))

    def _with_text(self, places: Any, pks: list[int] | None, name: str) -> Any:
        if pks is not None:
            return places.filter(pk__in=copies.among(pks, places.db))
        return places.filter(among_many(self.text, name)) if self.text else places

    def _count(self, pks: list[int] | None, places: Any) -> int:
        if not self.text or self.has_filters():
            return capped_count(places)
        return COUNT_LIMIT + 1 if pks is None else min(len(pks), COUNT_LIMIT + 1)

    def _order(self, *columns: str) -> Order:
        return Order(*columns, kind=self.sort.kind, descending=self.descending, as_row=True)

    def _marks(self) -> dict[str, Any]:
        return {"after": self.asked.get("after", ""), "before": self.asked.get("before", "")}

    def address(self, **changes: str) -> str:
        """This list with another sort or page; a change of anything else starts at the first page."""
        kept = {
            name: values for name, values in self.asked.lists() if name not in ("after", "before", *changes)
        }
        return f"{reverse('organizations')}?{urlencode({**kept, **changes}, doseq=True)}"
