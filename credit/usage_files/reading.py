"""What makes a CSV file a usage file: its columns, and the cells that a file of refused lines has guarded."""

import zlib
from collections.abc import Iterator
from hashlib import sha256
from itertools import islice
from pathlib import Path

from django.utils.translation import gettext as _

from credit.languages import as_written
from organizations.rows import CHUNK_BYTES, Row, RowFile, UnreadableFile, opened, unpacked

REQUIRED = ("wallet_id", "kind", "amount", "currency")
OPTIONAL = ("occurred_at", "reference", "description", "key")
# In front of a file of refused lines (`refused.py`), whose cells are guarded against spreadsheets.
REFUSAL_COLUMNS = ("line", "reason", "field", "message")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


class UsageFile(RowFile):
    row_is_called = "line"

    def __init__(self, path: str | Path):
        super().__init__(path, REQUIRED, OPTIONAL, quiet=True)
        self.is_called = _("The file")

    def batches(self, size: int) -> Iterator[list[Row]]:
        rows = iter(self)
        while batch := list(islice(rows, size)):
            yield batch

    def __iter__(self) -> Iterator[Row]:
        is_guarded = tuple(self.columns[: len(REFUSAL_COLUMNS)]) == REFUSAL_COLUMNS
        for row in super().__iter__():
            if is_guarded:
                row.cells.update({column: unguarded(cell) for column, cell in row.cells.items()})
            yield row


def measured(path: Path, most_bytes: int | None = None) -> tuple[str, int]:
    """SHA-256 and length of the content: a file and the same file packed are one file."""
    digest, length = sha256(), 0
    with opened(path) as file, unpacked(file) as content:
        try:
            while chunk := content.read(CHUNK_BYTES):
                digest.update(chunk)
                length += len(chunk)
                if most_bytes is not None and length > most_bytes:
                    raise UnreadableFile(
                        _("The file unpacks to more than %(most_bytes)s bytes. Split it.")
                        % {"most_bytes": as_written(f"{most_bytes:,}")}
                    )
        except (OSError, EOFError, zlib.error) as error:
            raise UnreadableFile(_("The file is damaged: %(error)s.") % {"error": error}) from error
    return digest.hexdigest(), length


def guarded(cell: str) -> str:
    """A spreadsheet runs a cell that starts like a formula; an apostrophe makes it text."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell


def unguarded(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA_STARTS) else cell
