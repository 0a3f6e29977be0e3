"""Has the kernel write out the server's files as soon as they are dirty, not thirty seconds later all at once.

What vm.dirty_background_bytes does on a machine of one's own (docs/operations.md), for these files only: a benchmark
does not change the machine it runs on. Tables grow by pages of zeros that only the kernel knows of. What it has
gathered for half a minute goes to the disk within half a second, and each commit of that half second waits behind it.
"""

import ctypes
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

SECONDS = 0.25
_WRITE = 2  # SYNC_FILE_RANGE_WRITE: begins to write, waits for nothing, promises nothing
_begin_to_write = getattr(ctypes.CDLL(None), "sync_file_range", None)

TOLD = "The kernel is asked every quarter of a second to begin writing out the files of tables (docs/operations.md)"


@contextmanager
def writing_early(data: Path) -> Iterator[None]:
    """Where the kernel knows the call (Linux); elsewhere nothing is done. `data`: the server's directory."""
    if _begin_to_write is None:
        yield
        return
    over = threading.Event()
    writer = threading.Thread(target=_write_until, args=(over, data / "base"), daemon=True)
    writer.start()
    try:
        yield
    finally:
        over.set()
        writer.join()


def _write_until(over: threading.Event, databases: Path) -> None:
    while not over.wait(SECONDS):
        for database in list(databases.iterdir()):
            with suppress(FileNotFoundError):  # a table is emptied, a database dropped
                _write_changed(database, since=time.time() - 4 * SECONDS)


def _write_changed(database: Path, since: float) -> None:
    for file in os.scandir(database):
        with suppress(FileNotFoundError):
            if file.stat().st_mtime >= since:
                _write(file.path)


def _write(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        _begin_to_write(descriptor, ctypes.c_int64(0), ctypes.c_int64(0), ctypes.c_uint(_WRITE))
    finally:
        os.close(descriptor)
