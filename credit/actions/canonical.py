"""A row as the one text that it has on every database: JSON without blanks, keys in order, instants in UTC."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from credit.models import Sealed

NEWEST_COLUMNS = 2
# What a digest covers is never changed: a column that comes later makes a number 2 beside it.
_CHANGE = (
    "pk", "organization_id", "wallet_id", "at", "verb", "reason_code", "reason", "before", "after",
    "by_user_id", "by_name", "by_client_id", "door", "address",
)  # fmt: skip
_LINE = (
    "pk", "wallet_id", "sequence", "posted_at", "occurred_at", "kind", "amount_micros",
    "current_balance_after_micros", "counted", "overrun", "period_starts_at", "invoice_id", "reference",
    "description", "reason", "original_id", "counterpart_id", "reservation_id", "by_user_id", "by_name",
)  # fmt: skip
COLUMNS: dict[str, dict[int, tuple[str, ...]]] = {
    Sealed.CHANGES: {1: _CHANGE, 2: (*_CHANGE, "task")},
    Sealed.LEDGER: {1: _LINE, 2: _LINE},
}


def canonical(values: Sequence[Any]) -> str:
    """One line, with its end."""
    return _written.encode(list(values)) + "\n"


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value)} has no canonical text.")


_written = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_plain)
