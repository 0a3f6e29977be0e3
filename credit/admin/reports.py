"""Revenue as it has been added up, to look up; a job writes it."""

from django.contrib import admin

from credit.admin.looks import ReadOnly, amount_column
from credit.models import RevenueDay, RevenueUpTo


@admin.register(RevenueDay)
class RevenueDayAdmin(ReadOnly):
    list_display = ("day", "currency", "kind", "item", "counted", "lines", "amount")
    list_filter = ("kind", "counted")
    search_fields = ("=currency",)
    amount = amount_column("micros", "Amount")
    ordering = ("-day", "-pk")


@admin.register(RevenueUpTo)
class RevenueUpToAdmin(ReadOnly):
    list_display = ("last_pk", "added_at", "checked_at")
