from django.db import models

from credit.models.wallet import Wallet


class Answer(models.Model):
    """What a request with an idempotency key was answered; written in the same transaction as its effect."""

    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="answers", db_index=False)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of the verb and of what was sent.")
    answer = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["wallet", "key"], name="one_answer_per_wallet_and_key")
        ]

    def __str__(self) -> str:
        return self.key
