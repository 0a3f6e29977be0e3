"""Bulk changes: many limits changed as one act. What was chosen, every row's before and after, what became of it."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from credit.models.limit import CreditLimit
from credit.models.recorded import Recorded
from credit.models.request import ChangeRequest
from credit.models.sentence import SentenceField, SentencesField
from credit.models.wallet import Wallet
from credit.terms import ChangeReason, Reason, words_of


class BulkVerb(models.TextChoices):
    SET = "set_limit", _("Set limit")
    RAISE = "raise_limit", _("Raise limit")
    END = "end_temporary", _("End temporary limit")
    REVIEW = "review", _("Mark reviewed")
    FILE = "file", _("Limits from a file")
    REVERSE = "reverse", _("Reversal")


class BulkState(models.TextChoices):
    PLANNING = "planning", _("Being previewed")
    PLANNED = "planned", _("Waits for a yes")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Stopped")
    DROPPED = "dropped", _("Discarded")


class RowState(models.TextChoices):
    READ = "read", _("Not previewed yet")
    PLANNED = "planned", _("Ready")
    UNCHANGED = "unchanged", _("Nothing to change")
    PROBLEM = "problem", _("Problem")
    DONE = "done", _("Done")
    REFUSED = "refused", _("Refused")
    ABOVE = "above", _("Above the authority")
    ASKED = "asked", _("Asked for approval")


class BulkChangeQuerySet(models.QuerySet["BulkChange"]):
    def unfinished(self) -> Self:
        return self.filter(state__in=[BulkState.PLANNING, BulkState.RUNNING])

    def to_be_driven(self, now: datetime) -> Self:
        """Nobody works on it: the request for it got lost, or its worker was killed."""
        return self.unfinished().filter(Q(held_until__isnull=True) | Q(held_until__lte=now))


class BulkChange(Recorded):
    """One act over many wallets: planned first, then confirmed by the person who planned it, then run by a worker."""

    key = models.UUIDField(
        unique=True, help_text="Of the form it came from: sent twice, it is one bulk change."
    )
    verb = models.CharField(max_length=16, choices=BulkVerb)
    wish = models.JSONField(default=dict, help_text="What was typed: amount, percent, days.")
    chosen = SentenceField(help_text="Which wallets, in words.")
    digest = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the file.")
    columns = models.JSONField(default=list, help_text="Of the file, in its order.")
    reason_code = models.CharField(max_length=20, choices=ChangeReason)
    reason = models.CharField(max_length=255, blank=True)
    reverses = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="reversals"
    )

    state = models.CharField(max_length=8, choices=BulkState, default=BulkState.PLANNING)
    together = models.BooleanField(default=False, help_text="All or nothing; else row by row.")
    origin = models.JSONField(default=dict, help_text="Where the yes came from, for the audit trail.")
    harms_confirmed = models.BooleanField(default=False)
    asks = models.BooleanField(
        default=False, help_text="What is above the person's authority is asked for; else it is left out."
    )
    rows_count = models.PositiveIntegerField(default=0)
    totals = models.JSONField(default=list, help_text="Per currency: rows, limits before and after.")
    made_at = models.DateTimeField()
    planned_at = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    error = SentenceField(blank=True)
    holder = models.CharField(max_length=32, blank=True, help_text="The run that works on it.")
    held_until = models.DateTimeField(null=True, blank=True)

    objects = BulkChangeQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(
                fields=["held_until"],
                name="bulk_change_unfinished",
                condition=Q(state__in=["planning", "running"]),
            ),
            models.Index(fields=["digest"], name="bulk_change_by_file", condition=~Q(digest="")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["done", "failed", "dropped"], finished_at__isnull=False)
                | Q(state__in=["planning", "planned", "running"], finished_at__isnull=True),
                name="a_finished_bulk_change_says_when",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["running", "done"]) | Q(confirmed_at__isnull=False),
                name="a_bulk_change_runs_after_a_yes",
            ),
            models.CheckConstraint(
                condition=Q(verb="reverse", reverses__isnull=False)
                | (~Q(verb="reverse") & Q(reverses__isnull=True)),
                name="a_reversal_names_what_it_reverses",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.pk}"


class BulkRow(models.Model):
    """One wallet of a bulk change: what is asked for, what it does, and what became of it."""

    bulk_change = models.ForeignKey(BulkChange, on_delete=models.CASCADE, related_name="rows", db_index=False)
    number = models.PositiveIntegerField(
        help_text="The line of the file, its header being 1; else the place."
    )
    cells = models.JSONField(default=dict, help_text="The row of the file as it came.")
    wallet = models.ForeignKey(
        Wallet, null=True, blank=True, on_delete=models.PROTECT, related_name="bulk_rows"
    )
    currency = models.CharField(max_length=3, blank=True)

    amount_micros = models.BigIntegerField(null=True, blank=True)
    unlimited = models.BooleanField(default=False)
    days = models.PositiveIntegerField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    words = models.CharField(max_length=255, blank=True, help_text="Its own reason.")

    state = models.CharField(max_length=9, choices=RowState, default=RowState.READ)
    version = models.PositiveIntegerField(
        null=True, blank=True, help_text="Of the wallet as it was previewed."
    )
    before = models.JSONField(default=dict, help_text="The rule's numbers when it was previewed.")
    after = models.JSONField(default=dict)
    harms = SentencesField(default=list)
    reason_code = models.CharField(max_length=24, choices=Reason, blank=True)
    field = models.CharField(max_length=40, blank=True)
    message = SentenceField(blank=True)

    reverses = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    done_at = models.DateTimeField(null=True, blank=True)
    stood = models.JSONField(default=dict, help_text="The wallet's limits right before it ran.")
    version_after = models.PositiveIntegerField(null=True, blank=True)
    limit = models.ForeignKey(
        CreditLimit, null=True, blank=True, on_delete=models.PROTECT, related_name="bulk_rows"
    )
    request = models.ForeignKey(
        ChangeRequest, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        ordering = ["bulk_change", "number"]
        indexes = [
            models.Index(fields=["bulk_change", "state", "number"], name="bulk_rows_by_state"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["bulk_change", "number"], name="one_bulk_row_per_number"),
            models.UniqueConstraint(
                fields=["bulk_change", "wallet"],
                condition=~Q(state="problem"),
                name="a_bulk_change_changes_a_wallet_once",
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | Q(done_at__isnull=False, version_after__isnull=False),
                name="a_done_bulk_row_says_when",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["problem", "refused", "above"]) | Q(reason_code=""),
                name="only_a_row_left_out_says_why",
            ),
            models.CheckConstraint(
                condition=~Q(state="asked") | Q(request__isnull=False),
                name="an_asked_bulk_row_names_its_request",
            ),
        ]

    get_state_display = words_of("state", RowState)

    def __str__(self) -> str:
        return f"row {self.number}: {self.state}"
