from typing import Self

from django.db import models
from django.db.models import Q

from credit.models.invoice import Invoice
from credit.models.recorded import Recorded
from credit.models.transaction import Transaction
from credit.models.wallet import Wallet


class AllocationQuerySet(models.QuerySet["Allocation"]):
    def live(self) -> Self:
        return self.filter(ended_at=None)


class Allocation(Recorded):
    """Which money pays which invoice. It moves no money: it says what of an invoice is paid, and by which line.

    Ended ones stay as history. An invoice's `paid_micros` is the sum of its live ones.
    """

    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="allocations", db_index=False)
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="allocations", db_index=False)
    line = models.ForeignKey(
        Transaction,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="allocations",
        db_index=False,
        help_text="The payment or other money in; none: credit from earlier (an overpayment, a negative invoice).",
    )
    amount_micros = models.BigIntegerField()
    allocated_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by_name = models.CharField(max_length=150, blank=True)

    objects = AllocationQuerySet.as_manager()

    class Meta:
        ordering = ["invoice", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount_micros__gt=0), name="an_allocation_is_positive"),
        ]
        indexes = [
            models.Index(fields=["invoice"], name="allocation_by_invoice"),
            models.Index(fields=["line"], name="allocation_by_line", condition=Q(line__isnull=False)),
            models.Index(fields=["wallet"], name="allocation_live", condition=Q(ended_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.amount_micros} micros"
