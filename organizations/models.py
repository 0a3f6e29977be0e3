import uuid
import zoneinfo
from functools import cache

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy

from organizations.names import SEARCH_LENGTH


class OrganizationStatus(models.TextChoices):
    ACTIVE = "active", gettext_lazy("Active")
    SUSPENDED = "suspended", gettext_lazy("Suspended")
    CLOSED = "closed", gettext_lazy("Closed")


@cache
def known_time_zones() -> frozenset[str]:
    """Read once: asking walks the disk."""
    return frozenset(zoneinfo.available_timezones())


def validate_time_zone(name: str) -> None:
    if name not in known_time_zones():
        message = "Time zone “%(name)s” is not known. Use an IANA name such as Europe/Bratislava."
        raise ValidationError(message, params={"name": name})


class Organization(models.Model):
    """The customer. What it may spend is its wallets' affair, in `credit`."""

    uuid = models.UUIDField("UUID", default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=512)
    search_name = models.CharField(max_length=SEARCH_LENGTH, editable=False)
    reference = models.CharField(
        max_length=64, blank=True, help_text="The customer's id in another register, such as its LEI."
    )
    country = models.CharField(max_length=2, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC", validators=[validate_time_zone])

    # What stands on a bill and where it is sent.
    billing_address = models.TextField(blank=True)
    billing_email = models.EmailField("e-mail for bills", blank=True)
    tax_id = models.CharField("tax id", max_length=40, blank=True)

    status = models.CharField(max_length=9, choices=OrganizationStatus, default=OrganizationStatus.ACTIVE)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["search_name", "pk"]
        indexes = [models.Index(fields=["search_name", "id"], name="organization_by_name")]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=OrganizationStatus), name="organization_status_is_known"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="organization_has_a_name"),
            models.UniqueConstraint(
                fields=["reference"], condition=~Q(reference=""), name="one_organization_per_reference"
            ),
        ]

    def __str__(self) -> str:
        return self.name
