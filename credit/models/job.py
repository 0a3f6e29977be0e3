from django.db import models
from django.db.models import Q

from credit.models.limit import CreditLimit
from credit.models.wallet import Wallet


class JobRun(models.Model):
    """One run of a scheduled job that had something to do, or the latest that had nothing."""

    name = models.CharField(max_length=40)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    counts = models.JSONField(default=dict)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["-started_at", "-pk"]
        indexes = [models.Index(fields=["name", "-started_at"], name="job_run_by_name")]

    def __str__(self) -> str:
        return self.name


class Difference(models.Model):
    """Where a wallet's row and its ledger disagree. Reported, never repaired."""

    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="differences")
    found_at = models.DateTimeField()
    seen_at = models.DateTimeField(help_text="The latest run that found it again.")
    what = models.CharField(max_length=40)
    expected_micros = models.BigIntegerField()
    actual_micros = models.BigIntegerField()
    gone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-found_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["wallet", "what"],
                condition=Q(gone_at__isnull=True),
                name="one_open_difference_per_wallet_and_kind",
            )
        ]

    def __str__(self) -> str:
        return self.what


class Notice(models.Model):
    """Something a person in finance should know. One per ended temporary limit."""

    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="notices")
    at = models.DateTimeField()
    kind = models.CharField(max_length=32)
    limit = models.OneToOneField(
        CreditLimit, null=True, blank=True, on_delete=models.PROTECT, related_name="notice"
    )
    text = models.CharField(max_length=255)

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return self.text
