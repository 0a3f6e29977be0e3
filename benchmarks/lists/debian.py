"""Debian's own PostgreSQL, which has pg_trgm; the wheel that other benchmarks use has no extensions."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from benchmarks.charging.server import DURABLE, ON_A_DISK, Server
from tests import servers

MISSING = (
    "Not measured: this needs a PostgreSQL with pg_trgm, such as Debian's (apt install postgresql "
    "postgresql-contrib), and none was found."
)
PLACES = "/usr/lib/postgresql"


def binaries() -> Path | None:
    """Of the newest installed version that has pg_trgm."""
    found = [
        place / "bin"
        for place in sorted(Path(PLACES).glob("*"), key=lambda place: float(place.name))
        if Path(f"/usr/share/postgresql/{place.name}/extension/pg_trgm.control").exists()
    ]
    return found[-1] if found else None


@contextmanager
def started(place: Path) -> Iterator[Server]:
    os.umask(0o022)
    with tempfile.TemporaryDirectory(prefix="portal-lists-", dir=ON_A_DISK) as name:
        directory, account = Path(name), servers._account()
        directory.chmod(0o755)
        data, var_dir = directory / "data", directory / "var"
        for made in (data, var_dir):
            made.mkdir()
        if account:
            shutil.chown(data, account["user"])
        as_account = {**account, "cwd": data}
        command = [
            place / "initdb",
            "-D",
            data,
            "-U",
            "portal",
            "--auth=trust",
            "--locale=C.UTF-8",
            "-E",
            "UTF8",
        ]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **as_account)
        options = [f"-c{key}={value}" for key, value in {**servers.POSTGRES_OPTIONS, **DURABLE}.items()]
        dsn, log = f"postgresql://portal@/postgres?host={data}", directory / "postgres.log"
        command = [place / "postgres", "-D", data, "-k", data, *options]
        with servers._running(command, signal.SIGINT, log, **as_account) as process:
            servers._wait_until(lambda: psycopg.connect(dsn).close(), process, log)
            yield Server(dsn, var_dir)
