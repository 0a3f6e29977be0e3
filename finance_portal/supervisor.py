"""Web server, worker and beat as one: `python -m finance_portal.supervisor`.

They start together. When a person stops them, or one ends by itself, all of them end.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from types import FrameType

HOST = os.environ.get("HOST", "127.0.0.1")
PORT = os.environ.get("PORT", "8000")
# A worker finishes what it has begun; what takes longer is handed out again after the next start.
STOPS_WITHIN_SECONDS = 20

# Who tries the portal out in a container is root there; docs/operations.md names the account for real use.
AS_ROOT_TOO = ("-W", "ignore:You're running the worker with superuser privileges")
CELERY = [sys.executable, *AS_ROOT_TOO, "-m", "celery", "--quiet", "--app", "finance_portal"]
COMMANDS = {
    "web": [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", HOST, "--port", PORT),
        *("--workers", "1", "--blocking-threads", "16", "--log-level", "error"),
        "finance_portal.wsgi:application",
    ],
    "worker": [
        *(*CELERY, "worker", "--loglevel", "WARNING", "--concurrency", "2", "--pool", "threads"),
        *("--without-gossip", "--without-mingle"),
    ],
    "beat": [*CELERY, "beat", "--loglevel", "WARNING", "--pidfile", ""],
}


class StopRequested(Exception):
    """A person or the service manager wants an end."""


def main() -> int:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _request_stop)
    processes: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, command in COMMANDS.items():
            # A session of its own: Ctrl-C in the terminal reaches us alone, and we stop the others in good order.
            processes[name] = subprocess.Popen(command, start_new_session=True)
        return _watch(processes)
    except StopRequested:
        return 0
    finally:
        _stop(processes)


def _request_stop(number: int, frame: FrameType | None) -> None:
    raise StopRequested


def _watch(processes: dict[str, subprocess.Popen[bytes]]) -> int:
    announced = False
    while True:
        for name, process in processes.items():
            if process.poll() is not None:
                print(
                    f"{name} ended by itself ({process.returncode}): the others are stopped.", file=sys.stderr
                )
                return 1
        if not announced and _web_answers():
            print(f"The portal is up: http://{HOST}:{PORT}/   (Ctrl-C stops it)", flush=True)
            announced = True
        time.sleep(0.2)


def _web_answers() -> bool:
    try:
        socket.create_connection((HOST, int(PORT)), timeout=1).close()
    except OSError:
        return False
    return True


def _stop(processes: dict[str, subprocess.Popen[bytes]]) -> None:
    # A second Ctrl-C must not interrupt the stopping itself.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    for process in processes.values():
        process.terminate()
    deadline = time.monotonic() + STOPS_WITHIN_SECONDS
    for process in processes.values():
        try:
            process.wait(max(0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


if __name__ == "__main__":
    sys.exit(main())
