from django.db import models
from django.db.models import F, Q

from credit.models.wallet import Wallet
from credit.terms import Scheme


class Period(models.Model):
    """An ended period of a postpaid wallet, known by its first instant; closed once its amount is on an invoice."""

    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="periods", db_index=False)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    scheme = models.CharField(
        max_length=12, choices=Scheme, help_text="In force at the period's last instant."
    )
    amount_micros = models.BigIntegerField(help_text="Exact: what its counted lines amount to.")
    first_sequence = models.BigIntegerField()
    last_sequence = models.BigIntegerField()
    recorded_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    invoice = models.OneToOneField(
        "credit.Invoice", null=True, blank=True, on_delete=models.PROTECT, related_name="period"
    )

    class Meta:
        ordering = ["wallet", "starts_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["wallet", "starts_at"], name="one_period_per_wallet_and_first_instant"
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="a_period_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=False) | Q(invoice__isnull=True),
                name="only_a_closed_period_has_an_invoice",
            ),
        ]
        indexes = [
            models.Index(fields=["wallet"], name="period_to_close", condition=Q(closed_at__isnull=True))
        ]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d}"
