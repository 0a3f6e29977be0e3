from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q

from credit.terms import Kind


class Seller(models.Model):
    """Who bills: the provider as it stands on invoices from a day on. A change is a new row, never an edit."""

    valid_from = models.DateField(unique=True)
    name = models.CharField(max_length=200)
    address = models.TextField()
    country = models.CharField(max_length=2, blank=True)
    company_id = models.CharField("company number", max_length=40, blank=True)
    tax_id = models.CharField("tax id", max_length=40, blank=True)
    bank = models.CharField(max_length=100, blank=True)
    iban = models.CharField("IBAN", max_length=34, blank=True)
    bic = models.CharField("BIC", max_length=11, blank=True)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ["-valid_from"]

    def __str__(self) -> str:
        return f"{self.name} from {self.valid_from}"


class TaxRate(models.Model):
    """The tax an amount of a kind contains from a day on; without a kind, for kinds that have none of their own."""

    kind = models.CharField(max_length=18, choices=Kind, blank=True)
    rate = models.PositiveIntegerField(
        help_text="Hundredths of a percent: 2300 is 23 %.", validators=[MaxValueValidator(10_000)]
    )
    valid_from = models.DateField()

    class Meta:
        ordering = ["kind", "-valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "valid_from"], name="one_tax_rate_per_kind_and_day"),
            models.CheckConstraint(
                condition=Q(rate__lte=10_000), name="a_tax_rate_is_at_most_a_hundred_percent"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind or 'every other kind'}: {self.rate / 100:g} % from {self.valid_from}"
