from datetime import datetime
from typing import Any, Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from credit import rule_sql
from credit.terms import PaymentMode, Scheme
from organizations.models import Organization, OrganizationStatus

# Wider than the product's own bound, so that a month's turn or a commit never trips over a constraint.
_WIDEST = 2 * 10**18


class WalletQuerySet(models.QuerySet["Wallet"]):
    def at(self, now: datetime, *names: str, **given: Any) -> Self:
        """Every number of the wallets at an instant, by the one rule; given columns stand in for the rows' own."""
        return self.annotate(**rule_sql.annotations(now, names, **given))

    def locked(self) -> Self:
        """The one row lock: in pk order, so that two batches never wait for each other in a ring."""
        return self.order_by("pk").select_for_update(no_key=True)

    def passed(self, column: str, now: datetime, limit: int) -> list[int]:
        """The first wallets whose instant in the column has come, read off that column's index."""
        found = self.filter(**{f"{column}__lte": now}).order_by(column, "pk")
        return list(found.values_list("pk", flat=True)[:limit])


class Wallet(models.Model):
    """A money account of one organization in one currency, with everything that decides about a charge on its row.

    The columns are what was last written. What holds at an instant is `Wallet.objects.at(now)`.
    """

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="wallets")
    wallet_id = models.CharField("Wallet ID", max_length=20, unique=True)
    currency = models.CharField(max_length=3)
    mode = models.CharField("payment mode", max_length=8, choices=PaymentMode)
    scheme = models.CharField("invoicing scheme", max_length=12, choices=Scheme, blank=True)
    near_percent = models.PositiveSmallIntegerField(
        "warn at percent used", default=80, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )

    # Copies: what decides stands on this row (house.md section 4).
    organization_status = models.CharField(
        max_length=9, choices=OrganizationStatus, default=OrganizationStatus.ACTIVE
    )
    time_zone = models.CharField(max_length=64)

    balance_micros = models.BigIntegerField(default=0)
    unbilled_micros = models.BigIntegerField(default=0)
    closing_micros = models.BigIntegerField(default=0)
    reserved_micros = models.BigIntegerField(default=0)
    next_hold_ends_at = models.DateTimeField(null=True, blank=True)

    permanent_limit_micros = models.BigIntegerField(null=True, blank=True)
    limit_unlimited = models.BooleanField(default=False)
    temporary_limit_micros = models.BigIntegerField(null=True, blank=True)
    temporary_starts_at = models.DateTimeField(null=True, blank=True)
    temporary_ends_at = models.DateTimeField(null=True, blank=True)
    scheduled_limit_micros = models.BigIntegerField(null=True, blank=True)
    scheduled_starts_at = models.DateTimeField(null=True, blank=True)
    scheduled_ends_at = models.DateTimeField(null=True, blank=True)

    period_starts_at = models.DateTimeField(null=True, blank=True)
    period_ends_at = models.DateTimeField(null=True, blank=True)
    period_first_sequence = models.BigIntegerField(default=1)
    last_sequence = models.BigIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)
    latest_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = WalletQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        permissions = [
            ("set_credit_limit", "Can set, end and remove a credit limit"),
            ("set_unlimited_limit", "Can make a credit limit unlimited"),
            ("record_payment", "Can record a payment"),
            ("adjust_credit", "Can give and take back credit"),
            ("withdraw_money", "Can withdraw and transfer money"),
            ("correct_transactions", "Can refund and reverse transactions"),
            ("write_off_debt", "Can write off what is owed"),
            ("post_charges", "Can post charges and reservations"),
            ("overrun", "Can charge what was delivered beyond the limit"),
            ("change_payment_mode", "Can change payment mode, scheme and time zone"),
            ("suspend_organization", "Can suspend and resume an organization"),
            ("close_wallet", "Can close a wallet"),
            ("reopen_wallet", "Can reopen a closed wallet"),
            ("export_wallets", "Can export wallets and ledgers"),
            ("view_jobs", "Can see the scheduled jobs"),
        ]
        indexes = [
            # With the pk: the first thousand that are due are read off it, also where all of them ended at one instant.
            # Never among the columns that a charge writes, so that it costs none of them anything.
            models.Index(fields=["time_zone"], name="wallet_by_time_zone"),
            models.Index(
                fields=["period_ends_at", "id"],
                name="wallet_by_period_end",
                condition=Q(period_ends_at__isnull=False),
            ),
            models.Index(
                fields=["next_hold_ends_at", "id"],
                name="wallet_by_next_hold_end",
                condition=Q(next_hold_ends_at__isnull=False),
            ),
            models.Index(
                fields=["temporary_ends_at", "id"],
                name="wallet_by_temporary_end",
                condition=Q(temporary_ends_at__isnull=False),
            ),
            models.Index(
                fields=["scheduled_starts_at", "id"],
                name="wallet_by_scheduled_start",
                condition=Q(scheduled_starts_at__isnull=False),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(mode=PaymentMode.PREPAID, scheme="")
                | Q(mode=PaymentMode.POSTPAID, scheme__in=Scheme.values),
                name="only_a_postpaid_wallet_has_a_scheme",
            ),
            models.CheckConstraint(
                condition=Q(mode=PaymentMode.PREPAID)
                | Q(permanent_limit_micros__isnull=False)
                | Q(limit_unlimited=True),
                name="a_postpaid_wallet_has_a_limit",
            ),
            models.CheckConstraint(
                condition=Q(limit_unlimited=False) | Q(permanent_limit_micros__isnull=True),
                name="an_unlimited_limit_has_no_amount",
            ),
            models.CheckConstraint(
                condition=(Q(permanent_limit_micros__isnull=True) | Q(permanent_limit_micros__gte=0))
                & (Q(temporary_limit_micros__isnull=True) | Q(temporary_limit_micros__gte=0))
                & (Q(scheduled_limit_micros__isnull=True) | Q(scheduled_limit_micros__gte=0)),
                name="a_limit_is_never_negative",
            ),
            models.CheckConstraint(
                condition=Q(
                    temporary_limit_micros__isnull=True,
                    temporary_starts_at__isnull=True,
                    temporary_ends_at__isnull=True,
                )
                | Q(
                    temporary_limit_micros__isnull=False,
                    temporary_starts_at__isnull=False,
                    temporary_ends_at__isnull=False,
                    temporary_ends_at__gt=F("temporary_starts_at"),
                ),
                name="a_temporary_limit_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=Q(
                    scheduled_limit_micros__isnull=True,
                    scheduled_starts_at__isnull=True,
                    scheduled_ends_at__isnull=True,
                )
                | Q(
                    scheduled_limit_micros__isnull=False,
                    scheduled_starts_at__isnull=False,
                    scheduled_ends_at__isnull=False,
                    scheduled_ends_at__gt=F("scheduled_starts_at"),
                ),
                name="a_scheduled_limit_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=Q(mode=PaymentMode.POSTPAID) | Q(unbilled_micros=0, closing_micros=0),
                name="a_prepaid_wallet_has_nothing_unbilled",
            ),
            models.CheckConstraint(
                condition=Q(
                    mode=PaymentMode.POSTPAID,
                    closed_at__isnull=True,
                    period_starts_at__isnull=False,
                    period_ends_at__isnull=False,
                    period_ends_at__gt=F("period_starts_at"),
                )
                | (
                    (Q(mode=PaymentMode.PREPAID) | Q(closed_at__isnull=False))
                    & Q(period_starts_at__isnull=True, period_ends_at__isnull=True)
                ),
                name="an_open_postpaid_wallet_has_a_running_period",
            ),
            models.CheckConstraint(condition=Q(reserved_micros__gte=0), name="reserved_is_never_negative"),
            models.CheckConstraint(
                condition=Q(reserved_micros=0) | Q(next_hold_ends_at__isnull=False),
                name="every_hold_has_an_end",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True)
                | Q(balance_micros=0, unbilled_micros=0, closing_micros=0, reserved_micros=0),
                name="a_closed_wallet_is_empty",
            ),
            models.CheckConstraint(
                condition=Q(balance_micros__range=(-_WIDEST, _WIDEST))
                & Q(unbilled_micros__range=(-_WIDEST, _WIDEST))
                & Q(closing_micros__range=(-_WIDEST, _WIDEST))
                & Q(reserved_micros__lte=_WIDEST),
                name="a_wallet_stays_within_its_bounds",
            ),
            models.CheckConstraint(condition=Q(near_percent__range=(1, 100)), name="near_is_a_percentage"),
        ]

    def __str__(self) -> str:
        return self.wallet_id
