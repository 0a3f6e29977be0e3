"""What a ledger line is to the general ledger: its own kind, or that of the item which it corrects."""

from collections.abc import Iterable
from typing import Any

from credit.models import Transaction
from credit.terms import CHARGES, Kind

# The account on the other side of a customer's wallet.
ACCOUNTS = {
    Kind.CALL: "revenue:calls",
    Kind.SMS: "revenue:sms",
    Kind.FAX: "revenue:fax",
    Kind.NUMBER_ACTIVATION: "revenue:number activations",
    Kind.SUBSCRIPTION: "revenue:subscriptions",
    Kind.ADDON: "revenue:add-ons",
    Kind.SERVICE: "revenue:services",
    Kind.HARDWARE: "revenue:hardware",
    Kind.PAYMENT: "assets:bank",
    Kind.WITHDRAWAL: "assets:bank",
    Kind.TRANSFER_IN: "assets:clearing:transfers",
    Kind.TRANSFER_OUT: "assets:clearing:transfers",
    Kind.ADJUSTMENT: "expenses:adjustments",
    Kind.WRITE_OFF: "expenses:write-offs",
    Kind.ROUNDING: "expenses:rounding",
}
CORRECTIONS = frozenset({Kind.REFUND, Kind.CREDIT_NOTE, Kind.REVERSAL})
REVENUE = tuple(kind for kind in Kind if kind in CHARGES)
OTHER = tuple(kind for kind in Kind if kind not in CHARGES | CORRECTIONS)


def items(originals: Iterable[int]) -> dict[int, str]:
    """Original's pk -> the kind of the item behind it; the reversal of a refund is about what had been refunded."""
    rows = Transaction.objects.filter(pk__in=set(originals)).values_list("pk", "kind", "original__kind")
    return {pk: behind or kind for pk, kind, behind in rows}


def of_item(row: Any) -> str:
    """The item's kind of a row with `kind`, and that of the original and the original's original, or None."""
    return row["original__original__kind"] or row["original__kind"] or row["kind"]
