from typing import Self

from django.db import models
from django.db.models import Q

from credit.models.client import ApiClient
from credit.models.recorded import Recorded
from credit.models.wallet import Wallet
from credit.origins import Door
from credit.terms import ChangeReason, Kind, words_of
from organizations.models import Organization

# What a person does with money stands in the audit trail too, under the kind of its ledger line. Usage does not.
MONEY_VERBS = frozenset(
    {
        Kind.PAYMENT,
        Kind.WITHDRAWAL,
        Kind.TRANSFER_IN,
        Kind.TRANSFER_OUT,
        Kind.ADJUSTMENT,
        Kind.REFUND,
        Kind.CREDIT_NOTE,
        Kind.REVERSAL,
        Kind.WRITE_OFF,
    }
)
NOTE_VERBS = frozenset({"write_note", "settle_note", "strike_note_out"})


class ChangeQuerySet(models.QuerySet["Change"]):
    def decisions(self) -> Self:
        """What changed the customer or its wallets: without money lines and notes, which are shown elsewhere."""
        return self.exclude(verb__in=MONEY_VERBS | NOTE_VERBS)

    def newest_first(self) -> Self:
        return self.order_by("-at", "-pk")


class Change(Recorded):
    """The audit trail: who changed what, when, from where, why, before and after. Append-only, and sealed (Seal)."""

    # Neither: it concerns the portal itself, such as an API client.
    organization = models.ForeignKey(
        Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="changes"
    )
    wallet = models.ForeignKey(
        Wallet, null=True, blank=True, on_delete=models.PROTECT, related_name="changes"
    )
    at = models.DateTimeField()
    verb = models.CharField(max_length=32)
    reason_code = models.CharField(max_length=20, choices=ChangeReason, blank=True)
    reason = models.CharField(max_length=255, blank=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)

    by_client = models.ForeignKey(
        ApiClient, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    door = models.CharField(max_length=6, choices=Door, blank=True, help_text="Empty before it was kept.")
    address = models.CharField(max_length=45, blank=True)
    task = models.CharField(
        max_length=60, blank=True, default="", help_text="What a worker did it for, such as a bulk change."
    )

    objects = ChangeQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        permissions = [("view_audit_trail", "Can read the audit trail of all customers")]
        indexes = [
            models.Index(
                fields=["wallet", "at"], name="change_of_time_zone", condition=Q(verb="change_time_zone")
            ),
            models.Index(fields=["at", "id"], name="change_by_instant"),
            models.Index(fields=["verb", "at", "id"], name="change_by_verb"),
            models.Index(
                fields=["by_user", "at", "id"], name="change_by_person", condition=Q(by_user__isnull=False)
            ),
            models.Index(
                fields=["by_client", "at", "id"],
                name="change_by_client",
                condition=Q(by_client__isnull=False),
            ),
        ]

    get_reason_code_display = words_of("reason_code", ChangeReason)

    def __str__(self) -> str:
        return self.verb
