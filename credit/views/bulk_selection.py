"""Which wallets an address of the list means: the ticked ones, or every one that matches its filters.

An address that the list cannot read selects nothing. It never widens what was asked.
"""

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from credit.bulk import making
from credit.bulk.sheets import MOST_ROWS
from credit.languages import as_written
from credit.models import Wallet
from credit.views.chips import chips_for
from credit.views.organizations import WalletList

OWN_NAMES = ("verb", "all", "wallet", "next")


class Selection:
    """`problems` say why nothing is selected; the wallets are at most one more than a bulk change takes."""

    def __init__(self, asked: QueryDict) -> None:
        self.ticked = list(dict.fromkeys(asked.getlist("wallet")))
        self.is_all = asked.get("all") == "1"
        query = asked.copy()
        for name in OWN_NAMES:
            query.pop(name, None)
        self.query = query
        self._list = WalletList(query) if self.is_all else None
        self.problems = self._problems()

    def _problems(self) -> list[str]:
        if self._list is not None:
            both = [_("Ticked wallets and all that match are two things. Choose one.")] if self.ticked else []
            return both + self._list.problems
        if self.query:
            return [_("“%(name)s” is no part of a selection.") % {"name": name} for name in self.query]
        if not self.ticked:
            return [_("No wallet is selected. Tick some in the list.")]
        return self._missing()

    def _missing(self) -> list[str]:
        missing = len(self.ticked) - self.count
        words = ngettext(
            "%(count)s of the ticked wallets does not exist.",
            "%(count)s of the ticked wallets do not exist.",
            missing,
        )
        return [words % {"count": missing}] if missing else []

    def found(self) -> QuerySet[Wallet]:
        if self._list is not None:
            return self._list.found()
        return Wallet.objects.filter(wallet_id__in=self.ticked[:MOST_ROWS])

    @cached_property
    def wallet_pks(self) -> list[int]:
        """In the list's own order. Only for making a bulk change; a page needs no more than the count."""
        found = self.found().order_by("organization__search_name", "organization_id", "pk")
        return list(found.values_list("pk", flat=True)[: MOST_ROWS + 1])

    @cached_property
    def count(self) -> int:
        """Never counted further than one beyond what a bulk change takes."""
        return self.found().order_by().values("pk")[: MOST_ROWS + 1].count()

    @property
    def words(self) -> str:
        """“3 wallets ticked in the list”, “All 1,284 wallets that match Status: active”."""
        count = self.count
        if self._list is None:
            return making.ticked(count).shown
        asked = self._asked_words()
        words = _("All %(count)s wallets that match %(asked)s") if asked else _("All %(count)s wallets")
        return words % {"count": as_written(f"{count:,}"), "asked": asked}

    def _asked_words(self) -> str:
        assert self._list is not None
        words = [f"“{self._list.text}”"] if self._list.text else []
        words += [
            f"{chip['label']}: {chip['words']}" for chip in chips_for(self._list.filter) if chip["words"]
        ]
        return ", ".join(words)

    def hidden(self) -> list[tuple[str, str]]:
        """The selection as fields of a form, so that what is sent names it again."""
        if self.is_all:
            pairs = [(name, value) for name, values in self.query.lists() for value in values]
            return [("all", "1"), *pairs]
        return [("wallet", wallet_id) for wallet_id in self.ticked]

    def currencies(self) -> list[str]:
        return list(self.found().order_by("currency").values_list("currency", flat=True).distinct())
