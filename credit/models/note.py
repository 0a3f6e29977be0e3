from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from credit.models.recorded import Recorded
from credit.models.wallet import Wallet
from organizations.models import Organization

LONGEST_NOTE = 2000


class Settled(models.TextChoices):
    KEPT = "kept", _("Kept")
    BROKEN = "broken", _("Not kept")
    DONE = "done", _("Done")


class NoteQuerySet(models.QuerySet["Note"]):
    def standing(self) -> Self:
        return self.filter(struck_at=None)

    def open(self) -> Self:
        """What comes back on its day, until it is settled or struck out."""
        return self.standing().filter(settled_as="", comes_back_on__isnull=False)


class Note(Recorded):
    """What somebody learned about a customer, perhaps with a promise. Never edited, only struck out with a reason."""

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="notes", db_index=False
    )
    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="notes", db_index=False)
    written_at = models.DateTimeField()
    text = models.CharField(max_length=LONGEST_NOTE)

    promised_on = models.DateField(
        null=True, blank=True, help_text="The last day for it, on the portal's calendar."
    )
    promised_micros = models.BigIntegerField(null=True, blank=True, help_text="Empty: any payment keeps it.")
    after_sequence = models.BigIntegerField(
        help_text="Lines of the wallet after this one can keep the promise."
    )
    comes_back_on = models.DateField(null=True, blank=True)

    settled_as = models.CharField(max_length=6, choices=Settled, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by_name = models.CharField(max_length=150, blank=True)
    struck_at = models.DateTimeField(null=True, blank=True)
    struck_by_name = models.CharField(max_length=150, blank=True)
    struck_reason = models.CharField(max_length=255, blank=True)

    objects = NoteQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        permissions = [("write_notes", "Can write notes on customers, settle promises and strike notes out")]
        indexes = [
            models.Index(fields=["organization", "-id"], name="notes_of_an_organization"),
            models.Index(
                fields=["comes_back_on", "id"],
                name="notes_that_come_back",
                condition=Q(settled_as="", struck_at__isnull=True, comes_back_on__isnull=False),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(promised_micros__isnull=True)
                | Q(promised_micros__gt=0, promised_on__isnull=False),
                name="a_promise_of_money_has_a_day",
            ),
            models.CheckConstraint(
                condition=Q(promised_on__isnull=True) | Q(comes_back_on__isnull=False),
                name="a_promise_comes_back",
            ),
            models.CheckConstraint(
                condition=Q(settled_as="", settled_at__isnull=True, settled_by_name="")
                | (Q(settled_at__isnull=False) & ~Q(settled_as="") & ~Q(settled_by_name="")),
                name="a_settled_note_says_by_whom",
            ),
            models.CheckConstraint(
                condition=Q(struck_at__isnull=True, struck_by_name="", struck_reason="")
                | (Q(struck_at__isnull=False) & ~Q(struck_by_name="") & ~Q(struck_reason="")),
                name="a_struck_note_says_why",
            ),
        ]

    def __str__(self) -> str:
        return self.text[:40]
