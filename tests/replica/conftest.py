"""A real streaming replica of the test run's PostgreSQL. SQLite has no such thing: `test_choice.py` runs on both."""

import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path

import psycopg
import pytest
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from credit import replica as copy_of_the_database
from tests import servers

collect_ignore = [] if connections["default"].vendor == "postgresql" else ["test_streaming.py"]
CAUGHT_UP_WITHIN_SECONDS = 60


class Replica:
    """A standby in a directory of its own, as `pg_basebackup` makes it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.data = directory / "copy"
        self.sockets = directory / "sockets"  # not in the copy: the primary has its own there
        self.binaries = servers._readable_binaries(directory)
        self.account = servers._account()

    def make(self) -> None:
        options = connection.settings_dict["OPTIONS"]
        for made in (self.data, self.sockets):
            made.mkdir(mode=0o700)
            if self.account:
                shutil.chown(made, self.account["user"])
        source = f"host={options.get('host') or connection.settings_dict['HOST']} user=portal"
        subprocess.run(
            [self.binaries / "pg_basebackup", "-d", source, "-D", self.data, "-R", "-c", "fast"],
            check=True, cwd=self.data, **self.account,
        )  # fmt: skip

    @contextmanager
    def running(self) -> Iterator[None]:
        # What a standby may not have less of than its primary stands on the primary's command line.
        connections_too = f"-cmax_connections={servers.POSTGRES_OPTIONS['max_connections']}"
        command = [self.binaries / "postgres", "-D", self.data, "-k", self.sockets, "-clisten_addresses="]
        log = self.directory / "log"
        stop = signal.SIGINT
        with servers._running(
            [*command, connections_too], stop, log, cwd=self.data, **self.account
        ) as process:
            servers._wait_until(lambda: psycopg.connect(self.dsn).close(), process, log)
            yield

    @property
    def dsn(self) -> str:
        return f"host={self.sockets} user=portal dbname=postgres"

    @property
    def settings(self) -> dict:
        given = deepcopy(connection.settings_dict)
        given["HOST"] = given["PORT"] = ""
        given["OPTIONS"] = {"host": str(self.sockets), "connect_timeout": 2}
        return given


@pytest.fixture(scope="session")
def replica_server(django_db_setup) -> Iterator[Replica]:
    # Not in pytest's own directory: that is closed to `nobody`, as whom PostgreSQL runs where a test is root.
    with tempfile.TemporaryDirectory(prefix="replica-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        replica = Replica(Path(name))
        replica.make()
        with replica.running():
            yield replica


@pytest.fixture
def nothing_is_passed_over() -> Iterator[None]:
    copy_of_the_database._passed_over = copy_of_the_database._PassedOver()
    yield
    copy_of_the_database._passed_over = copy_of_the_database._PassedOver()


@pytest.fixture
def with_alias(transactional_db, nothing_is_passed_over):
    """Lets a test name the replica's settings; taken away again before Django empties what it knows."""

    def name(settings: dict) -> None:
        connections.settings["replica"] = settings
        # During a test Django lets nobody connect to a database that it did not know before.
        connections["replica"].ensure_connection = lambda: _connect(connections["replica"])

    yield name
    if "replica" in connections.settings:
        connections["replica"].close()
        del connections["replica"], connections.settings["replica"]


@pytest.fixture
def replica(replica_server, with_alias) -> Replica:
    with_alias(replica_server.settings)
    return replica_server


def _connect(made: BaseDatabaseWrapper) -> None:
    if made.connection is None:
        with made.wrap_database_errors:
            made.connect()


@pytest.fixture
def caught_up(replica):
    """Waits until the replica has repeated all that is committed."""

    def wait() -> None:
        with connection.cursor() as cursor:
            # A commit of its own: the age of a copy is counted from the latest commit that it has seen.
            cursor.execute("SELECT txid_current()")
            place = cursor.execute("SELECT pg_current_wal_insert_lsn()").fetchone()[0]
        deadline = time.monotonic() + CAUGHT_UP_WITHIN_SECONDS
        while not _has_reached(place):
            assert time.monotonic() < deadline, "the replica does not catch up"
            time.sleep(0.02)

    return wait


def _has_reached(place: str) -> bool:
    with connections["replica"].cursor() as cursor:
        return cursor.execute("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", [place]).fetchone()[0]
