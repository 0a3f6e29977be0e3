"""The statements of our charges, handed to the bare sqlite3 module.

`python -m benchmarks.charging.replaying FILE FIRST LAST`: the action charges a scratch copy of the file and what it
sends is written down; then the same statements with the same parameters run on the file itself. As many charges are
written down at a time as one piece of a round needs, off the clock.
"""

import shutil
import sqlite3
import sys
from pathlib import Path
from typing import Any

from benchmarks.charging import ours
from benchmarks.charging.portal import set_up
from benchmarks.charging.worker import serve

AT_A_TIME = 50

Statement = tuple[str, Any]


class Replay:
    def __init__(self, path: Path, first: int, last: int):
        from django.conf import settings
        from django.db import connection

        # Django works on the scratch file; its name is set before it first connects.
        scratch = path.with_suffix(".scratch")
        shutil.copy(path, scratch)
        connection.settings_dict["NAME"] = str(scratch)
        self.recorded = connection
        self.charge = ours.single(first, last)
        self.statements: list[Statement] = []
        self.bare = sqlite3.connect(path, isolation_level=None)
        self.bare.executescript(settings.DATABASES["default"]["OPTIONS"]["init_command"])

    def prepare(self) -> None:
        # The scratch file need not last: only its statements are wanted.
        with self.recorded.cursor() as cursor:
            cursor.execute("PRAGMA synchronous=OFF")
        self.statements.clear()
        with self.recorded.execute_wrapper(self._write_down):
            for _ in range(AT_A_TIME):
                assert self.charge() == 1
                # Django commits through the driver, unseen by its wrappers.
                self.statements.append(("COMMIT", ()))

    def _write_down(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        assert not many
        values = tuple(params or ())
        self.statements.append((sql % (("?",) * len(values)) if values else sql, values))
        return execute(sql, params, many, context)

    def step(self) -> int:
        execute = self.bare.execute
        for sql, values in self.statements:
            execute(sql, values).fetchall()
        return AT_A_TIME


if __name__ == "__main__":
    set_up()
    replay = Replay(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
    serve(replay.step, replay.prepare)
