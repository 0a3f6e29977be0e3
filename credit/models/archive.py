from typing import Any, Self

from django.db import models
from django.db.models import F, Q, Sum

from credit.models.wallet import Wallet


class LedgerArchiveQuerySet(models.QuerySet["LedgerArchive"]):
    def unfinished(self) -> Self:
        """Written and recorded, but some of its lines may still be in the ledger."""
        return self.filter(removed_at=None, restored_at=None)


class LedgerArchive(models.Model):
    """A file that holds old ledger lines. Recorded with its digest before the first of them leaves the ledger."""

    name = models.CharField("file", max_length=100, unique=True)
    before = models.DateField(help_text="The first day of the month before which its lines were posted.")
    number = models.PositiveIntegerField()
    sha256 = models.CharField("SHA-256", max_length=64)
    size = models.BigIntegerField("bytes")
    lines = models.BigIntegerField()
    first_wallet = models.BigIntegerField()
    last_wallet = models.BigIntegerField()
    written_at = models.DateTimeField()
    by_name = models.CharField(max_length=150)
    removed_at = models.DateTimeField(
        null=True, blank=True, help_text="When its last line had left the ledger."
    )
    restored_at = models.DateTimeField(null=True, blank=True, help_text="When its lines were put back.")

    objects = LedgerArchiveQuerySet.as_manager()

    class Meta:
        ordering = ["before", "number"]
        constraints = [
            models.UniqueConstraint(fields=["before", "number"], name="one_archive_per_month_and_number"),
            models.CheckConstraint(condition=Q(lines__gte=1), name="an_archive_holds_a_line"),
        ]

    def __str__(self) -> str:
        return self.name


_LINES = F("last_sequence") - F("first_sequence") + 1


class ArchivedLinesQuerySet(models.QuerySet["ArchivedLines"]):
    def latest_of(self, wallet: Any) -> Self:
        """At most one row, with `lines_so_far`: how many lines of the wallet are archived in all."""
        held = self.filter(wallet=wallet)
        every = held.order_by().values("wallet").annotate(lines=Sum(_LINES)).values("lines")
        return held.annotate(lines_so_far=every).order_by("-first_sequence")[:1]


class ArchivedLines(models.Model):
    """Consecutive lines of a wallet that are in an archive and no longer in the ledger: written as they leave.

    The ledger refuses to lose any line that no such row names (migration 0010).
    """

    wallet = models.ForeignKey(
        Wallet, on_delete=models.PROTECT, related_name="archived_lines", db_index=False
    )
    archive = models.ForeignKey(LedgerArchive, on_delete=models.PROTECT, related_name="parts", db_index=False)
    first_sequence = models.BigIntegerField()
    last_sequence = models.BigIntegerField()
    amount_micros = models.BigIntegerField(help_text="The sum of the lines.")
    current_balance_after_micros = models.BigIntegerField(help_text="After the last of them.")
    posted_before = models.DateTimeField(
        help_text="The archive's month began then, on the wallet's own clock."
    )

    objects = ArchivedLinesQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "archived lines"
        ordering = ["wallet", "first_sequence"]
        constraints = [
            models.UniqueConstraint(
                fields=["wallet", "first_sequence"], name="archived_lines_begin_once_per_wallet"
            ),
            models.CheckConstraint(
                condition=Q(first_sequence__gte=1, last_sequence__gte=F("first_sequence")),
                name="archived_lines_are_a_range",
            ),
        ]
        indexes = [
            models.Index(fields=["archive", "wallet", "first_sequence"], name="archived_lines_by_file")
        ]

    def __str__(self) -> str:
        return f"lines {self.first_sequence} to {self.last_sequence}"

    @property
    def count(self) -> int:
        return self.last_sequence - self.first_sequence + 1
