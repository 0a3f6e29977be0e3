"""The portal's processes on their hosts: the commands of a real installation, configured by the environment alone."""

import http.client
import os

from finance_portal import supervisor
from tests.cluster.brokers import MASTER, Brokers
from tests.cluster.databases import Databases
from tests.cluster.network import Host, wait_until
from tests.storm.web import BASE_DIR

PORT = 8000


class Portal:
    def __init__(self, databases: Databases, brokers: Brokers, hosts: dict[str, Host]) -> None:
        self.databases = databases
        self.brokers = brokers
        self.web = hosts["web"]
        self.workers = [hosts["worker1"], hosts["worker2"]]
        self.beat = hosts["beat"]

    def env(self, host: Host) -> dict[str, str]:
        return {
            **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
            "PWD": str(BASE_DIR),
            "DJANGO_SETTINGS_MODULE": "tests.cluster.settings",
            # Named, so that the test can see in the database who is in the middle of what.
            "DATABASE_URL": f"{self.databases.url}&application_name={host.name}",
            "REPLICA_DATABASE_URL": self.databases.replica_url,
            "REDIS_URL": self.brokers.url,
            "REDIS_SENTINEL_MASTER": MASTER,
            "SECRET_KEY": "the same on every host of the cluster",
            "PORTAL_VAR_DIR": str(host.directory / "var"),
            "ALLOWED_HOSTS": "*",
            "CREDIT_API_REQUESTS_PER_MINUTE": "100000000",
            "CREDIT_INVOICE_REVIEW_HOURS": "0",
            "DEBUG": "0",
            "PYTHONUNBUFFERED": "1",
        }

    def start(self) -> None:
        self.start_web()
        for worker in self.workers:
            self.start_worker(worker)
        self.start_beat()

    def start_web(self) -> None:
        command = list(supervisor.COMMANDS["web"])
        command[command.index("--host") + 1] = self.web.address
        command[command.index("--port") + 1] = str(PORT)
        self._start(self.web, "web", command)

    def start_worker(self, host: Host) -> None:
        self._start(host, "worker", [*_hasty("worker"), "--hostname", f"portal@{host.name}"])

    def start_beat(self) -> None:
        self._start(self.beat, "beat", _hasty("beat"))

    def _start(self, host: Host, name: str, command: list[str]) -> None:
        host.mend()
        host.start(name, command, self.env(host))

    def ended_by_themselves(self) -> list[str]:
        every = [self.web, *self.workers, self.beat]
        return [host.name for host in every for process in host.processes if process.poll() is not None]

    def wait_for_web(self, seconds: float = 60) -> None:
        wait_until(self._web_answers, "the web server answers", seconds)

    def _web_answers(self) -> bool:
        connection = http.client.HTTPConnection(self.web.address, PORT, timeout=2)
        try:
            connection.request("GET", "/api/v1/openapi.json")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()


def _hasty(name: str) -> list[str]:
    return ["tests.cluster.hasty" if word == "finance_portal" else word for word in supervisor.COMMANDS[name]]


def log_ends(hosts: list[Host], size: int = 1500) -> str:
    """The end of every log, for a run that went wrong."""
    found = sorted(log for host in hosts for log in host.directory.glob("*.log"))
    return "\n".join(
        f"== {log.parent.name}/{log.name}\n{log.read_text(errors='replace')[-size:]}" for log in found
    )
