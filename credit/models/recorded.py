from django.conf import settings
from django.db import models


class Recorded(models.Model):
    """Who did it: a person, a job of the system or an API client. A person who did something is never deleted,
    only deactivated."""

    by_user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    by_name = models.CharField(max_length=150)

    class Meta:
        abstract = True
