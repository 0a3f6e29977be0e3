"""The portal's web server as it is deployed, on a port of its own, killed and started again."""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

from finance_portal import supervisor
from tests.ports import free_port

BASE_DIR = Path(__file__).resolve().parent.parent.parent
STARTS_WITHIN_SECONDS = 60
# Names the server's connections, so that only those are cut.
APPLICATION_NAME = "storm-web"


class Web:
    def __init__(self, env: dict[str, str], log: Path) -> None:
        self.database_url = env["DATABASE_URL"]
        joint = "&" if "?" in env["DATABASE_URL"] else "?"
        named = f"{env['DATABASE_URL']}{joint}application_name={APPLICATION_NAME}"
        self.env = {**env, "DATABASE_URL": named, "CREDIT_API_REQUESTS_PER_MINUTE": "100000000", "DEBUG": "0"}
        self.log = log
        self.port = free_port()

    def start(self) -> None:
        command = list(supervisor.COMMANDS["web"])
        command[command.index("--port") + 1] = str(self.port)
        with self.log.open("ab") as output:
            # A session of its own: killing its group leaves no worker behind.
            self.process = subprocess.Popen(
                command, cwd=BASE_DIR, env=self.env, stdout=output, stderr=output, start_new_session=True
            )
        self._wait_until_it_answers()

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(30)

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + STARTS_WITHIN_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(
                        f"The web server did not start:\n{self.log.read_text()[-4000:]}"
                    ) from None
                time.sleep(0.05)
