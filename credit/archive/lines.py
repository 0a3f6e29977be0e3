"""A ledger line as text and back: every column of the table, exact, one way only."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import models

from credit.models import Transaction

_FIELDS = Transaction._meta.concrete_fields
NAMES = [field.attname for field in _FIELDS]
# The public Wallet ID stands first: a file must be readable without the database that wrote it.
HEAD = ["wallet", *(field.column for field in _FIELDS)]
_WALLET, _SEQUENCE, _PK = (HEAD.index(name) for name in ("wallet_id", "sequence", "id"))
_AMOUNT, _AFTER, _POSTED_AT = (
    HEAD.index(name) for name in ("amount_micros", "current_balance_after_micros", "posted_at")
)

Line = Sequence[str]


class UnreadableLine(ValueError):
    """The text is not a ledger line."""


def written(wallet_id: str, values: Sequence[Any]) -> list[str]:
    """`values` are the columns in the order of NAMES."""
    return [wallet_id, *map(_text, values)]


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return str(value)


def place(line: Line) -> tuple[int, int]:
    """(pk of the wallet, sequence): what a line is known by."""
    return int(line[_WALLET]), int(line[_SEQUENCE])


def pk(line: Line) -> int:
    return int(line[_PK])


def amount(line: Line) -> int:
    return int(line[_AMOUNT])


def balance_after(line: Line) -> int:
    return int(line[_AFTER])


def posted_at(line: Line) -> datetime:
    return datetime.fromisoformat(line[_POSTED_AT])


def as_transaction(line: Line) -> Transaction:
    """UnreadableLine where a column is missing or is not what the table holds."""
    if len(line) != len(HEAD):
        raise UnreadableLine(f"The line has {len(line)} columns instead of {len(HEAD)}: {line}")
    texts: Mapping[str, str] = dict(zip(NAMES, line[1:], strict=True))
    try:
        return Transaction(**{field.attname: _value(field, texts[field.attname]) for field in _FIELDS})
    except (ValueError, TypeError) as error:
        raise UnreadableLine(f"{error}: {line}") from error


def _value(field: Any, text: str) -> Any:
    if text == "" and field.null:
        return None
    if isinstance(field, models.BooleanField):
        return {"true": True, "false": False}[text]
    if isinstance(field, models.DateTimeField):
        return datetime.fromisoformat(text)
    if isinstance(field, models.CharField):
        return text
    return int(text)
