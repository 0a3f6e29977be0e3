"""An archive file: gzip CSV, the same bytes for the same lines, on the disk under its name or not there at all."""

import csv
import fcntl
import gzip
import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO

from credit.archive.lines import HEAD, Line, place


class UnusableFile(Exception):
    """Missing, changed, or not an archive of this ledger."""


class AtWork(Exception):
    """Another process writes an archive into the same directory."""


@dataclass(frozen=True)
class Written:
    name: str
    sha256: str
    size: int
    lines: int
    first_wallet: int
    last_wallet: int


@contextmanager
def alone_in(directory: Path) -> Iterator[None]:
    """AtWork where another process is here already; the lock goes with the process, however it ends."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AtWork(f"Another archive is being written into {directory}. Wait for it.") from None
        yield


def write(directory: Path, stem: str, lines: Iterable[Line]) -> Written | None:
    """Writes the lines as `{stem}-{beginning of the digest}.csv.gz`, with its digest beside it; None without lines.

    The name says what is inside, so a file is never overwritten by another one.
    """
    unfinished = directory / f"{stem}.part"
    with unfinished.open("wb") as raw:
        count, first, last = _packed(raw, lines)
        raw.flush()
        os.fsync(raw.fileno())
    if not count:
        unfinished.unlink()
        return None
    sha256 = digest(unfinished)  # of what can be read back
    name = f"{stem}-{sha256[:12]}.csv.gz"
    os.replace(unfinished, directory / name)
    _write_digest(directory / name, sha256)
    _keep_names(directory)
    size = (directory / name).stat().st_size
    return Written(name, sha256, size, count, first, last)


def _packed(raw: BinaryIO, lines: Iterable[Line]) -> tuple[int, int, int]:
    """Lines written, pk of the first and the last wallet. No time and no name go into the file."""
    count = first = last = 0
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=6, mtime=0) as packed,
        TextIOWrapper(packed, encoding="utf-8", newline="") as text,
    ):
        writer = csv.writer(
            text
        )  # ends lines as RFC 4180 says, and so puts a line break inside a cell in quotes
        writer.writerow(HEAD)
        for line in lines:
            writer.writerow(line)
            last, _ = place(line)
            first = first or last
            count += 1
    return count, first, last


def _write_digest(path: Path, sha256: str) -> None:
    """In the form that `sha256sum --check` reads."""
    with path.with_name(f"{path.name}.sha256").open("w") as beside:
        beside.write(f"{sha256}  {path.name}\n")
        beside.flush()
        os.fsync(beside.fileno())


def _keep_names(directory: Path) -> None:
    """A renamed file is there after a power cut only once its directory is on the disk too."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def digest(path: Path) -> str:
    try:
        with path.open("rb") as raw:
            return hashlib.file_digest(raw, "sha256").hexdigest()
    except FileNotFoundError:
        raise UnusableFile(f"{path.name} is missing.") from None


def digest_beside(path: Path) -> str:
    """What the file next to it says it should be."""
    beside = path.with_name(f"{path.name}.sha256")
    try:
        return beside.read_text().split()[0]
    except (FileNotFoundError, IndexError):
        raise UnusableFile(
            f"{beside.name} is missing, and the portal has no record of {path.name}."
        ) from None


def read(path: Path, sha256: str) -> Iterator[Line]:
    """The lines of a file whose digest is the given one; UnusableFile before the first line otherwise."""
    if digest(path) != sha256:
        raise UnusableFile(f"{path.name} was changed after it was written: its SHA-256 is another one.")
    with gzip.open(path, "rt", encoding="utf-8", newline="") as text:
        rows = csv.reader(text)
        if next(rows, None) != HEAD:
            raise UnusableFile(f"{path.name} has other columns than the ledger.")
        yield from rows
