"""What a person has arranged for their own eyes: views of the list that have a name, and how pages look to them."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

LONGEST_NAME = 40
LONGEST_QUERY = 1000


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def offered_to(self, person: Any) -> Self:
        """One's own and the shared ones, one's own first."""
        mine_or_shared = Q(owner=person) | Q(is_shared=True)
        return self.filter(mine_or_shared).order_by("is_shared", "name", "pk")


class SavedView(models.Model):
    """Filters and order of the list of wallets under a name. Shared ones are offered to everybody."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=LONGEST_NAME)
    # As it stands in the list's address: what the address means is said once, by the list.
    query = models.CharField(max_length=LONGEST_QUERY)
    is_shared = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        permissions = [("share_views", "Can offer a saved view to everybody")]
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="one_saved_view_per_person_and_name"),
            models.UniqueConstraint(
                fields=["name"], condition=Q(is_shared=True), name="one_shared_view_per_name"
            ),
            models.CheckConstraint(
                condition=~Q(name="") & ~Q(query=""), name="a_saved_view_has_a_name_and_asks_for_something"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Preferences(models.Model):
    """One row a person who chose something; nobody needs one."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="preferences"
    )
    time_zone = models.CharField(max_length=64, blank=True, help_text="Empty: that of the portal.")
    single_letters = models.BooleanField(default=True, help_text="Single letters act outside fields.")
    hidden_columns = models.JSONField(default=list, blank=True, help_text="Names of the list's columns.")

    class Meta:
        verbose_name_plural = "preferences"

    def __str__(self) -> str:
        return f"preferences {self.pk}"
