"""Hosts as network namespaces on a bridge: links that can be cut, and power that can fail.

A host that loses its power says no goodbye: first its link goes down, then all its processes are killed. Who talked to
it hears nothing more, as in life.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

BRIDGE = "cluster0"
# RFC 2544 keeps these addresses for tests of networks; nothing real answers there.
NETWORK = "198.18.0"
OBSERVER = f"{NETWORK}.1"  # the clients and the judge
DIES_WITHIN_SECONDS = 10

Command = Sequence[str | Path]


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


def build() -> None:
    """The bridge, in a network namespace of this process's own (`alone` in __main__)."""
    ip("link", "set", "lo", "up")
    ip("link", "add", BRIDGE, "type", "bridge")
    ip("addr", "add", f"{OBSERVER}/24", "dev", BRIDGE)
    ip("link", "set", BRIDGE, "up")


class Host:
    """One machine: an address, a link, and the processes that run on it."""

    def __init__(self, name: str, number: int, directory: Path) -> None:
        self.name = name
        self.address = f"{NETWORK}.{number}"
        self.directory = directory / name
        self.directory.mkdir()
        self.processes: list[subprocess.Popen[bytes]] = []
        self._port = f"to-{name}"
        self._plug_in()

    def _plug_in(self) -> None:
        ip("netns", "add", self.name)
        ip("link", "add", self._port, "type", "veth", "peer", "name", "eth0", "netns", self.name)
        ip("link", "set", self._port, "master", BRIDGE, "up")
        for words in (
            ["addr", "add", f"{self.address}/24", "dev", "eth0"],
            ["link", "set", "lo", "up"],
            ["link", "set", "eth0", "up"],
        ):
            ip("-n", self.name, *words)

    # -- its link and its power

    def cut(self) -> None:
        ip("link", "set", self._port, "down")

    def mend(self) -> None:
        ip("link", "set", self._port, "up")

    def lose_power(self) -> None:
        self.cut()
        for process in self.processes:
            os.killpg(process.pid, signal.SIGKILL)
        for process in self.processes:
            process.wait(DIES_WITHIN_SECONDS)
        self.processes.clear()
        self._nothing_is_left()

    def _nothing_is_left(self) -> None:
        deadline = time.monotonic() + DIES_WITHIN_SECONDS
        while pids := self._pids():
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
            assert time.monotonic() < deadline, f"{self.name} still has processes: {pids}"
            time.sleep(0.02)

    def _pids(self) -> list[int]:
        found = subprocess.run(["ip", "netns", "pids", self.name], capture_output=True, check=True, text=True)
        return [int(pid) for pid in found.stdout.split() if not _is_zombie(int(pid))]

    def stop_politely(self, seconds: float) -> None:
        """As a service manager does it: SIGTERM, and time to finish."""
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(seconds)
        self.processes.clear()

    # -- its processes

    def start(self, name: str, command: Command, env: Mapping[str, str], **account: object) -> None:
        self.processes.append(self._popen(command, self.log(name), env, account))

    def run(self, command: Command, env: Mapping[str, str], **account: object) -> None:
        """To its end, which must be a good one."""
        log = self.log("commands")
        process = self._popen(command, log, env, account)
        if process.wait(120):
            raise RuntimeError(f"{command} on {self.name} failed:\n{log.read_text()[-4000:]}")

    def log(self, name: str) -> Path:
        return self.directory / f"{name}.log"

    def _popen(
        self, command: Command, log: Path, env: Mapping[str, str], account: Mapping[str, object]
    ) -> subprocess.Popen[bytes]:
        inside = ["nsenter", f"--net=/run/netns/{self.name}"]
        if account:
            inside += [f"--setuid={account['user']}", f"--setgid={account['group']}"]
        with log.open("ab") as output:
            return subprocess.Popen(
                [*inside, *command],
                cwd=env.get("PWD"), env=dict(env), stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def wait_until(true: Callable[[], bool], what: str, seconds: float = 60, pause: float = 0.05) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"After {seconds:g} s still not: {what}")
        time.sleep(pause)
