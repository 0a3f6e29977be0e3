"""The file of refused lines: line number, reason, field, message, and the original line, to mend and import again."""

import csv
from collections.abc import Iterable, Iterator, Sequence

from credit.models import RefusedLine, Upload
from credit.usage_files.reading import REFUSAL_COLUMNS, guarded

CHUNK = 2000


class _Echo:
    """A file whose write gives the line back."""

    def write(self, line: str) -> str:
        return line


def written(upload: Upload) -> Iterator[str]:
    lines = upload.refused_lines.order_by("number").iterator(CHUNK)
    return written_lines(upload.columns, lines)


def written_lines(columns: Sequence[str], lines: Iterable[RefusedLine]) -> Iterator[str]:
    """The original's columns stand behind ours; a line that could not be split stands whole in the first of them."""
    writer = csv.writer(_Echo())
    ours = [at for at, column in enumerate(columns) if column in REFUSAL_COLUMNS]
    yield writer.writerow([*REFUSAL_COLUMNS, *_without(columns, ours)])
    for line in lines:
        cells = _without(_split(line.original), ours)
        told = [line.number, line.reason, line.field, guarded(line.message)]
        yield writer.writerow([*told, *(guarded(cell) for cell in cells)])


def _split(original: str) -> list[str]:
    try:
        return next(csv.reader([original], strict=True), [])
    except csv.Error:
        return [original]


def _without(cells: Sequence[str], places: Sequence[int]) -> list[str]:
    """A file of refused lines that is imported again brings our columns along."""
    return [cell for at, cell in enumerate(cells) if at not in places]
