"""What customers may use and have used, currency by currency, as it was counted each day."""

from typing import Any

from django.db import models

from credit.terms import LimitState, PaymentMode, Standing


class Total(models.Field):
    """A sum of micros. Of many wallets it may be wider than 64 bits, and stays exact on every database."""

    def db_type(self, connection: Any) -> str:
        return "numeric(40, 0)" if connection.vendor == "postgresql" else "text"

    def get_internal_type(self) -> str:
        return "Total"

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return None if value is None else int(value) if connection.vendor == "postgresql" else str(int(value))

    def from_db_value(self, value: Any, *args: Any) -> int | None:
        return None if value is None else int(value)

    def to_python(self, value: Any) -> int | None:
        return None if value is None else int(value)


class Exposure(models.Model):
    """All open wallets of a currency together, as last counted on a day of the portal's time zone."""

    day = models.DateField()
    currency = models.CharField(max_length=3)
    taken_at = models.DateTimeField()
    wallets = models.PositiveIntegerField()
    unlimited_wallets = models.PositiveIntegerField()
    limits_micros = Total(help_text="Limits in force; an unlimited one adds nothing.")
    used_micros = Total()
    unlimited_used_micros = Total(help_text="The part of what is used that no limit bounds.")
    unbilled_micros = Total()
    due_micros = Total()

    class Meta:
        ordering = ["day", "currency"]
        constraints = [
            models.UniqueConstraint(fields=["currency", "day"], name="one_exposure_per_currency_and_day")
        ]
        indexes = [models.Index(fields=["-day"], name="exposure_by_day")]

    def __str__(self) -> str:
        return f"{self.currency} on {self.day}"

    @property
    def share_percent(self) -> int | None:
        """Of the limits granted, rounded down; what unlimited wallets use stands beside them."""
        bounded = self.used_micros - self.unlimited_used_micros
        return bounded * 100 // self.limits_micros if self.limits_micros else None

    @property
    def share_width(self) -> int:
        """Of a bar of 82 px."""
        return min(82, 82 * (self.share_percent or 0) // 100)


class ExposureLine(models.Model):
    """The part of an exposure that lies with wallets of one mode, standing and sort of limit."""

    exposure = models.ForeignKey(Exposure, on_delete=models.CASCADE, related_name="lines", db_index=False)
    mode = models.CharField(max_length=8, choices=PaymentMode)
    standing = models.CharField(max_length=9, choices=Standing)
    limit_state = models.CharField(max_length=9, choices=LimitState)
    wallets = models.PositiveIntegerField()
    limits_micros = Total()
    used_micros = Total()
    unbilled_micros = Total()
    due_micros = Total()

    class Meta:
        ordering = ["exposure", "mode", "standing", "limit_state"]
        constraints = [
            models.UniqueConstraint(
                fields=["exposure", "mode", "standing", "limit_state"], name="one_line_per_exposure_and_state"
            )
        ]

    def __str__(self) -> str:
        return f"{self.mode}, {self.standing}, {self.limit_state}"
