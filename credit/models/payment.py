from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from credit.models.transaction import Transaction
from credit.models.wallet import Wallet


class PaymentMethod(models.TextChoices):
    BANK_TRANSFER = "bank_transfer", gettext_lazy("Bank transfer")
    CARD = "card", gettext_lazy("Card")
    DIRECT_DEBIT = "direct_debit", gettext_lazy("Direct debit")
    CASH = "cash", gettext_lazy("Cash")
    OTHER = "other", gettext_lazy("Other")


class Payment(models.Model):
    """What finance wrote down about a payment; the money itself is the ledger line."""

    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="payments", db_index=False)
    transaction = models.OneToOneField(Transaction, on_delete=models.PROTECT, related_name="payment")
    method = models.CharField(max_length=13, choices=PaymentMethod, default=PaymentMethod.BANK_TRANSFER)
    received_on = models.DateField()
    reference = models.CharField(max_length=128, blank=True)
    remark = models.CharField(max_length=255, blank=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(
                fields=["wallet", "reference"], name="payment_by_reference", condition=~Q(reference="")
            ),
        ]

    def __str__(self) -> str:
        return self.reference or f"payment of {self.received_on}"
