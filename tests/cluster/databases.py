"""PostgreSQL on two hosts: one takes the writes, the other repeats them; either can be promoted.

With `synchronous_standby_names` a commit is answered only when the standby has it in its log too. That is what makes
"answered is kept" true after a fail-over.
"""

import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests import servers
from tests.cluster.network import NETWORK, Host, wait_until

# The machine itself does not die here, only processes do: what was written is in its memory, and no disk is waited for.
CONF = {
    "listen_addresses": "'*'",
    "unix_socket_directories": "''",
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "100",
    "shared_buffers": "'64MB'",
    "timezone": "'UTC'",
    "wal_level": "replica",
    "max_wal_senders": "5",
    "wal_keep_size": "'512MB'",
    "hot_standby": "on",
    "synchronous_commit": "on",
    "wal_sender_timeout": "'3s'",
    "wal_receiver_timeout": "'3s'",
    "wal_retrieve_retry_interval": "'500ms'",
    # A client that vanished in the middle of a transaction must not keep its rows locked.
    "tcp_keepalives_idle": "2",
    "tcp_keepalives_interval": "1",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "'5s'",
    "client_connection_check_interval": "'2s'",
    "idle_in_transaction_session_timeout": "'15s'",
}
USER = "portal"
STARTS_WITHIN_SECONDS = 60


class Databases:
    def __init__(self, hosts: list[Host], directory: Path, *, synchronous: bool) -> None:
        self.hosts = hosts
        self.primary, self.standby = hosts
        self.synchronous = synchronous
        self.account = _account()
        binaries = directory / "postgresql"
        binaries.mkdir()
        self.binaries = servers._readable_binaries(binaries)
        self.env = {"PATH": os.environ["PATH"], "PWD": "/"}
        for host in hosts:
            os.chown(host.directory, self.account["user"], self.account["group"])

    def start(self) -> None:
        data = self._data(self.primary)
        options = ["--auth=trust", "--no-locale", "-E", "UTF8", "-N", "--data-checksums"]
        self._run(self.primary, "initdb", "-D", data, "-U", USER, *options)
        with data.joinpath("pg_hba.conf").open("a") as hba:
            for what in ("all", "replication"):
                hba.write(f"host {what} all {NETWORK}.0/24 trust\n")
        data.joinpath("postgresql.conf").write_text(
            "".join(f"{name} = {value}\n" for name, value in CONF.items())
        )
        self._start(self.primary)
        self._execute(self.primary, "CREATE DATABASE portal")
        self.follow()

    def follow(self) -> None:
        """The standby begins anew as a copy of the primary; from then on the primary waits for it, if it should."""
        self.standby.mend()
        source = f"host={self.primary.address} user={USER} application_name={self.standby.name}"
        data = self._data(self.standby)
        self.standby.run(["rm", "-rf", data], self.env)
        self._run(self.standby, "pg_basebackup", "-d", source, "-D", data, "-R", "-c", "fast")
        # A promoted standby is alone: it must not wait for itself.
        self._wait_for_nobody(data)
        self._start(self.standby)
        wait_until(self._is_streaming, "the standby streams")
        if self.synchronous:
            self._execute(self.primary, f"ALTER SYSTEM SET synchronous_standby_names = '{self.standby.name}'")
            self._execute(self.primary, "SELECT pg_reload_conf()")
            wait_until(self._is_waited_for, "the primary waits for the standby")

    def _wait_for_nobody(self, data: Path) -> None:
        with data.joinpath("postgresql.auto.conf").open("a") as conf:
            conf.write("synchronous_standby_names = ''\n")

    def promote(self) -> None:
        """The standby takes over. The old primary must be dead, or it could still be written to."""
        self._execute(self.standby, "SELECT pg_promote(true, 30)")
        self.primary, self.standby = self.standby, self.primary

    def restart_primary(self) -> None:
        self.primary.mend()
        self._start(self.primary)

    # -- asking

    @property
    def url(self) -> str:
        """Finds the server that takes writes, whichever it is."""
        return f"{self._all_hosts()}&target_session_attrs=read-write&tcp_user_timeout=3000"

    @property
    def replica_url(self) -> str:
        return f"{self._all_hosts()}&target_session_attrs=standby"

    def _all_hosts(self) -> str:
        places = ",".join(f"{host.address}:5432" for host in self.hosts)
        silence = "connect_timeout=2&keepalives_idle=2&keepalives_interval=1&keepalives_count=3"
        return f"postgresql://{USER}@{places}/portal?{silence}"

    @contextmanager
    def connected(self, host: Host, name: str = "portal") -> Iterator[psycopg.Connection]:
        where = f"host={host.address} user={USER} dbname={name} connect_timeout=2 tcp_user_timeout=3000"
        with psycopg.connect(where, autocommit=True) as connection:
            yield connection

    def one(self, host: Host, query: str) -> object:
        with self.connected(host) as connection:
            row = connection.execute(query).fetchone()
            return row[0] if row else None

    def _execute(self, host: Host, statement: str) -> None:
        with self.connected(host, "postgres") as connection:
            connection.execute(statement)

    def _is_streaming(self) -> bool:
        return bool(
            self.one(self.primary, "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'")
        )

    def _is_waited_for(self) -> bool:
        return self.one(self.primary, "SELECT sync_state FROM pg_stat_replication") == "sync"

    # -- processes

    def _start(self, host: Host) -> None:
        host.start(
            "postgresql", [self.binaries / "postgres", "-D", self._data(host)], self.env, **self.account
        )
        wait_until(lambda: self._answers(host), f"PostgreSQL on {host.name}", STARTS_WITHIN_SECONDS)

    def _answers(self, host: Host) -> bool:
        try:
            with self.connected(host, "postgres"):
                return True
        except psycopg.OperationalError:
            if host.processes and host.processes[-1].poll() is not None:
                raise RuntimeError(f"It ended:\n{host.log('postgresql').read_text()[-3000:]}") from None
            return False

    def _run(self, host: Host, binary: str, *words: str | Path) -> None:
        host.run([self.binaries / binary, *words], self.env, **self.account)

    def _data(self, host: Host) -> Path:
        return host.directory / "data"


def _account() -> dict[str, int]:
    """PostgreSQL refuses to run as root."""
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid}
