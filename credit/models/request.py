from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from credit.models.client import ApiClient
from credit.models.recorded import Recorded
from credit.models.wallet import Wallet
from credit.terms import ChangeReason, words_of


class RequestState(models.TextChoices):
    OPEN = "open", _("Waiting")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class RequestQuerySet(models.QuerySet["ChangeRequest"]):
    def open(self) -> Self:
        return self.filter(state=RequestState.OPEN)


class ChangeRequest(Recorded):
    """What somebody wanted and could not decide alone: all that was typed, what it needs, and who decided what."""

    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="requests")
    by_client = models.ForeignKey(
        ApiClient, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    verb = models.CharField(max_length=32)
    wish = models.JSONField(help_text=_("All that was typed; amounts in micros, instants in ISO 8601."))
    fingerprint = models.CharField(max_length=64, help_text=_("Of the verb and the wish."))
    reason_code = models.CharField(max_length=20, choices=ChangeReason, blank=True)
    reason = models.CharField(max_length=255, blank=True)
    asked_at = models.DateTimeField()
    seen_version = models.IntegerField(help_text=_("Of the wallet, when it was asked for."))
    seen = models.JSONField(default=dict, help_text=_("What stood there then."))

    # What an authority must cover; unlimited: no amount.
    amount_micros = models.BigIntegerField(null=True, blank=True)
    increase_micros = models.BigIntegerField(default=0)
    days = models.PositiveIntegerField(default=0)

    state = models.CharField(max_length=9, choices=RequestState, default=RequestState.OPEN)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        db_index=False,
    )  # fmt: skip
    decided_by_name = models.CharField(max_length=150, blank=True)
    decision = models.CharField(max_length=255, blank=True, help_text=_("In the words of who decided."))

    objects = RequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["state", "id"], name="requests_by_state"),
            models.Index(
                fields=["by_client", "id"], condition=Q(by_client__isnull=False), name="requests_of_client"
            ),
            models.Index(
                fields=["by_client", "state", "id"],
                condition=Q(by_client__isnull=False),
                name="requests_of_client_by_state",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["wallet", "fingerprint"],
                condition=Q(state=RequestState.OPEN),
                name="one_open_request_per_wallet_and_wish",
            ),
            models.CheckConstraint(
                condition=Q(state=RequestState.OPEN, decided_at__isnull=True, decided_by_name="")
                | (~Q(state=RequestState.OPEN) & Q(decided_at__isnull=False) & ~Q(decided_by_name="")),
                name="a_decided_request_says_who_decided_it_and_when",
            ),
            models.CheckConstraint(
                condition=~Q(state=RequestState.APPROVED)
                | Q(by_user__isnull=True)
                | Q(decided_by_user__isnull=True)
                | ~Q(by_user=models.F("decided_by_user")),
                name="nobody_approves_their_own_request",
            ),
        ]

    get_reason_code_display = words_of("reason_code", ChangeReason)
    get_state_display = words_of("state", RequestState)

    def __str__(self) -> str:
        return f"{self.verb} {self.amount_micros}"
