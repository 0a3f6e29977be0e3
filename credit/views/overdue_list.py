"""Who is overdue, as a list: what the address asks for, a page of it by place, and what its rows show."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.db.models import DateTimeField, F, OuterRef, QuerySet, Subquery
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credit import display
from credit.copies import among, as_one
from credit.filters import currencies_in_use
from credit.models import Wallet
from credit.money import MICROS
from credit.reports import overdue
from credit.views import live_wallets
from credit.views.asked import Asked
from credit.views.debtor_menus import Menus
from credit.views.keyset import Order, Page, page
from credit.written_queries import WrittenRows, slot

PAGE_SIZE = 30
LISTS = {"spending": gettext_lazy("Overdue and still spending"), "all": gettext_lazy("All overdue")}
LATE = {
    "8": gettext_lazy("more than a week"),
    "31": gettext_lazy("more than 30 days"),
    "61": gettext_lazy("more than 60 days"),
    "91": gettext_lazy("more than 90 days"),
}
AMOUNTS = {
    "100": gettext_lazy("100 or more"),
    "1000": gettext_lazy("1,000 or more"),
    "10000": gettext_lazy("10,000 or more"),
}
SORTS = {"late": ("oldest_due", str, False), "amount": ("overdue_micros", int, True)}
CHIPS = {
    "currency": gettext_lazy("Currency"),
    "late": gettext_lazy("Days late"),
    "amount": gettext_lazy("Overdue"),
}


class OverdueList(Asked):
    """An address that cannot be read lists nothing and says why: it never widens the list."""

    def __init__(self, query: QueryDict, now: datetime) -> None:
        self.now = now
        choices = {
            "list": LISTS,
            "currency": {code: code for code in currencies_in_use(query)},
            "late": LATE,
            "amount": AMOUNTS,
            "totals": {"all": _("all currencies")},
            "sort": {"late": _("longest overdue first"), "amount": _("largest amount first")},
        }
        super().__init__(query, choices)
        self.is_spending = self.value("list") != "all"
        self.is_filtered = any(self.value(name) for name in CHIPS)
        self.sort = self.value("sort") if self.value("sort") in SORTS else "late"

    def rows(self) -> QuerySet:
        rows = overdue.debtors(self.now, still_spending=self.is_spending)
        if self.problems:
            return rows.none()
        if self.value("currency"):
            rows = rows.filter(wallet__currency=self.value("currency"))
        if self.value("late"):
            rows = rows.filter(
                overdue.today(self.now).more_than(int(self.value("late")) - 1, "oldest_due_on")
            )
        if self.value("amount"):
            rows = rows.filter(overdue_micros__gte=int(self.value("amount")) * MICROS)
        return rows

    def page(self, size: int = PAGE_SIZE, after: str = "", before: str = "") -> Page:
        column, kind, descending = SORTS[self.sort]
        order = Order("sort_value", "wallet_id", kind=kind, descending=descending, ties_upwards=True)
        rows = self.rows().annotate(sort_value=F(column))
        columns = ("sort_value", "wallet_id", "overdue_micros", "oldest_due_on", "invoices")
        shown = rows.values_list(*columns, named=True)
        return page(shown, order=order, after=after, before=before, size=size)


@dataclass(frozen=True)
class Debtor:
    """One wallet of the list."""

    wallet: Wallet
    overdue_micros: int
    oldest_due_on: date
    invoices: int
    days_late: int
    spent: overdue.Spent
    page: str = ""
    invoices_page: str = ""
    menu: str = ""

    @property
    def late_words(self) -> str:
        return display.days_late(self.days_late)

    @property
    def since_words(self) -> str:
        return _("since %(oldest_due_on)s") % {"oldest_due_on": display.day(self.oldest_due_on)}

    @property
    def invoices_words(self) -> str:
        about = {"invoices": self.invoices, "wallet_id": self.wallet.wallet_id}
        return _("%(invoices)s overdue invoices of %(wallet_id)s") % about


def debtors(rows: list[Any], now: datetime, menus: Menus | None = None) -> list[Debtor]:
    """In the order of the rows; the rule, the oldest invoice and the spending are asked for these wallets alone."""
    there, found = overdue.today(now), _wallets([row.wallet_id for row in rows], now)
    spent = overdue.spent_by(list(found.values()), now)
    return [
        Debtor(
            wallet=found[row.wallet_id],
            overdue_micros=row.overdue_micros,
            oldest_due_on=row.oldest_due_on,
            invoices=row.invoices,
            days_late=(there.of(found[row.wallet_id].time_zone) - row.oldest_due_on).days,
            spent=spent.get(row.wallet_id, overdue.Spent()),
            **_addresses(found[row.wallet_id], menus),
        )
        for row in rows
        if row.wallet_id in found
    ]


def _wallets(pks: list[int], now: datetime) -> dict[int, Wallet]:
    using = Wallet.objects.all().db
    written = _written(using, settings.CREDIT_STATEMENT_COUNTS_AS_OVERDUE)
    found = live_wallets.with_organizations(written.found(now=now, pks=as_one(pks, using)), using)
    return {wallet.pk: wallet for wallet in found}


@cache
def _written(using: str, statements: bool) -> WrittenRows[Wallet]:
    """With the oldest open invoice of each. `statements`: whether they count, which `open_invoices` asks."""
    invoices = overdue.open_invoices().filter(wallet=OuterRef("pk")).order_by("due_on", "pk")
    now: Any = slot("now", DateTimeField())
    wallets = Wallet.objects.using(using).at(now, "due_micros", "usable_micros", "standing")
    wallets = wallets.annotate(oldest_invoice=Subquery(invoices.values("pk")[:1]))
    return WrittenRows(wallets.filter(pk__in=among(slot("pks"), using)).order_by(), using)


def _addresses(wallet: Any, menus: Menus | None) -> dict[str, str]:
    if menus is None:  # a download shows none
        return {}
    return {
        "page": menus.page_of(wallet),
        "invoices_page": menus.invoices_of(wallet),
        "menu": menus.of(wallet),
    }
