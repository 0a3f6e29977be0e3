"""Revenue as it has been added up: a row per local day and kind, and up to which ledger line. A copy of the ledger."""

from django.db import models

from credit.models.exposure import Total
from credit.terms import Kind


class RevenueDay(models.Model):
    """What lines posted on a day, where their customers were, did to balances. Written by `actions.revenue_days`."""

    day = models.DateField()
    currency = models.CharField(max_length=3)
    kind = models.CharField(max_length=18, choices=Kind)
    item = models.CharField(max_length=18, choices=Kind, help_text="The kind of what the lines correct.")
    counted = models.BooleanField()
    lines = models.PositiveBigIntegerField()
    micros = Total(help_text="Signed, as in the ledger.")

    class Meta:
        ordering = ["day", "currency", "kind", "item", "counted"]
        constraints = [
            models.UniqueConstraint(
                fields=["day", "currency", "kind", "item", "counted"], name="one_revenue_row_per_day_and_kind"
            )
        ]

    def __str__(self) -> str:
        return f"{self.item} in {self.currency} on {self.day}"


class RevenueUpTo(models.Model):
    """One row: every ledger line up to this pk has been looked at, and nothing can come below it any more."""

    last_pk = models.BigIntegerField(default=0)
    added_at = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(
        null=True, blank=True, help_text="When the days were last found to agree with the ledger."
    )

    def __str__(self) -> str:
        return str(self.last_pk)
