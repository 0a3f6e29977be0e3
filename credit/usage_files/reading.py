"""A usage file line by line: CSV in UTF-8 with a header, plain or gzip, from any place that an earlier run has reached.

Memory does not grow with the file: a line has a longest length, and a quote that is never closed costs one line.
"""

import csv
import gzip
import io
import zlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, cast

GZIP_STARTS = b"\x1f\x8b"
LONGEST_LINE_BYTES = 64 * 1024
MOST_LINES_OF_A_ROW = 20  # of a cell with line breaks in it
CHUNK_BYTES = 1 << 20

REQUIRED = ("wallet_id", "kind", "amount", "currency")
OPTIONAL = ("occurred_at", "reference", "description", "key")
# In front of a file of refused lines (`refused.py`), whose cells are guarded against spreadsheets.
REFUSAL_COLUMNS = ("line", "reason", "field", "message")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


class UnreadableFile(Exception):
    """The file as a whole cannot be imported; the text says why."""


@dataclass(frozen=True)
class FileLine:
    """One row. `ends_at` is the first byte after it, `last_number` the last line of the file that it takes."""

    number: int
    text: str
    ends_at: int
    last_number: int
    cells: dict[str, str] = field(default_factory=dict)
    problem: str = ""

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "").strip()


@dataclass(frozen=True)
class _Piece:
    """A line as it stands in the file."""

    content: bytes
    number: int
    ends_at: int
    is_whole: bool


class UsageFile:
    def __init__(self, path: str | Path):
        self.path = Path(path)
        self._position = self._number = 0
        self._again: deque[_Piece] = deque()

    def __enter__(self) -> Self:
        self._stream = opened(self.path)
        try:
            self.columns = self._read_header()
        except UnreadableFile:
            self._stream.close()
            raise
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stream.close()

    def go_to(self, position: int, number: int) -> None:
        """To the place where an earlier run has stopped."""
        if position:
            self._stream.seek(position)
            self._position, self._number = position, number

    def batches(self, size: int) -> Iterator[list[FileLine]]:
        rows = self._rows()
        while batch := list(islice(rows, size)):
            yield batch

    def _rows(self) -> Iterator[FileLine]:
        while piece := self._next():
            if piece.content.strip():
                yield self._row(piece)

    def _read_header(self) -> list[str]:
        piece = self._next()
        content = piece.content.removeprefix(b"\xef\xbb\xbf") if piece else b""
        cells, problem = _cells(content.decode(errors="replace"))
        header = [cell.strip().lower() for cell in cells]
        missing = [column for column in REQUIRED if column not in header]
        if problem or missing:
            raise UnreadableFile(
                f"The file has no column {', '.join(missing)}. Its first line must name the columns, "
                f"separated by commas: {','.join((*REQUIRED, *OPTIONAL))}"
            )
        twice = [column for column in (*REQUIRED, *OPTIONAL) if header.count(column) > 1]
        if twice:
            raise UnreadableFile(f"The file has the column {', '.join(twice)} twice. Leave one of them.")
        self._is_guarded = tuple(header[: len(REFUSAL_COLUMNS)]) == REFUSAL_COLUMNS
        return header

    def _next(self) -> _Piece | None:
        if self._again:
            return self._again.popleft()
        try:
            content = self._stream.readline(LONGEST_LINE_BYTES)
            is_whole = content.endswith(b"\n") or len(content) < LONGEST_LINE_BYTES
            self._position += len(content)
            rest = b"" if is_whole else content
            while rest and not rest.endswith(b"\n"):
                rest = self._stream.readline(LONGEST_LINE_BYTES)
                self._position += len(rest)
        except (OSError, EOFError, zlib.error) as error:
            raise UnreadableFile(f"The file is damaged after line {self._number}: {error}.") from error
        self._number += 1
        return _Piece(content, self._number, self._position, is_whole) if content else None

    def _row(self, first: _Piece) -> FileLine:
        """A row goes over several lines only where that makes it a good one; else its first line alone is refused."""
        more = self._rest_of_a_quote(first)
        if more:
            row = self._read([first, *more])
            if not row.problem:
                return row
            self._again.extendleft(reversed(more))
        return self._read([first])

    def _rest_of_a_quote(self, first: _Piece) -> list[_Piece]:
        more: list[_Piece] = []
        quotes = first.content.count(b'"')
        while quotes % 2 and len(more) < MOST_LINES_OF_A_ROW and (piece := self._next()):
            more.append(piece)
            quotes += piece.content.count(b'"')
        return more

    def _read(self, pieces: list[_Piece]) -> FileLine:
        text, problem = _decoded(pieces)
        cells, unclear = ([], "") if problem else _cells(text)
        if not problem and not unclear and len(cells) != len(self.columns):
            unclear = f"The line has {len(cells)} cells, the header {len(self.columns)}."
        if self._is_guarded:
            cells = [unguarded(cell) for cell in cells]
        named = dict(zip(self.columns, cells, strict=False))
        last = pieces[-1]
        return FileLine(pieces[0].number, text, last.ends_at, last.number, named, problem or unclear)


def opened(path: Path) -> BinaryIO:
    """The unpacked content, whatever the file's name says."""
    try:
        with path.open("rb") as file:
            is_packed = file.read(len(GZIP_STARTS)) == GZIP_STARTS
        return (
            cast(BinaryIO, io.BufferedReader(gzip.open(path), CHUNK_BYTES)) if is_packed else path.open("rb")
        )
    except OSError as error:
        raise UnreadableFile(f"The file cannot be opened: {error.strerror}.") from error


def measured(path: Path, most_bytes: int | None = None) -> tuple[str, int]:
    """SHA-256 and length of the content: a file and the same file packed are one file."""
    digest, length = sha256(), 0
    with opened(path) as content:
        try:
            while chunk := content.read(CHUNK_BYTES):
                digest.update(chunk)
                length += len(chunk)
                if most_bytes is not None and length > most_bytes:
                    raise UnreadableFile(f"The file unpacks to more than {most_bytes:,} bytes. Split it.")
        except (OSError, EOFError, zlib.error) as error:
            raise UnreadableFile(f"The file is damaged: {error}.") from error
    return digest.hexdigest(), length


def guarded(cell: str) -> str:
    """A spreadsheet runs a cell that starts like a formula; an apostrophe makes it text."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell


def unguarded(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA_STARTS) else cell


def _decoded(pieces: list[_Piece]) -> tuple[str, str]:
    content = b"".join(piece.content for piece in pieces)
    if not all(piece.is_whole for piece in pieces):
        return content[:1000].decode(errors="replace").replace(
            "\x00", "�"
        ), "The line is too long to be usage."
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return content.decode(errors="backslashreplace").replace("\x00", "�"), "The line is not in UTF-8."
    if "\x00" in text:
        return text.replace("\x00", "�"), "The line has a character that cannot be stored."
    return text, ""


def _cells(text: str) -> tuple[list[str], str]:
    try:
        return next(csv.reader([text], strict=True), []), ""
    except csv.Error as error:
        return [], f"The line is no CSV: {error}."
