from django.db import models

from credit.models.recorded import Recorded
from credit.models.wallet import Wallet
from credit.terms import Kind, Reason, words_of


class Decline(Recorded):
    """An attempt that was declined, with the formula's numbers at that instant."""

    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="declines", db_index=False)
    at = models.DateTimeField()
    verb = models.CharField(max_length=20)
    kind = models.CharField(max_length=18, choices=Kind, blank=True)
    amount_micros = models.BigIntegerField(null=True, blank=True)
    reason = models.CharField(max_length=24, choices=Reason)
    usable_micros = models.BigIntegerField(null=True, blank=True)
    breakdown = models.JSONField(default=dict)
    reference = models.CharField(max_length=128, blank=True)
    key = models.CharField(max_length=255, blank=True)

    class Meta:
        ordering = ["wallet", "-at", "-pk"]
        indexes = [models.Index(fields=["wallet", "-at", "-id"], name="decline_by_wallet")]

    get_kind_display = words_of("kind", Kind)
    get_reason_display = words_of("reason", Reason)

    def __str__(self) -> str:
        return f"{self.verb}: {self.reason}"
