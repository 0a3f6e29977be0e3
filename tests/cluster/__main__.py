"""`python -m tests.cluster`: the cluster, the month end, the mishaps, the verdict. Ends with 1 at any fault."""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

INSIDE = "TESTS_CLUSTER_INSIDE"
LONGEST_LINE = 3000
# A network, mounts and processes of its own: nothing outside is touched, and all of it ends with the command.
ALONE = ["unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.cluster")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--wallets", type=int, default=3000)
    parser.add_argument("--clients", type=int, default=12)
    parser.add_argument("--times", type=int, default=1, help="how many runs, one after another")
    parser.add_argument(
        "--asynchronous", action="store_true",
        help="the primary does not wait for its standby: shows what a fail-over loses then",
    )  # fmt: skip
    chosen = parser.parse_args(arguments)
    if sys.platform != "linux" or os.geteuid() != 0:
        sys.exit("The cluster needs Linux and root: it makes network namespaces.")
    if INSIDE not in os.environ:
        return _alone(sys.argv[1:] if arguments is None else arguments, chosen)
    return _run(chosen)


def _alone(arguments: list[str], chosen: argparse.Namespace) -> int:
    """Each run in a cluster of its own, which the kernel takes away again."""
    import subprocess

    failed = 0
    for number in range(chosen.times):
        command = [
            *ALONE,
            sys.executable,
            "-m",
            "tests.cluster",
            *arguments,
            "--seed",
            str(chosen.seed + number),
        ]
        failed |= subprocess.call(command, env={**os.environ, INSIDE: "1"})
    return failed


def _run(chosen: argparse.Namespace) -> int:
    from tests.cluster import network

    begin = time.monotonic()
    os.umask(0o022)
    with tempfile.TemporaryDirectory(prefix="cluster-") as name:
        directory = Path(name)
        directory.chmod(0o755)
        network.ip("link", "set", "lo", "up")
        _hide_other_namespaces()
        network.build()
        return _live(chosen, directory, begin)


def _hide_other_namespaces() -> None:
    import subprocess

    Path("/run/netns").mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "none", "/run/netns"], check=True)


def _live(chosen: argparse.Namespace, directory: Path, begin: float) -> int:
    from tests.cluster.brokers import Brokers
    from tests.cluster.databases import Databases
    from tests.cluster.network import Host
    from tests.cluster.portal import Portal, log_ends

    names = {
        "db1": 11,
        "db2": 12,
        "web": 21,
        "worker1": 31,
        "worker2": 32,
        "redis1": 41,
        "redis2": 42,
        "beat": 51,
    }
    hosts = {name: Host(name, number, directory) for name, number in names.items()}
    databases = Databases([hosts["db1"], hosts["db2"]], directory, synchronous=not chosen.asynchronous)
    brokers = Brokers([hosts["redis1"], hosts["redis2"]], hosts["beat"])
    portal = Portal(databases, brokers, hosts)
    databases.start()
    brokers.start()
    os.environ.update(portal.env(hosts["web"]) | {"PORTAL_VAR_DIR": str(directory / "var")})
    os.environ.pop("REPLICA_DATABASE_URL")

    import django

    django.setup()
    from django.core.management import call_command

    from tests.cluster import run

    call_command("migrate", verbosity=0)
    ready = time.monotonic() - begin
    try:
        report, story = run.live_through(
            databases, brokers, portal, seed=chosen.seed, wallets=chosen.wallets, clients=chosen.clients
        )
    finally:
        for host in hosts.values():
            host.lose_power()
    waits = "answers without waiting for the standby" if chosen.asynchronous else "waits for the standby"
    sys.stdout.write(
        f"Cluster of {len(hosts)} hosts, {chosen.wallets:,} wallets, {chosen.clients} clients, seed {chosen.seed}, "
        f"the primary {waits}; up in {ready:.0f} s, over in {time.monotonic() - begin:.0f} s\n"
        + "\n".join([*story, *_shortened(report.text())])
        + "\n"
    )
    if report.faults and not chosen.asynchronous:
        sys.stderr.write(log_ends(list(hosts.values())))
    return 1 if report.faults else 0


def _shortened(text: str) -> list[str]:
    return [line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]} …" for line in text.splitlines()]


if __name__ == "__main__":
    sys.exit(main())
