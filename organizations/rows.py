"""Reading a CSV file row by row for an import: line numbers, progress, and what was refused and why."""

import csv
import gzip
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, TextIO, cast

from tqdm import tqdm


class UnreadableFile(Exception):
    """The file as a whole cannot be imported; the text says why and what to do."""


class RefusedRow(ValueError):
    """One row cannot be imported; the text is the reason a person reads beside its line."""


@dataclass(frozen=True)
class Row:
    line: int
    cells: dict[str, str]
    problem: str = ""

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "").strip()


class RowFile:
    """A CSV file, plain or .gz, in UTF-8 with a header; read as a stream, so its size does not matter."""

    def __init__(
        self, path: str | Path, required: Sequence[str], optional: Sequence[str] = (), quiet: bool = False
    ):
        self.path = Path(path)
        self.required, self.columns = required, [*required, *optional]
        self.quiet = quiet

    def __enter__(self) -> Self:
        try:
            self._bytes = self.path.open("rb")
        except OSError as error:
            raise UnreadableFile(f"{self.path} cannot be opened: {error.strerror}.") from error
        packed = self.path.suffix == ".gz"
        unpacked = cast(IO[bytes], gzip.open(self._bytes) if packed else self._bytes)
        # Bytes that are no UTF-8 are kept as lone surrogates, so that they cost one row and not the whole file.
        self._text = io.TextIOWrapper(unpacked, encoding="utf-8-sig", errors="surrogateescape", newline="")
        self._reader = csv.reader(self._text, strict=True)
        self.header = self._read_header()
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
        self._text.close()
        self._bytes.close()

    def _read_header(self) -> list[str]:
        try:
            header = [cell.strip().lower() for cell in next(self._reader, [])]
        except (OSError, EOFError, csv.Error) as error:
            raise UnreadableFile(f"{self.path} is no CSV file: {error}.") from error
        missing = [column for column in self.required if column not in header]
        if missing:
            raise UnreadableFile(
                f"{self.path} has no column {', '.join(missing)}. "
                f"Its first line must name the columns, separated by commas: {','.join(self.columns)}"
            )
        return header

    def __iter__(self) -> Iterator[Row]:
        while (row := self._next()) is not None:
            self._bar.update(self._bytes.tell() - self._bar.n)
            if row.cells or row.problem:
                yield row

    def _next(self) -> Row | None:
        line = self._reader.line_num + 1
        try:
            cells = next(self._reader, None)
        except csv.Error as error:
            return Row(line, {}, f"The line is no CSV: {error}.")
        except (OSError, EOFError) as error:
            raise UnreadableFile(f"{self.path} is damaged after line {line - 1}: {error}.") from error
        return None if cells is None else self._row(line, cells)

    def _row(self, line: int, cells: list[str]) -> Row:
        named = dict(zip(self.header, cells, strict=False))
        if cells and len(cells) != len(self.header):
            return Row(line, named, f"The row has {len(cells)} cells, the header {len(self.header)}.")
        if any(not cell.isascii() and _is_broken(cell) for cell in cells):
            return Row(line, named, "The row is not in UTF-8.")
        return Row(line, named)


def _is_broken(cell: str) -> bool:
    return any("\ud800" <= letter <= "\udfff" for letter in cell)


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
                [row.line, reason, *(row.cells.get(column, "") for column in self._columns)]
            )
        if self.count <= self.SHOWN:
            self._stderr.write(f"line {row.line}: {reason}")

    def summarise(self) -> None:
        if self.count > self.SHOWN:
            self._stderr.write(f"… and {self.count - self.SHOWN} more:")
            for reason, count in self.reasons.most_common(self.SHOWN):
                self._stderr.write(f"{count:>8,}  {reason}")
