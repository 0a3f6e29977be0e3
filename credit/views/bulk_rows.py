"""A row of a bulk change as its page shows it: before and after as text, and what it is about in words."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from credit import display
from credit.bulk import sheets
from credit.models import BulkRow, RowState
from credit.terms import LimitState

BADGES = {
    RowState.PROBLEM: ("danger", "alert"),
    RowState.REFUSED: ("danger", "alert"),
    RowState.ABOVE: ("warn", "lock"),
    RowState.ASKED: ("warn", "clock"),
}


class ShownRow:
    """What the template prints for one row."""

    def __init__(self, row: BulkRow) -> None:
        self.row = row
        self.wallet = row.wallet
        line = sheets.Line(row.number, row.cells)
        self.wallet_id = row.wallet.wallet_id if row.wallet else line[sheets.WALLET]
        self.typed = line[sheets.NEW_LIMIT]
        self.look, self.icon = BADGES.get(RowState(row.state), ("", ""))
        self.changes = row.before != row.after and row.state not in (RowState.PROBLEM, RowState.UNCHANGED)

    @property
    def limit_before(self) -> str:
        return limit_words(self.row.before, self.row.currency)

    @property
    def limit_after(self) -> str:
        return limit_words(self.row.after, self.row.currency)

    @property
    def usable_before(self) -> str:
        return usable_words(self.row.before, self.row.currency)

    @property
    def usable_after(self) -> str:
        return usable_words(self.row.after, self.row.currency)

    @property
    def is_bad(self) -> bool:
        usable = self.row.after.get("usable")
        return usable is not None and usable <= 0

    @property
    def until(self) -> str:
        """The end of the temporary limit, on the customer's clock."""
        ends_at = self.row.after.get("ends_at")
        if not ends_at or self.wallet is None:
            return ""
        return display.weekday_and_time(datetime.fromisoformat(ends_at), self.wallet.time_zone)

    @property
    def ends_running(self) -> str:
        """A permanent limit ends the running temporary one, which the preview says."""
        before, after = self.row.before, self.row.after
        if before.get("ends_at") and not after.get("ends_at"):
            return _("Ends the temporary limit of %(amount)s") % {
                "amount": display.with_code(before["limit"], self.row.currency)
            }
        return ""

    @property
    def standing(self) -> str:
        """Only where it becomes another, and not where somebody else still has to say yes."""
        if self.row.state in (RowState.ABOVE, RowState.ASKED):
            return ""
        before, after = self.row.before.get("standing"), self.row.after.get("standing")
        return str(after) if after and (after != before or after in ("blocked", "suspended")) else ""


def limit_words(numbers: dict[str, Any], currency: str) -> str:
    if not numbers:
        return ""
    if numbers["state"] == LimitState.UNLIMITED:
        return _("Unlimited")
    return _("Not set") if numbers["limit"] is None else display.amount(numbers["limit"], currency)


def usable_words(numbers: dict[str, Any], currency: str) -> str:
    if not numbers:
        return ""
    return _("Unlimited") if numbers["usable"] is None else display.amount(numbers["usable"], currency)


def shown_total(total: dict[str, Any]) -> dict[str, Any]:
    """The sum of one currency, with how much more or less the customers may owe."""
    currency = total["currency"]
    return total | {
        "before_text": display.amount(total["before"], currency),
        "after_text": display.amount(total["after"], currency),
        "more_text": display.amount(total["after"] - total["before"], currency, plus=True),
    }
