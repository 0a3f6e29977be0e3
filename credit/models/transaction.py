from typing import Self

from django.db import models
from django.db.models import F, Q, Sum
from django.db.models.expressions import RawSQL

from credit.models.recorded import Recorded
from credit.models.wallet import Wallet
from credit.terms import Kind, words_of


class TransactionQuerySet(models.QuerySet["Transaction"]):
    def of(self, wallet: Wallet) -> Self:
        return self.filter(wallet=wallet)

    def newest_first(self) -> Self:
        return self.order_by("-sequence", "-pk")

    def money_in(self) -> Self:
        """What can pay an invoice: it raised the balance and is no invoice's own rounding."""
        # Written as a number: SQLite uses a partial index only where it can read its condition.
        raised = self.filter(counted=False, amount_micros__gt=RawSQL("0", ()))
        return raised.exclude(kind=Kind.ROUNDING, invoice__isnull=False)

    def taken_from(self, original: "Transaction") -> int:
        """Micros that refunds, credit notes and reversals have taken from an item and not given back."""
        taken = self.filter(original=original)
        given_back = self.filter(original__in=taken.values("pk"))
        return abs(_sum(taken) + _sum(given_back))


def _sum(lines: TransactionQuerySet) -> int:
    return lines.aggregate(total=Sum("amount_micros"))["total"] or 0


class Transaction(Recorded):
    """One line of a wallet's ledger. The database itself refuses to change or delete it (migration 0002)."""

    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="transactions", db_index=False)
    sequence = models.BigIntegerField()
    posted_at = models.DateTimeField()
    occurred_at = models.DateTimeField(null=True, blank=True)

    kind = models.CharField(max_length=18, choices=Kind)
    amount_micros = models.BigIntegerField(help_text="Signed: what the line does to the current balance.")
    current_balance_after_micros = models.BigIntegerField()
    counted = models.BooleanField(default=False, help_text="It went to unbilled, else to the balance.")
    overrun = models.BooleanField(default=False)
    period_starts_at = models.DateTimeField(null=True, blank=True)
    invoice = models.ForeignKey(
        "credit.Invoice",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="transactions",
        db_index=False,
    )

    reference = models.CharField(max_length=128, blank=True)
    description = models.CharField(max_length=255, blank=True)
    reason = models.CharField(max_length=255, blank=True)
    original = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="corrections", db_index=False
    )
    counterpart = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="counterparts", db_index=False
    )
    reservation = models.ForeignKey(
        "credit.Reservation",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="transactions",
        db_index=False,
    )

    objects = TransactionQuerySet.as_manager()

    class Meta:
        ordering = ["wallet", "sequence"]
        constraints = [
            models.UniqueConstraint(fields=["wallet", "sequence"], name="one_line_per_wallet_and_sequence"),
            models.CheckConstraint(condition=Q(sequence__gte=1), name="a_sequence_starts_at_one"),
            models.CheckConstraint(
                condition=Q(counted=False, period_starts_at__isnull=True)
                | Q(counted=True, period_starts_at__isnull=False, invoice__isnull=True),
                name="a_counted_line_carries_its_period",
            ),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="a_line_has_a_known_kind"),
            models.CheckConstraint(
                condition=~Q(kind__in=[Kind.PAYMENT, Kind.TRANSFER_IN, Kind.WRITE_OFF])
                | Q(amount_micros__gt=0),
                name="money_in_is_positive",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=[Kind.WITHDRAWAL, Kind.TRANSFER_OUT]) | Q(amount_micros__lt=0),
                name="money_out_is_negative",
            ),
            models.UniqueConstraint(
                fields=["original"], condition=Q(kind=Kind.REVERSAL), name="one_reversal_per_line"
            ),
        ]
        indexes = [
            models.Index(fields=["original"], name="line_by_original", condition=Q(original__isnull=False)),
            models.Index(
                fields=["counterpart"], name="line_by_counterpart", condition=Q(counterpart__isnull=False)
            ),
            models.Index(fields=["invoice"], name="line_by_invoice", condition=Q(invoice__isnull=False)),
            models.Index(
                fields=["wallet", "sequence"],
                name="line_of_money_in",
                condition=Q(counted=False, amount_micros__gt=0),
            ),
            models.Index(F("wallet"), F("reference"), name="line_by_reference", condition=~Q(reference="")),
        ]

    get_kind_display = words_of("kind", Kind)

    def __str__(self) -> str:
        return f"{self.kind} {self.sequence}"
