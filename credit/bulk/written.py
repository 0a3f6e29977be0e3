"""The rows of a bulk change as CSV: all with what became of them, and those left out, to be mended and sent again."""

from collections.abc import Iterator
from typing import Any

from credit import display
from credit.bulk import sheets
from credit.models import BulkChange, BulkRow, RowState
from credit.money import to_text
from credit.terms import LimitState
from credit.usage_files.reading import guarded

CHUNK = 1000
PROBLEM = "Problem"
# The form of a file, so in one language: what is downloaded in German is uploaded in English too.
HEAD = [
    "Row", "Organization", "Wallet ID", "Currency", "State", "Limit before", "Limit after", "Ends (UTC)",
    "Usable before", "Usable after", PROBLEM,
]  # fmt: skip
LEFT_OUT_HEAD = ["Organization", "Wallet ID", "Currency", "New limit", "Days", "Until", "Reason", PROBLEM]


def every_row(change: BulkChange) -> Iterator[list[str]]:
    for row in _rows(change):
        yield [
            str(row.number),
            *_named(row),
            row.currency,
            row.state,
            _limit(row.before),
            _limit(row.after),
            row.after.get("ends_at") or "",
            _usable(row.before),
            _usable(row.after),
            _problem(row),
        ]


def left_out_head(change: BulkChange) -> list[str]:
    if not change.columns:
        return LEFT_OUT_HEAD
    return [guarded(column) for column in change.columns if column != PROBLEM] + [PROBLEM]


def left_out(change: BulkChange) -> Iterator[list[str]]:
    """A file's row as it came; of a selection, what would have been asked."""
    columns = [column for column in change.columns if column != PROBLEM]
    for row in _rows(change, RowState.PROBLEM, RowState.REFUSED, RowState.ABOVE):
        cells = [guarded(row.cells.get(column, "")) for column in columns] if columns else _asked(row)
        yield [*cells, _problem(row)]


def _rows(change: BulkChange, *states: str) -> Iterator[BulkRow]:
    rows = change.rows.select_related("wallet__organization").order_by("number")
    return (rows.filter(state__in=states) if states else rows).iterator(chunk_size=CHUNK)


def _named(row: BulkRow) -> tuple[str, str]:
    if row.wallet is None:
        return "", guarded(sheets.Line(row.number, row.cells)[sheets.WALLET])
    return guarded(row.wallet.organization.name), guarded(row.wallet.wallet_id)


def _asked(row: BulkRow) -> list[str]:
    amount = "" if row.amount_micros is None else to_text(row.amount_micros)
    until = ""
    if row.ends_at and row.wallet:
        until = f"{display.local(row.ends_at, row.wallet.time_zone):%Y-%m-%d %H:%M}"
    return [
        *_named(row),
        row.currency,
        "unlimited" if row.unlimited else amount,
        str(row.days or ""),
        until,
        "",
    ]


def _limit(numbers: dict[str, Any]) -> str:
    if not numbers or numbers["limit"] is None:
        return numbers["state"].replace("_", " ") if numbers else ""
    return "unlimited" if numbers["state"] == LimitState.UNLIMITED else to_text(numbers["limit"])


def _usable(numbers: dict[str, Any]) -> str:
    if not numbers:
        return ""
    return "unlimited" if numbers["usable"] is None else to_text(numbers["usable"])


def _problem(row: BulkRow) -> str:
    return guarded(row.message)
