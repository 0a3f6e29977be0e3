"""Addresses of alerts, their rules, and webhooks; `credit/urls.py` includes them."""

from django.urls import path

from credit.views import alert_rules, alerts, webhooks

urlpatterns = [
    path("alerts/", alerts.event_list, name="alerts"),
    path("alerts/bell/", alerts.bell, name="alert_bell"),
    path("alerts/count/", alerts.bell_count, name="alert_count"),
    path("alerts/sent/", alerts.send_list, name="alert_sends"),
    path("alerts/sent/<int:pk>/again/", alert_rules.SendAgain.as_view(), name="send_alert_again"),
    path("alerts/rules/", alert_rules.rule_list, name="alert_rules"),
    path("alerts/rules/<str:currency>/", alert_rules.SetDefaultRule.as_view(), name="default_alert_rule"),
    path("alerts/rules/<int:pk>/drop/", alert_rules.DropRule.as_view(), name="drop_alert_rule"),
    path("wallets/<str:wallet_id>/alerts/", alert_rules.SetWalletRule.as_view(), name="wallet_alerts"),
    path("alerts/webhooks/", webhooks.webhook_list, name="webhooks"),
    path("alerts/webhooks/new/", webhooks.new_webhook, name="new_webhook"),
    *[
        path(
            f"alerts/webhooks/<int:pk>/{verb}/",
            webhooks.change_webhook,
            {"verb": verb},
            name=f"{verb}_webhook",
        )
        for verb in ("secret", "test", "pause", "resume", "remove")
    ],
]
