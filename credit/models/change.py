from django.db import models
from django.db.models import Q

from credit.models.recorded import Recorded
from credit.models.wallet import Wallet
from credit.terms import ChangeReason
from organizations.models import Organization


class Change(Recorded):
    """The audit trail of what is no money line: who changed what, when, why, before and after. Append-only."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="changes")
    wallet = models.ForeignKey(
        Wallet, null=True, blank=True, on_delete=models.PROTECT, related_name="changes"
    )
    at = models.DateTimeField()
    verb = models.CharField(max_length=32)
    reason_code = models.CharField(max_length=20, choices=ChangeReason, blank=True)
    reason = models.CharField(max_length=255, blank=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(
                fields=["wallet", "at"], name="change_of_time_zone", condition=Q(verb="change_time_zone")
            )
        ]

    def __str__(self) -> str:
        return self.verb
