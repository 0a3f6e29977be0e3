"""Alerts in the Django admin: to look things up. Rules are set, and alerts sent again, in the portal."""

from django.contrib import admin

from credit.admin.looks import OfWallet, ReadOnly, amount_column
from credit.models import AlertEvent, AlertRule, AlertSend, AlertWatch, Webhook


@admin.register(AlertRule)
class AlertRuleAdmin(OfWallet):
    list_display = (
        "id",
        "wallet",
        "currency",
        "is_on",
        "percents",
        "days_ahead",
        "to_customer",
        "changed_at",
        "by_name",
    )
    list_filter = ("is_on", ("wallet", admin.EmptyFieldListFilter))


@admin.register(AlertEvent)
class AlertEventAdmin(OfWallet):
    list_display = ("uuid", "wallet", "at", "kind", "threshold", "usable", "used_percent", "standing")
    list_filter = ("kind",)
    usable = amount_column("usable_micros", "Usable")


@admin.register(AlertWatch)
class AlertWatchAdmin(OfWallet):
    list_display = ("wallet", "next_look_at", "blocked_since")


@admin.register(AlertSend)
class AlertSendAdmin(ReadOnly):
    list_display = (
        "event",
        "audience",
        "recipient",
        "webhook",
        "created_at",
        "sent_at",
        "failed_at",
        "tries",
    )
    list_filter = (
        "audience",
        ("sent_at", admin.EmptyFieldListFilter),
        ("failed_at", admin.EmptyFieldListFilter),
    )
    list_select_related = ("event", "webhook")
    search_fields = ("recipient__iexact",)
    ordering = ("-pk",)


@admin.register(Webhook)
class WebhookAdmin(ReadOnly):
    """Without what its secret is made of."""

    list_display = ("name", "url", "created_at", "paused_at", "removed_at", "by_name")
    fields = ("name", "url", "kinds", "created_at", "paused_at", "removed_at", "by_name")
