"""The portal, and beside it the stock Django admin of the same wallets."""

from django.contrib import admin
from django.urls import include, path

from credit.models import Wallet
from credit.views.organizations import PAGE_SIZE


class StockWallets(admin.ModelAdmin):
    """As Django makes it, told only what it must show and search; as many rows as the portal's list."""

    list_display = (
        "wallet_id", "organization", "currency", "mode", "scheme", "organization_status", "balance_micros",
        "permanent_limit_micros",
    )  # fmt: skip
    list_select_related = ("organization",)
    list_filter = ("mode", "organization_status")
    search_fields = ("organization__name", "organization__uuid", "wallet_id")
    list_per_page = PAGE_SIZE


stock = admin.AdminSite(name="stock")
stock.register(Wallet, StockWallets)

urlpatterns = [path("stock/", stock.urls), path("", include("finance_portal.urls"))]
