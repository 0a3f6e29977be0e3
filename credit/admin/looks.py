"""What the pages of the admin share: they show, and nothing is written there unless a page says so."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from credit import display
from credit.money import to_words

BY_WALLET = ("wallet__wallet_id__iexact", "wallet__organization__uuid", "wallet__organization__search_name")
# As on the portal's own lists: each row of the admin's costs half a millisecond.
ROWS = 30


class ReadOnly(admin.ModelAdmin):
    """Nothing is added, changed or deleted: the list and every page only show."""

    # A full count of a ledger of millions answers no question that a filter does not answer better.
    show_full_result_count = False
    list_per_page = ROWS

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        return [as_money(name) for name in super().get_fields(request, obj)]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class OfWallet(ReadOnly):
    search_fields: tuple[str, ...] = BY_WALLET
    search_help_text = "Wallet ID, UUID, or name"
    list_select_related: tuple[str, ...] = ("wallet",)
    ordering = ("-pk",)


def amount_column(name: str, label: str) -> Any:
    """A column that shows micros as money."""

    @admin.display(description=label, ordering=name)
    def column(self: admin.ModelAdmin, row: Any) -> str:
        return _money(row, name)

    return column


@cache
def as_money(name: Any) -> Any:
    """A field of a page; one that holds micros is shown as money, under its name without that word."""
    if not (isinstance(name, str) and name.endswith("micros")):
        return name

    words = name.removesuffix("micros").replace("_", " ").strip() or "amount"

    @admin.display(description=words.capitalize())
    def field(row: Any) -> str:
        return _money(row, name)

    field.__name__ = name
    return field


def _money(row: Any, name: str) -> str:
    """One amount, or those of a list; without a currency where neither the row nor what it is about has one."""
    found = getattr(row, name)
    amounts = found if isinstance(found, list) else [] if found is None else [found]
    code = next((code for about in _about(row) if (code := getattr(about, "currency", ""))), "")
    words = [f"{display.exact(micros, code)} {code}" if code else to_words(micros) for micros in amounts]
    return ", ".join(words) or "–"


def _about(row: Any) -> Iterator[Any]:
    """What says the currency of a row: itself, its wallet, its invoice."""
    yield row
    yield from (getattr(row, name) for name in ("wallet", "invoice") if getattr(row, name, None))
