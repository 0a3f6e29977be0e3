from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from credit.models.recorded import Recorded


class Webhook(Recorded):
    """An address of another system that hears of alerts. Its secret is derived from the installation's key and this
    row's salt; it is shown once and stored nowhere."""

    name = models.CharField(max_length=100)
    url = models.URLField(_("address"), max_length=500)
    kinds = models.JSONField(default=list, help_text="Kinds of alert that it hears of; empty: all.")
    created_at = models.DateTimeField()
    paused_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    salt = models.CharField(max_length=43)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of the secret.")
    old_salt = models.CharField(max_length=43, blank=True)
    old_fingerprint = models.CharField(max_length=64, blank=True)
    old_ends_at = models.DateTimeField(null=True, blank=True, help_text="Until then both secrets sign.")

    class Meta:
        ordering = ["name", "pk"]
        permissions = [("manage_webhooks", "Can create, change and remove webhooks")]
        constraints = [
            models.UniqueConstraint(
                fields=["name"], condition=Q(removed_at__isnull=True), name="one_webhook_of_a_name"
            )
        ]

    def __str__(self) -> str:
        return self.name
