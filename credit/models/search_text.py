from django.db import models

from credit.models.wallet import Wallet


class SearchText(models.Model):
    """What the search box looks through, one row a wallet. The database itself keeps it (credit/search_index.py).

    Every word begins after a space, so that a beginning can be told from a middle.
    """

    wallet = models.OneToOneField(
        Wallet, on_delete=models.CASCADE, primary_key=True, related_name="search_text"
    )
    name = models.TextField(help_text="The organization's, folded.")
    identifiers = models.TextField(
        help_text="Wallet ID with and without its letter, and UUID; no separators."
    )

    def __str__(self) -> str:
        return self.identifiers
