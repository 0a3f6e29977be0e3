from django.db import models

from credit.models.wallet import Wallet
from organizations.models import Organization
from organizations.names import SEARCH_LENGTH

# What a list can be put in order by, as columns of the copy; the first ones move with the clock.
MOVING = (
    "balance_micros", "unbilled_micros", "reserved_micros", "limit_order", "usable_order", "used_order",
    "standing_order",
)  # fmt: skip


class WalletCopy(models.Model):
    """What a wallet's numbers were a moment ago, to pick the rows of a list by. What is shown never comes from here.

    `facet` packs every choice of the list's filters into one number (credit/facets.py); so any filter in any order is
    a step into one index for each facet. Written by `actions.copies`, never with a charge.
    """

    # No constraint: its check would lock the wallet's row, and charges would wait.
    wallet = models.OneToOneField(
        Wallet, on_delete=models.CASCADE, primary_key=True, related_name="copy", db_constraint=False
    )
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    facet = models.BigIntegerField()
    name = models.CharField(max_length=SEARCH_LENGTH)
    public_id = models.CharField("Wallet ID", max_length=20)
    balance_micros = models.BigIntegerField()
    unbilled_micros = models.BigIntegerField()
    reserved_micros = models.BigIntegerField()
    limit_order = models.BigIntegerField(help_text="Not set stands below zero, unlimited above every amount.")
    usable_order = models.BigIntegerField()
    used_order = models.BigIntegerField()
    standing_order = models.IntegerField(help_text="The worst stands first.")

    class Meta:
        verbose_name_plural = "wallet copies"
        indexes = [
            models.Index(fields=["facet", "name", "organization", "wallet"], name="copy_of_facet_by_name"),
            models.Index(fields=["facet", "public_id", "wallet"], name="copy_of_facet_by_wallet_id"),
            *[
                models.Index(fields=["facet", by, "wallet"], name=f"copy_of_facet_by_{by[:12]}")
                for by in MOVING
            ],
            *[models.Index(fields=[by, "wallet"], name=f"copy_by_{by[:12]}") for by in MOVING],
            # With the facet, so that a walk along them reads nothing else.
            models.Index(fields=["name", "organization", "wallet", "facet"], name="copy_by_name"),
            models.Index(fields=["public_id", "wallet", "facet"], name="copy_by_wallet_id"),
        ]

    def __str__(self) -> str:
        return self.public_id


class CopyState(models.Model):
    """One row: how old the copies are at most."""

    taken_at = models.DateTimeField(help_text="Whatever was committed before stands in the copies.")
    layout = models.CharField(
        max_length=64, help_text="Of the facets; the copies of another one are not read."
    )
    snapshot = models.BigIntegerField(
        null=True, help_text="PostgreSQL: transactions before it are in the copies."
    )
    facets = models.JSONField(default=dict, help_text="How many wallets each facet has.")

    def __str__(self) -> str:
        return f"{self.taken_at:%Y-%m-%d %H:%M:%S}"
