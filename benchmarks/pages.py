"""Server time of every page with 20,000 organizations: `python -m benchmarks.pages [--database sqlite|postgres]`.

The demo is made once per database, then every page is asked through Django's own test client: everything but the
network and the web server. Exits with 1 if the median of a page is above the bound.
"""

import argparse
import logging
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Any

BASE_DIR = Path(__file__).resolve().parent.parent
DATABASES = ("sqlite", "postgres")
BOUND_MS = 50.0
WARM_UPS = 3


@dataclass(frozen=True)
class Timing:
    name: str
    status: int
    queries: int
    kilobytes: float
    median_ms: float
    p95_ms: float
    cpu_ms: float

    @property
    def is_bad(self) -> bool:
        return self.median_ms > BOUND_MS or self.status >= 400

    def row(self) -> str:
        mark = f"  <- {self.status}" if self.status >= 400 else "  <- above the bound" if self.is_bad else ""
        return (
            f"{self.name[:58]:<58} {self.queries:>7} {self.kilobytes:>7.0f} "
            f"{self.median_ms:>9.1f} {self.p95_ms:>8.1f} {self.cpu_ms:>8.1f}{mark}"
        )


@dataclass(frozen=True)
class Visitor:
    client: Any
    words: str
    sees_everything: bool


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=DATABASES, help="One of them; both without it.")
    parser.add_argument("--rounds", type=int, default=30, help="How often each page is asked.")
    parser.add_argument("--organizations", type=int, default=20_000)
    parser.add_argument("--only", default="", help="Pages whose name contains this.")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        return measure(options)
    # Ending this process politely must end the server too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    wanted = [options.database] if options.database else DATABASES
    return max([run_on(database, sys.argv[1:]) for database in wanted])


def run_on(database: str, arguments: list[str]) -> int:
    """In a process of its own, whose settings name the database from the start."""
    with DATABASE_URLS[database]() as url:
        command = [sys.executable, "-m", "benchmarks.pages", *arguments, "--here"]
        return subprocess.run(
            command, cwd=BASE_DIR, env={**os.environ, "DATABASE_URL": url}, check=False
        ).returncode


@contextmanager
def sqlite_url() -> Iterator[str]:
    directory = BASE_DIR / "var" / "bench"
    directory.mkdir(parents=True, exist_ok=True)
    yield f"sqlite:///{directory / 'pages.sqlite3'}"


@contextmanager
def postgres_url() -> Iterator[str]:
    from tests.servers import postgres

    with tempfile.TemporaryDirectory(prefix="portal-") as name:
        os.umask(0o022)
        directory = Path(name)
        directory.chmod(0o755)
        with postgres(directory) as url:
            yield url


DATABASE_URLS = {"sqlite": sqlite_url, "postgres": postgres_url}


# -- in the process that measures


def measure(options: argparse.Namespace) -> int:
    _set_up(options.organizations)
    from benchmarks.page_addresses import all_pages

    visitors = [_superuser(), _manager()]
    _print_head()
    timings = []
    for page in all_pages():
        if options.only not in page.name:
            continue
        _copy_as_beat_does()
        for visitor in visitors:
            if timing := ask(visitor, page, options.rounds):
                timings.append(timing)
                print(timing.row(), flush=True)
    bad = [timing for timing in timings if timing.is_bad]
    middle = median(timing.median_ms for timing in timings)
    print(
        f"{len(timings)} pages, the middle one {middle:.1f} ms, {len(bad)} above {BOUND_MS:.0f} ms or failing.\n"
    )
    return 1 if bad else 0


def _set_up(organizations: int) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "finance_portal.settings"
    logging.disable(logging.WARNING)
    import django
    from django.conf import settings

    settings.ALLOWED_HOSTS = ["testserver"]
    # The sources: hashed names would need collectstatic, and cost the same.
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from benchmarks.page_addresses import SHOWN
    from benchmarks.page_examples import add_what_the_demo_lacks

    call_command("migrate", verbosity=0)
    call_command("seed_demo", if_empty=True, organizations=organizations, stdout=open(os.devnull, "w"))  # noqa: SIM115
    add_what_the_demo_lacks(SHOWN)
    if connection.vendor == "postgresql":
        # What autovacuum does within a minute of such a change; a benchmark does not wait for it.
        connection.cursor().execute("VACUUM ANALYZE")


def _copy_as_beat_does() -> None:
    """Every twenty seconds in a running portal, so that lists find their rows by copies (ADR 41)."""
    from django.utils import timezone

    from credit.actions import copies

    for _counts in copies.refresh(now=timezone.now):
        pass


def _superuser() -> Visitor:
    """Sees every page, every model of the admin too; but no authority binds them."""
    from django.contrib.auth.models import User

    user = User.objects.get(username="admin")
    user.is_staff = user.is_superuser = True
    user.save()
    return Visitor(_signed_in(user), "", sees_everything=True)


def _manager() -> Visitor:
    """Somebody who works there: bound by an authority, and every page counts what waits for them."""
    from django.contrib.auth.models import User

    return Visitor(_signed_in(User.objects.get(username="manager")), ", manager", sees_everything=False)


def _signed_in(user: Any) -> Any:
    from django.test import Client

    client = Client()
    client.force_login(user)
    return client


def ask(visitor: Visitor, page: Any, rounds: int) -> Timing | None:
    """None for what is no page: redirects, addresses that only take what is sent to them, and what is not theirs."""
    client, headers = visitor.client, {"HX-Request": "true"} if page.htmx else {}
    answer, queries = _with_queries(client, page.path, headers)
    if answer.status_code in (301, 302, 405) or answer.streaming:
        return None
    if answer.status_code == 403 and not visitor.sees_everything:
        return None
    for _ in range(WARM_UPS):
        client.get(page.path, headers=headers)
    times = [_milliseconds(client, page.path, headers) for _ in range(rounds)]
    clock, cpu = zip(*times, strict=True)
    return Timing(
        name=f"{page.name}{visitor.words}",
        status=answer.status_code,
        queries=queries,
        kilobytes=len(answer.content) / 1024,
        median_ms=median(clock),
        p95_ms=quantiles(clock, n=20)[-1],
        cpu_ms=median(cpu),
    )


def _with_queries(client: Any, path: str, headers: dict[str, str]) -> tuple[Any, int]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        answer = client.get(path, headers=headers)
    return answer, len(queries)


def _milliseconds(client: Any, path: str, headers: dict[str, str]) -> tuple[float, float]:
    """By the clock, and of this process alone: what a busy machine adds stands between the two."""
    clock, cpu = time.perf_counter(), time.process_time()
    client.get(path, headers=headers)
    return (time.perf_counter() - clock) * 1000, (time.process_time() - cpu) * 1000


def _print_head() -> None:
    from django.db import connection

    from credit.models import Wallet
    from organizations.models import Organization

    counts = f"{Organization.objects.count():,} organizations, {Wallet.objects.count():,} wallets"
    print(f"{connection.vendor}: {counts}")
    print(f"{'page':<58} {'queries':>7} {'kB':>7} {'median ms':>9} {'95 % ms':>8} {'cpu ms':>8}")


if __name__ == "__main__":
    sys.exit(main())
