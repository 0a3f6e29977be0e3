"""The statements of our charges, handed to the bare sqlite3 module.

`python -m benchmarks.charging.replaying FILE FIRST LAST`: the action charges a scratch copy of the file and what
reaches the driver is written down; then the same statements with the same parameters run on the file itself. A piece
of a round's charges is written down at a time, off the clock.
"""

import shutil
import sqlite3
import sys
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.charging import ours
from benchmarks.charging.portal import set_up
from benchmarks.charging.worker import serve

AT_A_TIME = 50

written_down: list[tuple[str, Any]] = []


class Cursor(sqlite3.Cursor):
    """Under Django's own cursor: what it sees is what the driver is asked."""

    def execute(self, sql: str, parameters: Any = ()) -> sqlite3.Cursor:
        # Copied: a caller may use the same values again with more of them filled in.
        written_down.append((sql, type(parameters)(parameters)))
        return super().execute(sql, parameters)

    def executemany(self, *_: Any) -> sqlite3.Cursor:
        raise NotImplementedError("a charge sends its statements one by one")


class Connection(sqlite3.Connection):
    def cursor(self, factory: type[sqlite3.Cursor] = sqlite3.Cursor) -> sqlite3.Cursor:
        return super().cursor(_written_down(factory))

    def execute(self, sql: str, parameters: Any = ()) -> sqlite3.Cursor:
        return self.cursor().execute(sql, parameters)

    def commit(self) -> None:
        if self.in_transaction:
            written_down.append(("COMMIT", ()))
        super().commit()


@cache
def _written_down(factory: type[sqlite3.Cursor]) -> type[sqlite3.Cursor]:
    return Cursor if factory is sqlite3.Cursor else type("Cursor", (factory, Cursor), {})


class Replay:
    def __init__(self, path: Path, first: int, last: int):
        from django.conf import settings
        from django.db import connection

        # Django works on the scratch file; its name is set before it first connects.
        scratch = path.with_suffix(".scratch")
        shutil.copy(path, scratch)
        connection.settings_dict["NAME"] = str(scratch)
        connection.settings_dict["OPTIONS"]["factory"] = Connection
        # It need not last: only its statements are wanted.
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous=OFF")
        self.charge = ours.single(first, last)
        self.bare = sqlite3.connect(path, isolation_level=None)
        self.bare.executescript(settings.DATABASES["default"]["OPTIONS"]["init_command"])

    def prepare(self) -> None:
        written_down.clear()
        for _ in range(AT_A_TIME):
            assert self.charge() == 1
        assert len(written_down) > AT_A_TIME, "the statements of a charge were not seen"

    def step(self) -> int:
        execute = self.bare.execute
        for sql, values in written_down:
            execute(sql, values).fetchall()
        return AT_A_TIME


if __name__ == "__main__":
    set_up()
    replay = Replay(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
    serve(replay.step, replay.prepare)
