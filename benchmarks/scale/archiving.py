"""Archives all lines before a month and puts nothing back: `python -m benchmarks.scale.archiving YYYY-MM DIR`.

Prints as JSON what it took. The database is DATABASE_URL's; its month is locked here, by hand.
"""

import json
import sys
import time
from datetime import date, timedelta
from pathlib import Path

from benchmarks.charging.portal import set_up


def main(before: str, directory: str) -> None:
    set_up()
    from django.utils import timezone

    from credit.archive import checking, leaving
    from credit.models import ArchivedLines, LockedMonth

    month, now = date.fromisoformat(f"{before}-01"), timezone.now()
    locked = (month - timedelta(days=1)).replace(day=1)
    LockedMonth.objects.create(month=locked, ends_at=now, locked_at=now, by_name="Benchmark")
    steps = timed(leaving, "_remove")
    writing = timed(leaving, "_write")
    began = time.perf_counter()
    records = list(
        leaving.archive(before=month, directory=Path(directory), by_name="Benchmark", now=timezone.now)
    )
    seconds = time.perf_counter() - began
    began = time.perf_counter()
    faults = list(checking.faults(Path(directory)))
    told = {
        "lines": sum(record.lines for record in records),
        "bytes": sum(record.size for record in records),
        "seconds": seconds,
        "writing_seconds": sum(writing),
        "removing_seconds": sum(steps),
        "longest_ms": max(steps) * 1000,
        "ranges": ArchivedLines.objects.count(),
        "checking_seconds": time.perf_counter() - began,
        "faults": faults,
    }
    print(json.dumps(told))


def timed(module: object, name: str) -> list[float]:
    """The seconds that each call of a function of the module takes from now on."""
    call, taken = getattr(module, name), []

    def calling(*given: object, **named: object) -> object:
        began = time.perf_counter()
        try:
            return call(*given, **named)
        finally:
            taken.append(time.perf_counter() - began)

    setattr(module, name, calling)
    return taken


if __name__ == "__main__":
    main(*sys.argv[1:])
