"""Seals over what is written once: each covers a range of pks by a digest that holds the digest before it."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Sealed(models.TextChoices):
    """What is sealed, each in a chain of its own."""

    CHANGES = "changes", _("audit trail")
    LEDGER = "ledger", _("ledger")


class Seal(models.Model):
    """One batch of a chain. The database refuses to change or delete it; whoever could would have to make every later
    seal anew, and the digest that was kept elsewhere would still differ."""

    of = models.CharField(max_length=7, choices=Sealed)
    number = models.PositiveBigIntegerField()
    first_pk = models.BigIntegerField(help_text="The one after the last pk of the seal before.")
    last_pk = models.BigIntegerField()
    count = models.PositiveIntegerField(
        help_text="Rows there were; an undone insert leaves a gap in the pks."
    )
    columns = models.PositiveSmallIntegerField(help_text="Which columns of a row the digest covers.")
    previous_digest = models.CharField(max_length=64)
    digest = models.CharField(max_length=64, help_text="SHA-256, hexadecimal.")
    sealed_at = models.DateTimeField()

    class Meta:
        ordering = ["of", "number"]
        constraints = [
            models.UniqueConstraint(fields=["of", "number"], name="one_seal_per_number"),
            models.UniqueConstraint(fields=["of", "previous_digest"], name="a_chain_of_seals_never_forks"),
            models.CheckConstraint(
                condition=Q(number__gte=1, first_pk__gte=1, last_pk__gte=F("first_pk"), count__gte=1),
                name="a_seal_covers_rows",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.of} {self.number}"


class SealHorizon(models.Model):
    """Up to which row everything will have been committed once every transaction of that moment is over."""

    of = models.CharField(max_length=7, choices=Sealed, unique=True)
    pk_then = models.BigIntegerField()
    next_transaction = models.BigIntegerField(help_text="PostgreSQL's next transaction id at that moment.")
    read_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.of


class SealCheck(models.Model):
    """The latest recomputation of a chain."""

    of = models.CharField(max_length=7, choices=Sealed, unique=True)
    checked_at = models.DateTimeField()
    number = models.PositiveBigIntegerField(help_text="The furthest seal that ever held.")
    fault = models.TextField(blank=True, help_text="What the first seal that differs says.")

    def __str__(self) -> str:
        return self.of
