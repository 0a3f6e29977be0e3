"""Usage files: what was handed in, how far it is worked off, and which of its lines were refused and why."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy

from credit.models.recorded import Recorded
from credit.models.sentence import SentenceField
from credit.terms import Reason


class UploadState(models.TextChoices):
    WAITING = "waiting", gettext_lazy("Waiting")
    RUNNING = "running", gettext_lazy("Running")
    DONE = "done", gettext_lazy("Done")
    FAILED = "failed", gettext_lazy("Failed")


class UploadQuerySet(models.QuerySet["Upload"]):
    def unfinished(self) -> Self:
        return self.filter(state__in=[UploadState.WAITING, UploadState.RUNNING])

    def to_be_driven(self, now: datetime) -> Self:
        """Nobody works on it: the request for it got lost, or its worker was killed. A file that only the command
        line has seen is nothing that a worker could read."""
        free = Q(held_until__isnull=True) | Q(held_until__lte=now)
        return self.unfinished().filter(free).exclude(stored_as="")


class Upload(Recorded):
    """One usage file, known by its content. What is posted and how far it has come are written in one transaction."""

    name = models.CharField(max_length=255)
    digest = models.CharField(max_length=64, help_text="SHA-256 of the unpacked content.")
    size_bytes = models.BigIntegerField(help_text="As it was sent, packed or not.")
    content_bytes = models.BigIntegerField(help_text="Unpacked.")
    stored_as = models.CharField(max_length=80, blank=True, help_text="Its name in the upload directory.")
    gated = models.BooleanField(default=False, help_text="The limit is asked; else usage is delivered.")
    columns = models.JSONField(default=list)
    sent_at = models.DateTimeField()

    state = models.CharField(max_length=8, choices=UploadState, default=UploadState.WAITING)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    error = SentenceField(blank=True)
    holder = models.CharField(max_length=32, blank=True, help_text="The run that works on it.")
    held_until = models.DateTimeField(null=True, blank=True)

    position_bytes = models.BigIntegerField(default=0, help_text="Of the unpacked content, worked off.")
    position_line = models.BigIntegerField(default=0)
    posted = models.BigIntegerField(default=0)
    known = models.BigIntegerField(default=0, help_text="Lines that an earlier run had posted.")
    declined = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0)

    objects = UploadQuerySet.as_manager()

    class Meta:
        ordering = ["-sent_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["digest"], name="one_upload_per_content"),
            models.CheckConstraint(
                condition=Q(position_bytes__lte=F("content_bytes")),
                name="an_upload_is_read_to_its_end_at_most",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["done", "failed"], finished_at__isnull=False)
                | Q(state__in=["waiting", "running"], finished_at__isnull=True),
                name="a_finished_upload_says_when",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class RefusedLine(models.Model):
    """A line of a usage file that was not posted: bad input, or declined."""

    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="refused_lines", db_index=False)
    number = models.BigIntegerField(help_text="The line of the file, its header being 1.")
    reason = models.CharField(max_length=24, choices=Reason)
    field = models.CharField(max_length=40, blank=True)
    message = SentenceField()
    original = models.TextField()

    class Meta:
        ordering = ["upload", "number"]
        constraints = [
            models.UniqueConstraint(fields=["upload", "number"], name="one_refusal_per_line_of_an_upload")
        ]

    def __str__(self) -> str:
        return f"line {self.number}: {self.reason}"
