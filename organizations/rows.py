"""Reading a CSV file row by row for an import, and what was refused and why.

Memory does not grow with the file: a line has a longest length, and a quote that is never closed costs one line.
"""

import csv
import gzip
import io
import zlib
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self, TextIO, cast

from tqdm import tqdm

GZIP_STARTS = b"\x1f\x8b"
LONGEST_LINE_BYTES = 64 * 1024
MOST_LINES_OF_A_ROW = 20  # of a cell with line breaks in it
CHUNK_BYTES = 1 << 20


class UnreadableFile(Exception):
    """The file as a whole cannot be imported; the text says why and what to do."""


class RefusedRow(ValueError):
    """One row cannot be imported; the text is the reason a person reads beside its line."""


@dataclass(frozen=True)
class Row:
    """`ends_at` is the first byte after it, `last_number` the last line of the file that it takes."""

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


class RowFile:
    """CSV in UTF-8 with a header, plain or gzip; read as a stream, from any place that an earlier run has reached."""

    row_is_called = "row"

    def __init__(
        self, path: str | Path, required: Sequence[str], optional: Sequence[str] = (), quiet: bool = False
    ):
        self.path = Path(path)
        self.is_called = str(self.path)
        self.required, self.wanted = required, (*required, *optional)
        self.quiet = quiet
        self._position = self._number = 0
        self._again: deque[_Piece] = deque()

    def __enter__(self) -> Self:
        self._file = opened(self.path, self.is_called)
        self._stream = unpacked(self._file)
        try:
            self.columns = self._read_header()
        except UnreadableFile:
            self._close()
            raise
        self._bar = tqdm(
            total=self.path.stat().st_size,
            desc=self.path.name,
            unit="B",
            unit_scale=True,
            disable=True if self.quiet else None,
        )
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._bar.close()
        self._close()

    def _close(self) -> None:
        self._stream.close()
        self._file.close()

    def go_to(self, position: int, number: int) -> None:
        """To the place where an earlier run has stopped."""
        if position:
            self._stream.seek(position)
            self._position, self._number = position, number

    def __iter__(self) -> Iterator[Row]:
        while piece := self._next():
            self._bar.update(self._file.tell() - self._bar.n)
            if piece.content.strip():
                yield self._row(piece)

    def _read_header(self) -> list[str]:
        piece = self._next()
        content = piece.content.removeprefix(b"\xef\xbb\xbf") if piece else b""
        cells, _ = _cells(content.decode(errors="replace"))
        header = [cell.strip().lower() for cell in cells]
        missing = [column for column in self.required if column not in header]
        if missing:
            raise UnreadableFile(
                f"{self.is_called} has no column {', '.join(missing)}. "
                f"Its first line must name the columns, separated by commas: {','.join(self.wanted)}"
            )
        twice = [column for column in self.wanted if header.count(column) > 1]
        if twice:
            raise UnreadableFile(
                f"{self.is_called} has the column {', '.join(twice)} twice. Leave one of them."
            )
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
            raise UnreadableFile(
                f"{self.is_called} is damaged after line {self._number}: {error}."
            ) from error
        self._number += 1
        return _Piece(content, self._number, self._position, is_whole) if content else None

    def _row(self, first: _Piece) -> Row:
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

    def _read(self, pieces: list[_Piece]) -> Row:
        content, last = b"".join(piece.content for piece in pieces), pieces[-1]
        is_whole = all(piece.is_whole for piece in pieces)
        # Bytes that are no UTF-8 are kept as lone surrogates: the row is refused, and written as it came.
        cells, problem = _cells(content.decode(errors="surrogateescape"))
        if not problem and len(cells) != len(self.columns):
            problem = f"The {self.row_is_called} has {len(cells)} cells, the header {len(self.columns)}."
        text, unreadable = _text(content, is_whole)
        if unreadable:
            problem = f"The {self.row_is_called} {unreadable}"
        named = dict(zip(self.columns, cells, strict=False))
        return Row(pieces[0].number, text, last.ends_at, last.number, named, problem)


def opened(path: Path, is_called: str = "The file") -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise UnreadableFile(f"{is_called} cannot be opened: {error.strerror}.") from error


def unpacked(file: BinaryIO) -> BinaryIO:
    """The content, whatever the file's name says."""
    is_packed = file.read(len(GZIP_STARTS)) == GZIP_STARTS
    file.seek(0)
    return cast(BinaryIO, io.BufferedReader(gzip.GzipFile(fileobj=file), CHUNK_BYTES)) if is_packed else file


def _text(content: bytes, is_whole: bool) -> tuple[str, str]:
    """The row as it can be stored and shown, and why it cannot be read."""
    if not is_whole:
        return content[:1000].decode(errors="replace").replace("\x00", "�"), "is too long."
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return content.decode(errors="backslashreplace").replace("\x00", "�"), "is not in UTF-8."
    if "\x00" in text:
        return text.replace("\x00", "�"), "has a character that cannot be stored."
    return text, ""


def _cells(text: str) -> tuple[list[str], str]:
    try:
        return next(csv.reader([text], strict=True), []), ""
    except csv.Error as error:
        return [], f"The line is no CSV: {error}."


class Refusals:
    """The refused rows: counted, and written with line and reason to a file to mend and import again."""

    SHOWN = 20

    def __init__(self, path: str | None, columns: Sequence[str], stderr: Any):
        self.count = 0
        self.reasons: Counter[str] = Counter()
        self._columns, self._stderr = columns, stderr
        self._file: TextIO | None = None
        if path:
            self._file = Path(path).open("w", encoding="utf-8", errors="surrogateescape", newline="")  # noqa: SIM115
            self._writer = csv.writer(self._file)
            self._writer.writerow(["line", "reason", *columns])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._file:
            self._file.close()

    def add(self, row: Row, reason: str) -> None:
        self.count += 1
        self.reasons[reason.split(":")[0]] += 1
        if self._file:
            self._writer.writerow(
                [row.number, reason, *(row.cells.get(column, "") for column in self._columns)]
            )
        if self.count <= self.SHOWN:
            self._stderr.write(f"line {row.number}: {reason}")

    def summarise(self) -> None:
        if self.count > self.SHOWN:
            self._stderr.write(f"… and {self.count - self.SHOWN} more:")
            for reason, count in self.reasons.most_common(self.SHOWN):
                self._stderr.write(f"{count:>8,}  {reason}")
