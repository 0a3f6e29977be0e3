"""On SQLite: the portal's action beside the bare sqlite3 module, which is handed the very statements it sends."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.charging.server import python
from benchmarks.charging.sqlite_files import create_wallets, faults
from benchmarks.charging.stage import Stage
from benchmarks.charging.worker import Worker
from benchmarks.rounds import Claim, Comparison, Way

OURS = "charges.charge on SQLite"
BARE = "sqlite3, the same statements"


@contextmanager
def compare(stage: Stage) -> Iterator[Comparison]:
    # Beside PostgreSQL's files: on the same disk.
    ours, bare = (stage.server.var_dir / f"{name}.sqlite3" for name in ("ours", "bare"))
    python("benchmarks.charging.portal", env=_environment(stage, ours))
    wallets = create_wallets(ours, stage.many)
    shutil.copy(ours, bare)
    with (
        Worker(
            "benchmarks.charging.ours", "single", *wallets.arguments, env=_environment(stage, ours)
        ) as worker,
        Worker(
            "benchmarks.charging.replaying", str(bare), *wallets.arguments, env=_environment(stage, bare)
        ) as same,
    ):
        yield Comparison(
            name="A single charge on SQLite, one client",
            ways=[Way(OURS, worker.run), Way(BARE, same.run)],
            claims=[
                Claim("SQLite: single charge, of bare sqlite3 running the same statements", OURS, BARE, 0.70)
            ],
            audit=lambda: faults(ours, worker.accepted) + faults(bare, same.accepted),
            notes=[
                "Both with the portal's own pragmas: WAL, and synchronous=FULL, so that each charge waits for the "
                "disk. The bare module runs statements and parameters that were written down while the action "
                "charged a copy of the same file, in the same order, and fetches every row."
            ],
        )


def _environment(stage: Stage, path: Path) -> dict[str, str]:
    return stage.server.environment(f"sqlite:///{path}")
