from datetime import date
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import BooleanField, Case, CharField, F, Q, Value, When
from django.db.models.functions import Greatest
from django.utils.translation import gettext_lazy

from credit.models.seller import Seller
from credit.models.wallet import Wallet
from credit.terms import Kind, words_of


class InvoiceKind(models.TextChoices):
    MONTHLY = "monthly", gettext_lazy("Monthly tax invoice")
    PURCHASE = "purchase", gettext_lazy("Purchase")
    OPENING = "opening", gettext_lazy("Opening invoice")
    STATEMENT = "statement", gettext_lazy("Internal statement")
    CREDIT_NOTE = "credit_note", gettext_lazy("Credit note")


class InvoiceState(models.TextChoices):
    DRAFT = "draft", gettext_lazy("Draft")
    ISSUED = "issued", gettext_lazy("Issued")
    PART_PAID = "part_paid", gettext_lazy("Part-paid")
    PAID = "paid", gettext_lazy("Paid")


_UNPAID = Q(paid_micros__lt=F("total_micros"))
_OPEN = Q(issued_at__isnull=False) & _UNPAID


# Each state's own condition; one that asks for nothing (zero or negative) is paid once it is issued.
_STATES = {
    InvoiceState.DRAFT: Q(issued_at=None),
    InvoiceState.PAID: Q(issued_at__isnull=False, paid_micros__gte=F("total_micros")),
    InvoiceState.PART_PAID: _OPEN & Q(paid_micros__gt=0),
    InvoiceState.ISSUED: _OPEN & Q(paid_micros=0),
}


def _overdue(today: date) -> Q:
    """The due of an internal statement is shown, but is late only where a setting says so (product.md section 1)."""
    overdue = _OPEN & Q(due_on__lt=today)
    return (
        overdue if settings.CREDIT_STATEMENT_COUNTS_AS_OVERDUE else overdue & ~Q(kind=InvoiceKind.STATEMENT)
    )


class InvoiceQuerySet(models.QuerySet["Invoice"]):
    def unpaid(self) -> Self:
        """Something of it is still to be paid, issued or not."""
        return self.filter(_UNPAID)

    def open(self) -> Self:
        """Issued, and something of it is still to be paid."""
        return self.filter(_OPEN)

    def overdue(self, today: date) -> Self:
        """Open past the due date; a day is not over before it has ended, so the due date itself is in time."""
        return self.filter(_overdue(today))

    def in_state(self, state: str) -> Self:
        return self.filter(_STATES[InvoiceState(state)])

    def on(self, today: date) -> Self:
        """With `state`, `open_micros` and `is_overdue`."""
        overdue = When(_overdue(today), then=Value(True))
        return self.annotate(
            state=_state(),
            open_micros=Greatest(F("total_micros") - F("paid_micros"), Value(0)),
            is_overdue=Case(overdue, default=Value(False), output_field=BooleanField()),
        )


def _state() -> Case:
    whens = [When(condition, then=Value(state)) for state, condition in _STATES.items()]
    return Case(*whens, output_field=CharField())


class Invoice(models.Model):
    """What a customer owes for a period or a purchase. Its number is drawn when it is issued, never inside a charge.

    Once issued, only `paid_micros` changes: the database refuses anything else (migration 0006).
    """

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
    paid_micros = models.BigIntegerField(default=0, help_text="The sum of its live allocations.")
    corrects = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="credit_notes"
    )
    held_back_at = models.DateTimeField(null=True, blank=True, help_text="A draft that a person looks at.")
    held_back_by_name = models.CharField(max_length=150, blank=True)
    # As they stood when it was issued.
    seller = models.ForeignKey(
        Seller, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    billed_to = models.JSONField(default=dict, blank=True, help_text="Name, address, country and tax id.")

    objects = InvoiceQuerySet.as_manager()

    class Meta:
        ordering = ["wallet", "-created_at", "-pk"]
        permissions = [
            ("issue_invoice", "Can issue and hold back invoices"),
            ("send_invoice", "Can send invoices and reminders"),
            ("allocate_payment", "Can allocate payments to invoices"),
            ("export_books", "Can export the books and the reports"),
        ]
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
            models.CheckConstraint(
                condition=Q(paid_micros=0)
                | Q(issued_at__isnull=False, paid_micros__gt=0, paid_micros__lte=F("total_micros")),
                name="an_invoice_is_paid_at_most_once",
            ),
            models.CheckConstraint(
                condition=Q(held_back_at__isnull=True) | Q(issued_at__isnull=True),
                name="only_a_draft_is_held_back",
            ),
        ]
        indexes = [
            models.Index(
                fields=["kind", "created_at"], name="invoice_to_issue", condition=Q(issued_at__isnull=True)
            ),
            models.Index(fields=["wallet", "due_on"], name="invoice_unpaid_by_wallet", condition=_UNPAID),
            models.Index(fields=["due_on"], name="invoice_open_by_due_date", condition=_OPEN),
        ]

    get_kind_display = words_of("kind", InvoiceKind)

    def __str__(self) -> str:
        return self.number or f"draft {self.pk}"


class InvoiceLine(models.Model):
    """The lines of one kind on an invoice; the invoice's total is the sum of the rounded amounts."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="lines")
    kind = models.CharField(max_length=18, choices=Kind)
    exact_micros = models.BigIntegerField()
    rounded_micros = models.BigIntegerField()
    count = models.PositiveIntegerField()
    tax_rate = models.PositiveIntegerField(
        null=True, blank=True, help_text="Hundredths of a percent, stamped when the invoice is issued."
    )

    class Meta:
        ordering = ["invoice", "pk"]
        constraints = [models.UniqueConstraint(fields=["invoice", "kind"], name="one_invoice_line_per_kind")]

    get_kind_display = words_of("kind", Kind)

    def __str__(self) -> str:
        return self.kind


class InvoiceTax(models.Model):
    """The tax that an issued invoice contains at one rate; tax is part of the total and never changes it."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="taxes", db_index=False)
    rate = models.PositiveIntegerField(help_text="Hundredths of a percent.")
    gross_micros = models.BigIntegerField()
    tax_micros = models.BigIntegerField()

    class Meta:
        verbose_name_plural = "invoice taxes"
        ordering = ["invoice", "-rate"]
        constraints = [
            models.UniqueConstraint(fields=["invoice", "rate"], name="one_tax_per_invoice_and_rate")
        ]

    def __str__(self) -> str:
        return f"{self.rate / 100:g} %"


class InvoiceSeries(models.Model):
    """The last number drawn in a series, such as INV-2026: gap-free, since number and invoice are one transaction."""

    name = models.CharField(max_length=20, unique=True)
    last_number = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "invoice series"

    def __str__(self) -> str:
        return self.name
