"""Invoices and what pays them, to look up; sellers and tax rates, which an administrator adds row by row."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone

from credit import display
from credit.admin.looks import BY_WALLET, ROWS, OfWallet, ReadOnly, amount_column
from credit.models import (
    Allocation,
    Delivery,
    Invoice,
    InvoiceLine,
    InvoiceSeries,
    InvoiceTax,
    Seller,
    TaxRate,
)


class Shown(admin.TabularInline):
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class InvoiceLineInline(Shown):
    model = InvoiceLine
    exact = amount_column("exact_micros", "Exact")
    rounded = amount_column("rounded_micros", "Rounded")
    fields = readonly_fields = ("kind", "exact", "rounded", "count", "tax_rate")


class InvoiceTaxInline(Shown):
    model = InvoiceTax
    gross = amount_column("gross_micros", "With tax")
    tax = amount_column("tax_micros", "Tax")
    fields = readonly_fields = ("rate", "gross", "tax")


@admin.register(Invoice)
class InvoiceAdmin(OfWallet):
    list_display = ("__str__", "wallet", "kind", "total", "paid", "created_at", "issued_at", "due_on")
    list_filter = (
        "kind",
        ("issued_at", admin.EmptyFieldListFilter),
        ("held_back_at", admin.EmptyFieldListFilter),
    )
    search_fields = (*BY_WALLET, "number__iexact")
    inlines = (InvoiceLineInline, InvoiceTaxInline)
    total = amount_column("total_micros", "Total")
    paid = amount_column("paid_micros", "Paid")


@admin.register(InvoiceLine)
class InvoiceLineAdmin(ReadOnly):
    list_display = ("invoice", "kind", "exact", "rounded", "count")
    list_filter = ("kind",)
    list_select_related = ("invoice",)
    search_fields = ("invoice__number__iexact",)
    ordering = ("-pk",)

    exact = amount_column("exact_micros", "Exact")
    rounded = amount_column("rounded_micros", "Rounded")


@admin.register(InvoiceTax)
class InvoiceTaxAdmin(ReadOnly):
    list_display = ("invoice", "__str__", "gross", "tax")
    list_select_related = ("invoice",)
    search_fields = ("invoice__number__iexact",)
    ordering = ("-pk",)

    gross = amount_column("gross_micros", "With tax")
    tax = amount_column("tax_micros", "Tax")


@admin.register(InvoiceSeries)
class InvoiceSeriesAdmin(ReadOnly):
    list_display = ("name", "last_number")


@admin.register(Allocation)
class AllocationAdmin(OfWallet):
    """Changed in the portal, by saying what a payment pays."""

    list_display = ("invoice", "wallet", "amount", "line", "allocated_at", "ended_at", "by_name")
    list_filter = (("ended_at", admin.EmptyFieldListFilter),)
    list_select_related = ("invoice", "wallet", "line")
    search_fields = (*BY_WALLET, "invoice__number__iexact")
    amount = amount_column("amount_micros", "Amount")


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly):
    """Sent, and sent again, in the portal."""

    list_display = ("invoice", "kind", "level", "recipient", "created_at", "sent_at", "failed_at", "tries")
    list_filter = ("kind", ("sent_at", admin.EmptyFieldListFilter), ("failed_at", admin.EmptyFieldListFilter))
    list_select_related = ("invoice",)
    search_fields = ("invoice__number__iexact", "recipient__iexact")
    ordering = ("-pk",)


# --- what stands on invoices from a day on ----------------------------------------------------------------------------


class FromADayOn(admin.ModelAdmin):
    """A change is a new row. One whose first day has come stays as it is, once any invoice has been issued."""

    list_per_page = ROWS

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or can_be_edited(obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and obj is not None and can_be_edited(obj)


def can_be_edited(row: Seller | TaxRate) -> bool:
    today = display.local(timezone.now(), settings.PORTAL_TIME_ZONE).date()
    return row.valid_from > today or not Invoice.objects.filter(issued_at__isnull=False).exists()


@admin.register(Seller)
class SellerAdmin(FromADayOn):
    list_display = ("name", "valid_from", "country", "company_id", "tax_id", "iban")


@admin.register(TaxRate)
class TaxRateAdmin(FromADayOn):
    list_display = ("__str__", "valid_from")
    list_filter = ("kind",)
