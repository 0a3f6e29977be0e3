"""Ageing per customer, as a list: every wallet with something due, the largest amount first."""

from datetime import datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy

from credit.filters import currencies_in_use
from credit.models import Wallet
from credit.reports import ageing, overdue
from credit.reports.ageing import Ageing
from credit.views.asked import Asked
from credit.views.keyset import Order, Page, page

PAGE_SIZE = 30
CHIPS = {"currency": gettext_lazy("Currency"), "age": gettext_lazy("Has something")}


class CustomersList(Asked):
    """An address that cannot be read lists nothing and says why."""

    def __init__(self, query: QueryDict, now: datetime) -> None:
        self.now = now
        choices = {
            "currency": {code: code for code in currencies_in_use(query)},
            "age": {name: words for name, words, _ in ageing.CLASSES},
        }
        super().__init__(query, choices)

    def wallets(self) -> QuerySet[Wallet]:
        invoices = overdue.open_invoices().filter(wallet=OuterRef("pk"))
        wallets = Wallet.objects.at(self.now, "due_micros")
        if self.problems:
            return wallets.none()
        if self.value("currency"):
            wallets = wallets.filter(currency=self.value("currency"))
        if self.value("age"):
            return wallets.filter(Exists(invoices.filter(self._of_age(self.value("age")))))
        return wallets.filter(Q(due_micros__gt=0) | Exists(invoices))

    def _of_age(self, name: str) -> Q:
        """Later than the younger class reaches, and no later than its own."""
        there, place = overdue.today(self.now), ageing.NAMES.index(name)
        younger, most = ageing.CLASSES[place - 1][2], ageing.CLASSES[place][2]
        found = there.more_than(younger) if place and younger is not None else Q()
        return found if most is None else found & ~there.more_than(most)

    def page(self, size: int = PAGE_SIZE, after: str = "", before: str = "") -> Page:
        order = Order("sort_value", "id", descending=True, ties_upwards=True)
        places = self.wallets().annotate(sort_value=F("due_micros")).values_list(*order.columns, named=True)
        return page(places, order=order, after=after, before=before, size=size)

    def rows_of(self, shown: Page) -> list[tuple[Any, Ageing]]:
        wallets = Wallet.objects.at(self.now, "due_micros").select_related("organization")
        found = wallets.in_bulk([place.id for place in shown.rows])
        ages = ageing.per_wallet(list(found.values()), self.now)
        return [(found[place.id], ages[place.id]) for place in shown.rows if place.id in found]
