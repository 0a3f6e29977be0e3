"""How long what is due has been due, per currency and per customer. Amounts of different currencies are never added."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any

from django.conf import settings
from django.db.models import Count, DateTimeField, QuerySet
from django.utils.translation import gettext_lazy

from credit.models import Invoice, Wallet
from credit.models.sums import WideSum
from credit.reports.overdue import MODE, OPEN_MICROS, open_invoices, quarter, today
from credit.terms import PaymentMode
from credit.written_queries import Written, slot

# Name, words, and the most days after the due date.
CLASSES: list[tuple[str, Any, int | None]] = [
    ("current", gettext_lazy("Not due yet"), 0),
    ("d30", gettext_lazy("1–30 days"), 30),
    ("d60", gettext_lazy("31–60 days"), 60),
    ("d90", gettext_lazy("61–90 days"), 90),
    ("older", gettext_lazy("Over 90 days"), None),
]
NOT_INVOICED = ("other", gettext_lazy("Not on an invoice"))
NAMES = [name for name, _, _ in CLASSES]


def class_of(due_on: date, today: date) -> str:
    """The due date itself is in time."""
    days = (today - due_on).days
    return next(name for name, _, most in CLASSES if most is None or days <= most)


@dataclass
class Ageing:
    """What is due by class, in micros of one currency; with what is not on an invoice they add up to `due_micros`.

    What is due is the rule's amount due; of a customer who has become prepaid since, what its invoices still ask for.
    """

    currency: str
    due_micros: int = 0
    micros: dict[str, int] = field(default_factory=lambda: dict.fromkeys(NAMES, 0))
    invoices: dict[str, int] = field(default_factory=lambda: dict.fromkeys(NAMES, 0))

    @property
    def overdue_micros(self) -> int:
        return sum(micros for name, micros in self.micros.items() if name != "current")

    @property
    def other_micros(self) -> int:
        """Drafts, internal statements, purchases of the last minutes; below zero: money that pays no invoice yet."""
        return self.due_micros - sum(self.micros.values())

    def add(self, due_on: date, micros: int, count: int, today: date) -> None:
        """So many open invoices of one due date, and what is open of them."""
        name = class_of(due_on, today)
        self.micros[name] += micros
        self.invoices[name] += count


def per_currency(now: datetime) -> list[Ageing]:
    """All customers together, the currencies in the order of their codes."""
    using = Wallet.objects.all().db
    rows = _due(using).rows(now=now)
    found = {code: Ageing(code, int(micros)) for code, micros in rows if micros}
    counted = settings.CREDIT_STATEMENT_COUNTS_AS_OVERDUE
    for code, due_on, mode, there, micros, count in _open(using, quarter(now), counted).rows():
        ageing = found.setdefault(code, Ageing(code))
        ageing.add(due_on, micros, count, there)
        if mode == PaymentMode.PREPAID:
            ageing.due_micros += micros
    return [found[code] for code in sorted(found)]


@cache
def _due(using: str) -> Written:
    """Of whoever is below zero: all who owe are, and their rule's columns are then read of nobody else's row."""
    below_zero = Wallet.objects.using(using).filter(mode=PaymentMode.POSTPAID, balance_micros__lt=0)
    due = below_zero.at(slot("now", DateTimeField()), "due_micros").order_by()
    return Written(due.values_list("currency").annotate(total=WideSum("due_micros")), using)


@lru_cache(maxsize=8)
def _open(using: str, quarter: datetime, statements: bool) -> Written:
    """Of the local dates of one quarter of an hour. `statements`: whether they count, which `open_invoices` asks."""
    there = today(quarter).expression([most for _, _, most in CLASSES if most is not None])
    invoices = open_invoices().using(using).annotate(mode=MODE, there=there)
    return Written(_open_by_due_date(invoices, "currency", "due_on", "mode", "there"), using)


def _open_by_due_date(invoices: QuerySet[Invoice], *columns: str) -> QuerySet:
    """Some hundred rows, whatever the number of invoices; which class a date is in is decided here."""
    return invoices.order_by().values_list(*columns).annotate(open=WideSum(OPEN_MICROS), count=Count("pk"))


def per_wallet(wallets: Sequence[Wallet], now: datetime) -> dict[int, Ageing]:
    """By the wallet's pk, for wallets annotated with `due_micros`: the rows of one page."""
    there = today(now)
    zones = {wallet.pk: wallet.time_zone for wallet in wallets}
    found = {wallet.pk: Ageing(wallet.currency, wallet.due_micros) for wallet in wallets}  # type: ignore[attr-defined]
    rows = _open_by_due_date(open_invoices().filter(wallet__in=list(zones)), "wallet_id", "due_on")
    prepaid = {wallet.pk for wallet in wallets if wallet.mode == PaymentMode.PREPAID}
    for pk, due_on, micros, count in rows:
        found[pk].add(due_on, micros, count, there.of(zones[pk]))
        if pk in prepaid:
            found[pk].due_micros += micros
    return found


def shares(ageings: Iterable[Ageing]) -> dict[str, int]:
    """Customers' invoices per class, all currencies: numbers of invoices may be added, amounts may not."""
    total: dict[str, int] = defaultdict(int)
    for ageing in ageings:
        for name, count in ageing.invoices.items():
            total[name] += count
    return dict(total)
