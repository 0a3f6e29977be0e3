from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy

from credit.models.recorded import Recorded
from credit.models.wallet import Wallet
from credit.terms import CHARGES, Kind, words_of


class ReservationEnding(models.TextChoices):
    FINISHED = "finished", gettext_lazy("Finished")
    RELEASED = "released", gettext_lazy("Released")
    EXPIRED = "expired", gettext_lazy("Expired")
    REPLACED = "replaced", gettext_lazy("Replaced")


class ReservationQuerySet(models.QuerySet["Reservation"]):
    def open(self) -> Self:
        """Not booked away yet; whether a hold is live at an instant is `live(now)`."""
        return self.filter(ended_at=None)

    def live(self, now: object) -> Self:
        return self.open().filter(expires_at__gt=now)


class Reservation(Recorded):
    """A hold for a transaction that is still going on. Its rest weighs in the wallet's `reserved_micros`."""

    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="reservations", db_index=False)
    reference = models.CharField(max_length=128)
    kind = models.CharField(
        max_length=18, choices=[(kind.value, kind.label) for kind in Kind if kind in CHARGES]
    )
    amount_micros = models.BigIntegerField(help_text="The total that was granted.")
    committed_micros = models.BigIntegerField(default=0)
    rest_micros = models.BigIntegerField()
    placed_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ending = models.CharField(max_length=8, choices=ReservationEnding, blank=True)
    description = models.CharField(max_length=255, blank=True)

    objects = ReservationQuerySet.as_manager()

    class Meta:
        ordering = ["wallet", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["wallet", "reference"],
                condition=Q(ended_at__isnull=True),
                name="one_open_reservation_per_wallet_and_reference",
            ),
            models.CheckConstraint(
                condition=Q(amount_micros__gte=0, committed_micros__gte=0, rest_micros__gte=0),
                name="a_reservation_holds_no_negative_amount",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ending="", rest_micros__gt=0)
                | (Q(ended_at__isnull=False, rest_micros=0) & ~Q(ending="")),
                name="an_ended_reservation_holds_nothing",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("placed_at")), name="a_reservation_has_a_life"
            ),
        ]
        indexes = [
            models.Index(fields=["wallet", "reference", "-id"], name="reservation_by_reference"),
            models.Index(
                fields=["wallet", "expires_at"],
                name="open_reservation_by_end",
                condition=Q(ended_at__isnull=True),
            ),
        ]

    get_kind_display = words_of("kind", Kind)

    def __str__(self) -> str:
        return self.reference


class HoldLine(models.Model):
    """One step of a hold (placed, extended, committed, ended): the past of `reserved`, append-only."""

    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="hold_lines", db_index=False)
    reservation = models.ForeignKey(Reservation, on_delete=models.PROTECT, related_name="steps")
    at = models.DateTimeField()
    change_micros = models.BigIntegerField(help_text="What the step did to the wallet's reserved amount.")
    expires_at = models.DateTimeField(help_text="The hold's end as of this step.")
    by_name = models.CharField(max_length=150)

    class Meta:
        ordering = ["wallet", "at", "pk"]
        indexes = [models.Index(fields=["wallet", "at"], name="hold_line_by_wallet")]

    def __str__(self) -> str:
        return f"{self.reservation_id} {self.change_micros:+d}"
