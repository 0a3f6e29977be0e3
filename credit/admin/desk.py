"""Bulk changes, exposure, and what keeps lists and alerts quick: to look up, when somebody has to understand it."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from credit.admin.looks import BY_WALLET, OfWallet, ReadOnly
from credit.models import (
    AlertFeed,
    AlertPace,
    AlertReader,
    BulkChange,
    BulkRow,
    CopyState,
    Exposure,
    ExposureLine,
    SearchText,
    WalletCopy,
)


@admin.register(BulkChange)
class BulkChangeAdmin(ReadOnly):
    list_display = (
        "pk",
        "verb",
        "chosen",
        "state",
        "rows_count",
        "made_at",
        "confirmed_at",
        "finished_at",
        "by_name",
    )
    list_filter = ("state", "verb")
    search_fields = ("chosen", "reason", "by_name")


@admin.register(BulkRow)
class BulkRowAdmin(OfWallet):
    list_display = ("bulk_change", "number", "wallet", "state", "message", "done_at")
    list_filter = ("state",)
    list_select_related = ("bulk_change", "wallet")


@admin.register(Exposure)
class ExposureAdmin(ReadOnly):
    list_display = ("day", "currency", "wallets", "unlimited_wallets", "taken_at")
    search_fields = ("currency__iexact",)
    ordering = ("-day", "currency")


@admin.register(ExposureLine)
class ExposureLineAdmin(ReadOnly):
    list_display = ("exposure", "mode", "standing", "limit_state", "wallets")
    list_select_related = ("exposure",)
    search_fields = ("exposure__currency__iexact",)


@admin.register(WalletCopy)
class WalletCopyAdmin(ReadOnly):
    list_display = ("wallet", "name", "facet", "standing_order", "usable_order", "used_order")
    list_select_related = ()
    search_fields = BY_WALLET

    def get_queryset(self, request: HttpRequest) -> QuerySet[WalletCopy]:
        """Joined, SQLite reads and sorts all wallets before it shows thirty."""
        return super().get_queryset(request).prefetch_related("wallet")


@admin.register(CopyState)
class CopyStateAdmin(ReadOnly):
    list_display = ("taken_at", "layout", "snapshot")


@admin.register(SearchText)
class SearchTextAdmin(OfWallet):
    list_display = ("wallet", "name", "identifiers")


@admin.register(AlertReader)
class AlertReaderAdmin(ReadOnly):
    list_display = ("user", "read_up_to")
    list_select_related = ("user",)
    search_fields = ("user__username",)


@admin.register(AlertFeed)
class AlertFeedAdmin(ReadOnly):
    list_display = ("name", "done_pk", "safe_pk", "seen_pk", "seen_at")


@admin.register(AlertPace)
class AlertPaceAdmin(ReadOnly):
    list_display = ("id", "leased_until", "sweep_after_pk", "quiet_before", "swept_at")
