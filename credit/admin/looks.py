"""What the pages of the admin share: they show, and nothing is written there unless a page says so."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from credit import display

BY_WALLET = ("wallet__wallet_id__iexact", "wallet__organization__uuid", "wallet__organization__search_name")
# As on the portal's own lists: each row of the admin's costs half a millisecond.
ROWS = 30


class ReadOnly(admin.ModelAdmin):
    """Nothing is added, changed or deleted: the list and every page only show."""

    # A full count of a ledger of millions answers no question that a filter does not answer better.
    show_full_result_count = False
    list_per_page = ROWS

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
        micros = getattr(row, name)
        currency = row.currency if hasattr(row, "currency") else row.wallet.currency
        return "–" if micros is None else f"{display.exact(micros, currency)} {currency}"

    return column
