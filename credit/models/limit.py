from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy

from credit.models.recorded import Recorded
from credit.models.wallet import Wallet
from credit.terms import ChangeReason, words_of


class LimitSlot(models.TextChoices):
    PERMANENT = "permanent", gettext_lazy("Permanent")
    TEMPORARY = "temporary", gettext_lazy("Temporary")
    SCHEDULED = "scheduled", gettext_lazy("Scheduled")


class LimitEnding(models.TextChoices):
    EXPIRED = "expired", gettext_lazy("Expired")
    SUPERSEDED = "superseded", gettext_lazy("Superseded")
    REMOVED = "removed", gettext_lazy("Removed")


class CreditLimitQuerySet(models.QuerySet["CreditLimit"]):
    def open(self) -> Self:
        return self.filter(ended_at=None)

    def newest_first(self) -> Self:
        return self.order_by("-starts_at", "-pk")


class CreditLimit(Recorded):
    """One row of a wallet's limit history: amount, from, to, who, why, and how it ended."""

    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="limits")
    slot = models.CharField(max_length=9, choices=LimitSlot)
    amount_micros = models.BigIntegerField(null=True, blank=True)
    unlimited = models.BooleanField(default=False)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True, help_text="The planned end of a temporary limit.")

    recorded_at = models.DateTimeField()
    reason_code = models.CharField(max_length=20, choices=ChangeReason, blank=True)
    reason = models.CharField(max_length=255, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ending = models.CharField(max_length=10, choices=LimitEnding, blank=True)
    ended_by_name = models.CharField(max_length=150, blank=True)
    review_on = models.DateField(
        null=True, blank=True, help_text="When somebody should look at a permanent limit again."
    )
    reviewed_at = models.DateTimeField(null=True, blank=True)
    reviewed_by_name = models.CharField(max_length=150, blank=True)

    objects = CreditLimitQuerySet.as_manager()

    class Meta:
        ordering = ["wallet", "-starts_at", "-pk"]
        indexes = [
            models.Index(
                fields=["review_on", "id"],
                condition=Q(ended_at__isnull=True, review_on__isnull=False),
                name="limits_by_review",
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["wallet", "slot"],
                condition=Q(ended_at__isnull=True),
                name="one_open_limit_per_wallet_and_slot",
            ),
            models.CheckConstraint(
                condition=Q(unlimited=True, amount_micros__isnull=True, slot=LimitSlot.PERMANENT)
                | Q(unlimited=False, amount_micros__gte=0),
                name="a_limit_is_an_amount_or_permanently_unlimited",
            ),
            models.CheckConstraint(
                condition=Q(slot=LimitSlot.PERMANENT, ends_at__isnull=True)
                | (~Q(slot=LimitSlot.PERMANENT) & Q(ends_at__isnull=False, ends_at__gt=F("starts_at"))),
                name="only_a_temporary_limit_has_a_planned_end",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ending="") | (Q(ended_at__isnull=False) & ~Q(ending="")),
                name="an_ended_limit_says_how_it_ended",
            ),
        ]

    get_reason_code_display = words_of("reason_code", ChangeReason)
    get_ending_display = words_of("ending", LimitEnding)

    def __str__(self) -> str:
        return f"{self.slot} {'unlimited' if self.unlimited else self.amount_micros}"
