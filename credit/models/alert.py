"""Alerts: what is watched, what a wallet is latched at, what was told, and how far its sending has come."""

import uuid
from datetime import datetime
from typing import Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from credit.models.delivery import state_at
from credit.models.recorded import Recorded
from credit.models.wallet import Wallet
from credit.models.webhook import Webhook


class AlertKind(models.TextChoices):
    PERCENT = "percent", _("Part of the limit used")
    AMOUNT = "amount", _("Usable credit low")
    BLOCKED = "blocked", _("Blocked")
    ENDING = "ending", _("Temporary limit ends soon")
    RECOVERED = "recovered", _("Recovered")


class Audience(models.TextChoices):
    CUSTOMER = "customer", _("Customer")
    STAFF = "staff", _("Finance")
    WEBHOOK = "webhook", _("Webhook")


def _one_percent() -> list[int]:
    return [80]


def _one_day_count() -> list[int]:
    return [3]


class AlertRule(Recorded):
    """What is told about a wallet: its own rule, else that of its currency, else the one for all.

    Where no row says otherwise, the defaults of these fields are the rule for all.
    """

    wallet = models.OneToOneField(
        Wallet, null=True, blank=True, on_delete=models.PROTECT, related_name="alert_rule"
    )
    currency = models.CharField(max_length=3, blank=True, help_text="A default's; empty: of every currency.")
    is_on = models.BooleanField(default=True)
    percents = models.JSONField(default=_one_percent)
    usable_micros = models.JSONField(default=list, help_text="Amounts of usable credit, in micros.")
    days_ahead = models.JSONField(default=_one_day_count)
    tells_blocked = models.BooleanField(default=True)
    tells_recovered = models.BooleanField(default=True)
    to_customer = models.BooleanField(default=False)
    to_staff = models.JSONField(default=list, help_text="E-mail addresses of people in finance.")
    hysteresis_percent = models.PositiveSmallIntegerField(
        default=5, validators=[MinValueValidator(0), MaxValueValidator(50)]
    )
    cooldown_minutes = models.PositiveIntegerField(default=60, validators=[MaxValueValidator(10_080)])
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        permissions = [("manage_alerts", "Can set alert rules and send alerts again")]
        constraints = [
            models.UniqueConstraint(
                fields=["currency"],
                condition=Q(wallet__isnull=True),
                name="one_default_alert_rule_per_currency",
            ),
            models.CheckConstraint(
                condition=Q(wallet__isnull=True) | Q(currency=""),
                name="a_wallets_own_alert_rule_has_its_currency",
            ),
            models.CheckConstraint(
                condition=Q(hysteresis_percent__lte=50), name="hysteresis_is_at_most_half"
            ),
        ]

    def __str__(self) -> str:
        return f"alert rule {self.pk}"


class AlertWatch(models.Model):
    """What one wallet is latched at, and when the clock alone may change that. No row: nothing is raised."""

    wallet = models.OneToOneField(
        Wallet, primary_key=True, on_delete=models.PROTECT, related_name="alert_watch"
    )
    latches = models.JSONField(default=dict)
    next_look_at = models.DateTimeField(null=True, blank=True)
    blocked_since = models.DateTimeField(
        null=True, blank=True, help_text="Empty where it was blocked before anybody watched."
    )

    class Meta:
        verbose_name_plural = "alert watches"
        indexes = [
            models.Index(
                fields=["next_look_at", "wallet"],
                name="alert_watch_by_next_look",
                condition=Q(next_look_at__isnull=False),
            ),
            models.Index(
                fields=["blocked_since"],
                name="alert_watch_blocked",
                condition=Q(blocked_since__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"watch of wallet {self.wallet_id}"


class AlertEvent(models.Model):
    """Something that was told: one per crossing. Its uuid stays the same however often it is sent."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="alerts", db_index=False)
    at = models.DateTimeField()
    kind = models.CharField(max_length=9, choices=AlertKind)
    threshold = models.BigIntegerField(default=0, help_text="Percent, micros or days; 0 for blocked.")
    covers = models.JSONField(default=list, help_text="The thresholds that were crossed in one step.")

    # The wallet's numbers at that instant.
    standing = models.CharField(max_length=9)
    usable_micros = models.BigIntegerField(null=True, blank=True)
    limit_micros = models.BigIntegerField(null=True, blank=True)
    used_micros = models.BigIntegerField(default=0)
    used_percent = models.BigIntegerField(null=True, blank=True)
    limit_ends_at = models.DateTimeField(null=True, blank=True)
    falls_back_to_micros = models.BigIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["wallet", "-id"], name="alert_event_by_wallet"),
            models.Index(fields=["kind", "-id"], name="alert_event_by_kind"),
        ]

    def __str__(self) -> str:
        return str(self.uuid)


class AlertReader(models.Model):
    """Up to which alert a person has read."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="+"
    )
    read_up_to = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"read up to {self.read_up_to}"


class AlertSendQuerySet(models.QuerySet["AlertSend"]):
    def waiting(self) -> Self:
        return self.filter(claimed_at=None, sent_at=None, failed_at=None)

    def at(self, now: datetime) -> Self:
        return self.annotate(state=state_at(now))


class AlertSend(models.Model):
    """An alert on its way to one recipient: claimed and committed first, then sent, then the outcome written."""

    event = models.ForeignKey(AlertEvent, on_delete=models.PROTECT, related_name="sends")
    audience = models.CharField(max_length=8, choices=Audience)
    recipient = models.EmailField(blank=True)
    webhook = models.ForeignKey(
        Webhook, null=True, blank=True, on_delete=models.PROTECT, related_name="sends"
    )
    created_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)

    objects = AlertSendQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["event", "recipient"],
                condition=~Q(recipient=""),
                name="one_mail_per_alert_and_recipient",
            ),
            models.UniqueConstraint(
                fields=["event", "webhook"],
                condition=Q(webhook__isnull=False),
                name="one_call_per_alert_and_webhook",
            ),
            models.CheckConstraint(
                condition=(Q(audience="webhook") & Q(webhook__isnull=False) & Q(recipient=""))
                | (~Q(audience="webhook") & Q(webhook__isnull=True) & ~Q(recipient="")),
                name="an_alert_goes_to_an_address_or_a_webhook",
            ),
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True) | Q(failed_at__isnull=True),
                name="an_alert_send_is_sent_or_failed",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_try_at", "id"],
                name="alert_send_waiting",
                condition=Q(claimed_at__isnull=True, sent_at__isnull=True, failed_at__isnull=True),
            ),
            models.Index(fields=["id"], name="alert_send_not_sent", condition=Q(sent_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"alert send {self.pk}"


class AlertFeed(models.Model):
    """How far a table that only grows has been read for wallets that changed (docs/adr/0033)."""

    name = models.CharField(max_length=20, primary_key=True)
    done_pk = models.BigIntegerField(help_text="Every row up to here was looked at.")
    safe_pk = models.BigIntegerField(help_text="No row up to here can still be committed.")
    seen_pk = models.BigIntegerField(help_text="The last row at seen_at.")
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class AlertPace(models.Model):
    """One row: who watches at the moment, and where the round over all wallets stands."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    leased_until = models.DateTimeField(null=True, blank=True)
    sweep_after_pk = models.BigIntegerField(null=True, blank=True, help_text="Empty: no round is running.")
    quiet_before = models.DateTimeField(
        null=True,
        blank=True,
        help_text="In a round, what has not changed since is not told: it was so before.",
    )
    swept_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="there_is_one_alert_pace")]

    def __str__(self) -> str:
        return "pace of the alerts"
