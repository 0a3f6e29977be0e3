"""A sheet of limits, as CSV of any spreadsheet or as XLSX: a header, then rows of cells, streamed.

Nothing is computed: a formula stays the text that it is, and is refused by row (`cells`).
"""

import csv
import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import chain
from typing import Any, BinaryIO

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from credit.languages import Number
from credit.languages import Said as _
from organizations.rows import UnreadableFile

MOST_ROWS = 10_000
MOST_COLUMNS = 60
MOST_BYTES = 10 * 1024**2
MOST_UNPACKED_BYTES = 200 * 1024**2
LONGEST_CELL = 500
DELIMITERS = (";", "\t", ",", "|")
ZIP_STARTS = b"PK\x03\x04"
OLD_EXCEL_STARTS = b"\xd0\xcf\x11\xe0"
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")

WALLET, NEW_LIMIT, DAYS, UNTIL, REASON = "wallet_id", "new_limit", "days", "until", "reason"
CURRENCY, SEEN_LIMIT, SEEN_STATE = "currency", "credit_limit", "limit_is"
REQUIRED = {WALLET: "Wallet ID", NEW_LIMIT: "New limit"}


@dataclass(frozen=True)
class Line:
    """One row of the sheet: `number` is its line, the header's being 1; cells are texts, under the header's names."""

    number: int
    cells: dict[str, str] = field(default_factory=dict)
    problem: str = ""

    def __getitem__(self, column: str) -> str:
        return next((text.strip() for name, text in self.cells.items() if plain(name) == column), "")


class Sheet:
    """`columns` as the header writes them; iterating gives at most MOST_ROWS lines. UnreadableFile says why not."""

    def __init__(self, file: BinaryIO) -> None:
        rows = _rows_of(file)
        number, header = next(rows, (1, []))
        self.columns = [text.strip() for text in header]
        while self.columns and not self.columns[-1]:
            self.columns.pop()
        self._rows = rows
        self.header_line = number
        _refuse_header(self.columns)

    def __iter__(self) -> Iterator[Line]:
        count = 0
        for number, cells in self._rows:
            if not any(text.strip() for text in cells):
                continue
            count += 1
            if count > MOST_ROWS:
                raise UnreadableFile(
                    _("The file has more than %(most)s rows. Split it.") % {"most": Number(f"{MOST_ROWS:,}")}
                )
            yield self._line(number, cells)

    def _line(self, number: int, cells: list[str]) -> Line:
        named = dict(zip(self.columns, (text[:LONGEST_CELL] for text in cells), strict=False))
        beyond = any(text.strip() for text in cells[len(self.columns) :])
        problem = ""
        if beyond:
            problem = _("The row has more cells than the header. A comma or semicolon too many?")
        elif any("\x00" in text for text in named.values()):
            named = {name: text.replace("\x00", "\ufffd") for name, text in named.items()}
            problem = _("The row has a character that cannot be stored.")
        return Line(number, named, problem)


def plain(name: str) -> str:
    """A column by any way of writing it: "Wallet ID", "wallet_id" and "WALLET-ID" are one."""
    return "_".join(name.casefold().replace("-", " ").replace("_", " ").split())


def _refuse_header(columns: list[str]) -> None:
    names = [plain(column) for column in columns]
    missing = [words for name, words in REQUIRED.items() if name not in names]
    if missing:
        raise UnreadableFile(
            _(
                "The file has no column %(missing)s. Its first line must name the columns: "
                "Wallet ID, New limit, and where wanted Days, Until, Reason."
            )
            % {"missing": ", ".join(missing)}
        )
    twice = [column for column, name in zip(columns, names, strict=True) if name and names.count(name) > 1]
    if twice:
        raise UnreadableFile(
            _("The file has the column %(column)s twice. Leave one of them.") % {"column": twice[0]}
        )


def _rows_of(file: BinaryIO) -> Iterator[tuple[int, list[str]]]:
    starts = file.read(4)
    file.seek(0)
    if starts == ZIP_STARTS:
        return _excel_rows(file)
    if starts == OLD_EXCEL_STARTS:
        raise UnreadableFile(_("This is an XLS file of an old Excel. Save it as XLSX or CSV."))
    return _csv_rows(file)


# -- CSV


def _csv_rows(file: BinaryIO) -> Iterator[tuple[int, list[str]]]:
    mark = file.read(2)
    file.seek(0)
    encoding = "utf-16" if mark in UTF_16_MARKS else "utf-8-sig"
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    try:
        first = text.readline(64 * 1024)
        delimiter, skipped = _delimiter_said(first)
        lines: Iterable[str] = text
        if not skipped:
            delimiter, lines = _delimiter_of(first), chain([first], text)
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        for cells in reader:
            yield reader.line_num + skipped, cells[: MOST_COLUMNS + 1]
    except UnicodeDecodeError:
        raise UnreadableFile(_("The file is not in UTF-8. Save it as CSV UTF-8, or as XLSX.")) from None
    except csv.Error as error:
        raise UnreadableFile(_("The file is no CSV: %(error)s.") % {"error": error}) from None
    finally:
        text.detach()


def _delimiter_said(first: str) -> tuple[str, int]:
    """Excel may say it in a line of its own: "sep=;"."""
    said = first.strip().casefold()
    return (said[4], 1) if said.startswith("sep=") and len(said) == 5 else (",", 0)


def _delimiter_of(header: str) -> str:
    """The one that the header has most of, outside of quotes."""
    outside = "".join(header.split('"')[::2])
    return max(DELIMITERS, key=lambda sign: (outside.count(sign), -DELIMITERS.index(sign)))


# -- XLSX

# What openpyxl lets through of a file that only looks like one.
_NOT_XLSX = (
    InvalidFileException, zipfile.BadZipFile, zlib.error, SyntaxError, KeyError, ValueError, IndexError, TypeError,
    AttributeError, EOFError, OSError,
)  # fmt: skip


def _excel_rows(file: BinaryIO) -> Iterator[tuple[int, list[str]]]:
    _refuse_bombs(file)
    try:
        book = load_workbook(file, read_only=True, data_only=False, keep_links=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what the file says about its size may be wrong
        for number, row in enumerate(sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS + 1), 1):
            yield number, [_text_of(value) for value in row]
    except _NOT_XLSX:
        raise UnreadableFile(
            _("The file cannot be opened as XLSX. Save it anew, or save it as CSV UTF-8.")
        ) from None


def _refuse_bombs(file: BinaryIO) -> None:
    try:
        with zipfile.ZipFile(file) as packed:
            unpacked = sum(entry.file_size for entry in packed.infolist())
    except zipfile.BadZipFile:
        raise UnreadableFile(_("The file is damaged. Save it anew.")) from None
    file.seek(0)
    if unpacked > MOST_UNPACKED_BYTES:
        raise UnreadableFile(_("The file unpacks to more than 200 MB. Split it."))


def _text_of(value: Any) -> str:
    """As a person would have typed it. A number keeps every digit that the file has; a formula its equals sign."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | str):
        return str(value)
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M") if value.time() != time() else value.strftime("%Y-%m-%d")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return _number_text(value)
    return "="  # an array formula or a data table: an object, not a value


def _number_text(value: Any) -> str:
    """Fifteen digits, which is what a spreadsheet keeps and shows; no exponent, and never three decimals: a number
    is no riddle, as the text "1.234" would be."""
    text = format(value, ".15g")
    text = text if "e" not in text else format(value, "f").rstrip("0").rstrip(".")
    return text + "0" if len(text.partition(".")[2]) == 3 else text
