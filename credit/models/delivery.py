from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import Case, CharField, Q, Value, When
from django.utils.translation import gettext_lazy

from credit.models.invoice import Invoice

# A sender that has not come back by then was killed: whether the message left, nobody here can know.
LONGEST_SEND = timedelta(minutes=5)


class DeliveryKind(models.TextChoices):
    INVOICE = "invoice", gettext_lazy("Invoice")
    REMINDER = "reminder", gettext_lazy("Reminder")


class DeliveryState(models.TextChoices):
    WAITING = "waiting", gettext_lazy("Waiting")
    SENDING = "sending", gettext_lazy("Sending")
    SENT = "sent", gettext_lazy("Sent")
    FAILED = "failed", gettext_lazy("Failed")
    UNKNOWN = "unknown", gettext_lazy("Outcome unknown")


def state_at(now: datetime) -> Case:
    """How far what is claimed before it is sent has come, read off its columns; also for alerts."""
    return Case(
        When(sent_at__isnull=False, then=Value(DeliveryState.SENT)),
        When(failed_at__isnull=False, then=Value(DeliveryState.FAILED)),
        When(claimed_at=None, then=Value(DeliveryState.WAITING)),
        When(Q(claimed_at__lte=now - LONGEST_SEND) | ~Q(error=""), then=Value(DeliveryState.UNKNOWN)),
        default=Value(DeliveryState.SENDING),
        output_field=CharField(),
    )


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def waiting(self) -> Self:
        return self.filter(claimed_at=None, sent_at=None, failed_at=None)

    def at(self, now: datetime) -> Self:
        return self.annotate(state=state_at(now))


class Delivery(models.Model):
    """A document on its way to the customer: claimed and committed first, then sent, then the outcome written.

    Its Message-ID never changes, so that a message sent twice is one message to the reader.
    """

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="deliveries", db_index=False)
    kind = models.CharField(max_length=8, choices=DeliveryKind)
    level = models.PositiveSmallIntegerField(default=0, help_text="Of a reminder: the first, the second, …")
    recipient = models.EmailField()
    message_id = models.CharField(max_length=255, unique=True)
    created_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(
        help_text="Not before: a server that refused is left alone for a while."
    )
    claimed_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)
    by_name = models.CharField(max_length=150)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["invoice", "kind", "level"], name="one_delivery_per_invoice_kind_and_level"
            ),
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True) | Q(failed_at__isnull=True),
                name="a_delivery_is_sent_or_failed",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_try_at"],
                name="delivery_waiting",
                condition=Q(claimed_at__isnull=True, sent_at__isnull=True, failed_at__isnull=True),
            ),
            # What somebody has to look at is rare among what was sent.
            models.Index(fields=["id"], name="delivery_not_sent", condition=Q(sent_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return self.message_id
