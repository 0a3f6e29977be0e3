from django.db import models

from credit.models.invoice import Invoice
from organizations.models import Organization


class OverdueSuspension(models.Model):
    """An invoice that was open for too long, and that the organization was suspended then.

    An invoice has this effect once: whoever resumes the organization is not overruled by it again.
    """

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="overdue_suspensions"
    )
    invoice = models.OneToOneField(Invoice, on_delete=models.PROTECT, related_name="overdue_suspension")
    at = models.DateTimeField()
    days_late = models.PositiveIntegerField()
    was_suspended_already = models.BooleanField(
        default=False, help_text="By a person, or by another invoice."
    )

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.days_late} days late"
