from django.db import models
from django.db.models import Q

from credit.models.wallet import Wallet
from credit.terms import Kind


class InvoiceKind(models.TextChoices):
    MONTHLY = "monthly", "Monthly tax invoice"
    PURCHASE = "purchase", "Purchase"
    OPENING = "opening", "Opening invoice"
    STATEMENT = "statement", "Internal statement"
    CREDIT_NOTE = "credit_note", "Credit note"


class Invoice(models.Model):
    """What a customer owes for a period or a purchase. Its number is drawn when it is issued, never inside a charge."""

    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="invoices")
    kind = models.CharField(max_length=11, choices=InvoiceKind)
    number = models.CharField(max_length=40, null=True, blank=True, unique=True)
    currency = models.CharField(max_length=3)
    period_starts_at = models.DateTimeField(null=True, blank=True)
    period_ends_at = models.DateTimeField(null=True, blank=True)
    total_micros = models.BigIntegerField()
    created_at = models.DateTimeField()
    issued_at = models.DateTimeField(null=True, blank=True)
    due_on = models.DateField(null=True, blank=True)
    corrects = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="credit_notes"
    )

    class Meta:
        ordering = ["wallet", "-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["wallet", "period_starts_at"],
                condition=Q(period_starts_at__isnull=False),
                name="one_invoice_per_wallet_and_period",
            ),
            models.CheckConstraint(
                condition=Q(issued_at__isnull=True, number__isnull=True)
                | Q(issued_at__isnull=False, number__isnull=False),
                name="an_issued_invoice_has_a_number",
            ),
        ]
        indexes = [models.Index(fields=["id"], name="invoice_to_issue", condition=Q(issued_at__isnull=True))]

    def __str__(self) -> str:
        return self.number or f"draft {self.pk}"


class InvoiceLine(models.Model):
    """The lines of one kind on an invoice; the invoice's total is the sum of the rounded amounts."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="lines")
    kind = models.CharField(max_length=18, choices=Kind)
    exact_micros = models.BigIntegerField()
    rounded_micros = models.BigIntegerField()
    count = models.PositiveIntegerField()

    class Meta:
        ordering = ["invoice", "pk"]
        constraints = [models.UniqueConstraint(fields=["invoice", "kind"], name="one_invoice_line_per_kind")]

    def __str__(self) -> str:
        return self.kind


class InvoiceSeries(models.Model):
    """The last number drawn in a series, such as INV-2026: gap-free, since number and invoice are one transaction."""

    name = models.CharField(max_length=20, unique=True)
    last_number = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "invoice series"

    def __str__(self) -> str:
        return self.name
