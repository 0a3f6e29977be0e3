from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy, pgettext_lazy

from credit.models.recorded import Recorded


class RunKind(models.TextChoices):
    CLOSE = "close", pgettext_lazy("month end", "Close")
    REHEARSAL = "rehearsal", gettext_lazy("Rehearsal")


class MonthEndRun(Recorded):
    """One pass over the wallets whose period has ended: cut into chunks, worked off by any number of workers.

    A row before it is a task: what the broker loses, beat asks for again.
    """

    kind = models.CharField(max_length=9, choices=RunKind)
    until = models.DateTimeField(help_text="Periods that ended by then.")
    asked_at = models.DateTimeField()
    wallets = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(null=True, blank=True, help_text="When it was cut into chunks.")
    finished_at = models.DateTimeField(null=True, blank=True)
    report = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["-asked_at", "-pk"]
        permissions = [
            ("run_month_end", "Can start and rehearse a month end"),
            ("lock_month", "Can lock a month for posting"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["kind"],
                condition=Q(finished_at__isnull=True),
                name="one_month_end_of_a_kind_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.asked_at:%Y-%m-%d}"


class ChunkQuerySet(models.QuerySet["MonthEndChunk"]):
    def left(self) -> Self:
        return self.filter(finished_at=None)


class MonthEndChunk(models.Model):
    """Some of a run's wallets, by pk; done once, however many workers try."""

    run = models.ForeignKey(MonthEndRun, on_delete=models.PROTECT, related_name="chunks", db_index=False)
    first_wallet = models.BigIntegerField()
    last_wallet = models.BigIntegerField()
    wallets = models.PositiveIntegerField()
    asked_at = models.DateTimeField(null=True, blank=True, help_text="When a worker was last asked.")
    tries = models.PositiveSmallIntegerField(default=0)
    finished_at = models.DateTimeField(null=True, blank=True)
    milliseconds = models.PositiveIntegerField(null=True, blank=True, help_text="Its longest transaction.")
    counts = models.JSONField(default=dict, blank=True)
    error = models.TextField(blank=True)

    objects = ChunkQuerySet.as_manager()

    class Meta:
        ordering = ["run", "first_wallet"]
        constraints = [
            models.UniqueConstraint(fields=["run", "first_wallet"], name="one_chunk_per_run_and_first_wallet")
        ]
        indexes = [
            models.Index(fields=["run"], name="chunk_left", condition=Q(finished_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"wallets {self.first_wallet} to {self.last_wallet}"


class LockedMonth(Recorded):
    """A month in which nothing is posted any more, because finance says so. It stays locked.

    A posting is never earlier than `latest_at` of its wallet, so the lock is that every wallet has reached the month's
    end. It is in force once all have: the row comes first, the wallets are raised in steps.
    """

    month = models.DateField(unique=True, help_text="Its first day, on the portal's calendar.")
    ends_at = models.DateTimeField()
    locked_at = models.DateTimeField(help_text="When it was asked for.")
    raised_to = models.BigIntegerField(
        default=0, help_text="The last wallet that has reached the month's end."
    )
    in_force_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-month"]

    def __str__(self) -> str:
        return f"{self.month:%B %Y}"
