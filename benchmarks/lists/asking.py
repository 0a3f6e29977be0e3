"""Asks one of the two lists for as long as it is told: `python -m benchmarks.lists.asking ours|stock`.

Each line on the standard input is a kind's number and the seconds; the answer has the times of the pages in it. Through
Django's own test client: middleware, session, database, template; not the network and the web server.
"""

import logging
import sys
import time
from functools import cache
from statistics import median, quantiles
from typing import Any

from benchmarks.charging.portal import set_up
from benchmarks.charging.worker import Process, say
from benchmarks.lists.kinds import KINDS
from benchmarks.rounds import Round

COPIED_EVERY_SECONDS = 15


class Asking(Process):
    """The parent's side."""

    def run(self, kind: int, seconds: float) -> Round:
        self._process.stdin.write(f"{kind} {seconds}\n")
        self._process.stdin.flush()
        told = self._hear()
        return Round(**told)


def main(who: str) -> None:
    set_up()
    logging.disable(logging.WARNING)
    from django.conf import settings

    from benchmarks.lists import addresses

    settings.ALLOWED_HOSTS, settings.ROOT_URLCONF = ["testserver"], "benchmarks.lists.urls"
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    client, copier = _client(), Copier()
    known = cache(lambda kind: _warm(client, addresses.of(who, KINDS[kind])))
    say({})
    for line in sys.stdin:
        kind, seconds = line.split()
        say(_asked(client, copier, known(int(kind)), float(seconds)))


def _client() -> Any:
    from django.contrib.auth.models import User
    from django.test import Client

    user, _ = User.objects.get_or_create(
        username="benchmark", is_staff=True, is_superuser=True, first_name="Eva"
    )
    client = Client()
    client.force_login(user)
    return client


def _warm(client: Any, asked: list[str]) -> list[str]:
    """Whether the pages are there, and once not for the clock."""
    for address in asked[:3]:
        answer = client.get(address)
        assert answer.status_code == 200, f"{address}: {answer.status_code}"
    return asked


class Copier:
    """What a worker does every 20 s, off the clock: the copies must not be older than the page asks for."""

    def __init__(self) -> None:
        self.latest = 0.0

    def refresh(self) -> None:
        if time.monotonic() - self.latest > COPIED_EVERY_SECONDS:
            from django.utils import timezone

            from credit.actions import copies

            for _ in copies.refresh(now=timezone.now):
                pass
            self.latest = time.monotonic()


def _asked(client: Any, copier: Copier, asked: list[str], seconds: float) -> dict[str, float]:
    taken: list[float] = []
    while sum(taken) < seconds or len(taken) < 3:
        copier.refresh()
        address = asked[len(taken) % len(asked)]
        began = time.perf_counter()
        answer = client.get(address)
        taken.append(time.perf_counter() - began)
        assert answer.status_code == 200, f"{address}: {answer.status_code}"
    milliseconds = sorted(second * 1000 for second in taken)
    return {
        "rate": len(taken) / sum(taken),
        "median_ms": median(milliseconds),
        "p95_ms": quantiles(milliseconds, n=20)[-1],
        "longest_ms": milliseconds[-1],
    }


if __name__ == "__main__":
    main(sys.argv[1])
