"""The portal's web server as `make run` starts it, with an operation that does nothing beside the real ones."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.charging.stage import Stage
from benchmarks.charging.worker import BASE_DIR
from finance_portal import supervisor

APPLICATION = "benchmarks.charging.wsgi:application"
STARTS_WITHIN_SECONDS = 30


@contextmanager
def serving(stage: Stage) -> Iterator[int]:
    """Yields the port."""
    port = _free_port()
    env = {**stage.env, "CREDIT_API_REQUESTS_PER_MINUTE": "100000000"}
    process = subprocess.Popen(command(port), cwd=BASE_DIR, env=env)
    try:
        _wait_until_it_answers(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def command(port: int) -> list[str]:
    *started, _application = supervisor.COMMANDS["web"]
    started[started.index("--port") + 1] = str(port)
    return [*started, APPLICATION]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_until_it_answers(port: int, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + STARTS_WITHIN_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the web server did not start") from None
            time.sleep(0.1)
