"""Redis on two hosts, and three sentinels that agree which of the two is the master."""

import os

import redis

from tests import servers
from tests.cluster.network import Host, wait_until

MASTER = "mymaster"
PORT, SENTINEL_PORT = 6379, 26379
SENTINEL = """
port {port}
bind 0.0.0.0
protected-mode no
dir {directory}
sentinel monitor {master} {address} 6379 2
sentinel down-after-milliseconds {master} 1500
sentinel failover-timeout {master} 4000
sentinel parallel-syncs {master} 1
"""


class Brokers:
    def __init__(self, hosts: list[Host], third: Host) -> None:
        self.hosts = hosts
        self.watchers = [*hosts, third]
        self.env = {"PATH": os.environ["PATH"], "PWD": "/"}

    def start(self) -> None:
        first, second = self.hosts
        self._start_redis(first)
        self._start_redis(second, "--replicaof", first.address, str(PORT))
        for host in self.watchers:
            (host.directory / "sentinel.conf").write_text(
                SENTINEL.format(
                    port=SENTINEL_PORT, directory=host.directory, master=MASTER, address=first.address
                )
            )
            self.start_sentinel(host)
        wait_until(self._all_know_each_other, "the sentinels know each other", 30)

    def start_again(self, host: Host) -> None:
        """Comes back empty; the sentinels make it the other one's standby."""
        host.mend()
        self._start_redis(host)
        self.start_sentinel(host)

    def _start_redis(self, host: Host, *more: str) -> None:
        listen = ["--port", str(PORT), "--bind", "0.0.0.0", "--protected-mode", "no"]
        command = [servers._redis_binary(), *listen, "--save", "", "--dir", host.directory, *more]
        host.start("redis", command, self.env)

    def start_sentinel(self, host: Host) -> None:
        command = [servers._redis_binary(), host.directory / "sentinel.conf", "--sentinel"]
        host.start("sentinel", command, self.env)

    @property
    def url(self) -> str:
        return ";".join(f"sentinel://{host.address}:{SENTINEL_PORT}" for host in self.watchers)

    def master_according_to(self, host: Host) -> str:
        sentinel = redis.Redis(host.address, SENTINEL_PORT, socket_timeout=2, decode_responses=True)
        return str(sentinel.sentinel_get_master_addr_by_name(MASTER)[0])

    def master(self) -> Host:
        address = self.master_according_to(self.watchers[2])
        return next(host for host in self.hosts if host.address == address)

    def _all_know_each_other(self) -> bool:
        try:
            states = [
                redis.Redis(host.address, SENTINEL_PORT, socket_timeout=2).sentinel_master(MASTER)
                for host in self.watchers
            ]
        except redis.RedisError:
            return False
        return all(state["num-other-sentinels"] == 2 and state["num-slaves"] == 1 for state in states)
