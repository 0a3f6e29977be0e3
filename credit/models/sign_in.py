from django.db import models


class SignInTries(models.Model):
    """Tries to sign in that failed under one name since an instant. In the database, which all web servers share."""

    # Its SHA-256: now and then somebody types a password where the name belongs.
    name_digest = models.CharField(max_length=64, unique=True)
    since = models.DateTimeField(db_index=True)
    count = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name_plural = "sign-in tries"

    def __str__(self) -> str:
        return f"{self.count} since {self.since:%Y-%m-%d %H:%M} UTC"
