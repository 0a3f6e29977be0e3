"""Searches an SQLite database in two ways for as long as it is told: `python -m benchmarks.lists.searching`."""

import random
import sys
import time
from functools import cache
from unittest import mock

from benchmarks.charging.portal import set_up
from benchmarks.charging.worker import Process, say
from benchmarks.rounds import Round

KINDS = ("rare terms", "UUID", "Wallet ID")
SHOWN = 31


class Searching(Process):
    """The parent's side."""

    def run(self, what: str, seconds: float) -> Round:
        self._process.stdin.write(f"{what}/{seconds}\n")
        self._process.stdin.flush()
        return Round(**self._hear())


def main() -> None:
    set_up()
    from benchmarks.lists import addresses

    draw = random.Random(7)
    terms = cache(lambda kind: addresses.terms(kind, draw, addresses.examples(draw)))
    say({})
    for line in sys.stdin:
        kind, how, seconds = line.split("/")
        say(_searched(terms(kind), how, float(seconds)))


def _searched(terms: list[str], how: str, seconds: float) -> dict[str, float]:
    from credit import search_index
    from credit.filters import texts

    taken: list[float] = []
    with mock.patch.object(search_index, "has_fts", return_value=how == "FTS5"):
        while sum(taken) < seconds or len(taken) < 3:
            began = time.perf_counter()
            list(texts(terms[len(taken) % len(terms)]).values_list("pk", flat=True)[:SHOWN])
            taken.append(time.perf_counter() - began)
    return {"rate": len(taken) / sum(taken), "longest_ms": max(taken) * 1000}


if __name__ == "__main__":
    main()
