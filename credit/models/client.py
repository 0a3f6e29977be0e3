"""Systems that ask over HTTP, and the credentials they sign in with. A secret is never stored, only its keyed hash."""

from datetime import datetime
from typing import Self

from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from credit.models.recorded import Recorded


class Scope(models.TextChoices):
    READ = "read", gettext_noop("Read wallets and ledgers")
    CHARGE = "charge", gettext_noop("Charge, reserve and refund")
    OVERRUN = "overrun", gettext_noop("Charge beyond the limit what was delivered")
    PAY = "pay", gettext_noop("Record payments")
    LIMITS = "limits", gettext_noop("Set and end limits, change payment mode")


# Unlimited is a person's decision: no scope carries that right.
RIGHTS = {
    Scope.READ: {"credit.view_wallet", "credit.view_transaction", "credit.view_reservation"},
    Scope.CHARGE: {"credit.post_charges", "credit.correct_transactions"},
    Scope.OVERRUN: {"credit.overrun"},
    Scope.PAY: {"credit.record_payment"},
    Scope.LIMITS: {"credit.set_credit_limit", "credit.change_payment_mode"},
}


class ApiClient(Recorded):
    """A switch, a gateway, a billing engine. Its name stands on every ledger line it makes."""

    name = models.CharField(max_length=100, unique=True)
    scopes = models.JSONField(default=list)
    authority = models.ForeignKey(
        Group,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text=_("The group whose authority it has. Empty: it raises nothing."),
    )
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True, help_text="Written at most once a minute.")
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by_name = models.CharField(max_length=150, blank=True)

    class Meta:
        verbose_name = "API client"
        ordering = ["name"]
        permissions = [("manage_clients", "Can create, rotate and revoke API clients")]
        constraints = [
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True, revoked_by_name="")
                | (Q(revoked_at__isnull=False) & ~Q(revoked_by_name="")),
                name="a_revoked_client_says_who_revoked_it",
            )
        ]

    def __str__(self) -> str:
        return self.name


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def usable(self, now: datetime) -> Self:
        in_time = Q(ends_at__isnull=True) | Q(ends_at__gt=now)
        return self.filter(in_time, client__revoked_at=None)


class ApiKey(Recorded):
    """One credential of a client: a public prefix to find it by, and the hash of the whole."""

    client = models.ForeignKey(ApiClient, on_delete=models.PROTECT, related_name="keys")
    prefix = models.CharField(max_length=8, unique=True)
    hashed_key = models.CharField(max_length=150)
    created_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True, help_text="Set when it is rotated or revoked.")

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = "API key"
        ordering = ["client", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["client"], condition=Q(ends_at__isnull=True), name="one_lasting_key_per_client"
            )
        ]

    def __str__(self) -> str:
        return self.prefix
