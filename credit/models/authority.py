"""Up to where somebody decides alone: rows per group and currency, and what was raised under them."""

from datetime import datetime, timedelta
from typing import Any, Self

from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from credit.models.recorded import Recorded
from credit.models.sums import WideSum
from credit.models.wallet import Wallet

# Increases of one wallet add up over this span, so that many small ones are no way around one large one.
WINDOW = timedelta(days=30)


class AuthorityQuerySet(models.QuerySet["Authority"]):
    def in_currency(self, currency: str) -> Self:
        """The currency's own rows, and those for any currency that has none."""
        return self.filter(currency__in=[currency, ""])


class Authority(models.Model):
    """How much credit the people of a group, or the API clients that act with it, may grant by themselves."""

    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="authorities")
    currency = models.CharField(
        max_length=3, blank=True, help_text=_("Empty: every currency that has no row of its own.")
    )
    largest_amount_micros = models.BigIntegerField(
        _("largest amount"), help_text=_("Of a limit in total, or of money given or let out at once.")
    )
    largest_increase_micros = models.BigIntegerField(
        _("largest increase"), help_text=_("Of one wallet; increases add up over 30 days.")
    )
    longest_days = models.PositiveSmallIntegerField(
        _("longest temporary days"), help_text=_("Of a temporary limit.")
    )
    unlimited = models.BooleanField(_("may make a limit unlimited"), default=False)

    objects = AuthorityQuerySet.as_manager()

    class Meta:
        verbose_name = _("authority")
        verbose_name_plural = _("authorities")
        ordering = ["group__name", "currency"]
        constraints = [
            models.UniqueConstraint(
                fields=["group", "currency"], name="one_authority_per_group_and_currency"
            ),
            models.CheckConstraint(
                condition=Q(largest_amount_micros__gte=0, largest_increase_micros__gte=0),
                name="an_authority_is_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.group_id} {self.currency or 'any currency'}"


class IncreaseQuerySet(models.QuerySet["Increase"]):
    def counted(self, at: datetime) -> Self:
        """Those that still count at an instant."""
        return self.after(at - WINDOW)

    def after(self, instant: datetime) -> Self:
        return self.filter(at__gt=instant)

    def total(self) -> int:
        summed: dict[str, Any] = self.aggregate(total=WideSum("increase_micros"))
        return summed["total"] or 0


class Increase(Recorded):
    """By how much somebody raised what a wallet can spend, or what left it: what adds up over 30 days."""

    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="increases", db_index=False)
    at = models.DateTimeField()
    verb = models.CharField(max_length=32)
    increase_micros = models.BigIntegerField()

    objects = IncreaseQuerySet.as_manager()

    class Meta:
        ordering = ["wallet", "at"]
        indexes = [models.Index(fields=["wallet", "at"], name="increases_of_a_wallet")]
        constraints = [
            models.CheckConstraint(condition=Q(increase_micros__gt=0), name="an_increase_is_above_zero")
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.increase_micros}"
