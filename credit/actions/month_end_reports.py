"""What a month end did, as it is kept: counts, totals per currency and kind, and what its chunks found, added up."""

from collections.abc import Iterable, Mapping
from typing import Any

from credit.actions.closes import Closed
from credit.models import MonthEndChunk, MonthEndRun

LARGEST = 10
SHOWN = 50  # differences and errors that a report names; it counts all of them

# currency -> kind -> exact_micros, rounded_micros, lines
Totals = dict[str, dict[str, dict[str, int]]]


def told(closed: Closed) -> dict[str, Any]:
    """What a close says it has booked, as JSON."""
    return {**closed.as_counts(), "totals": nested(closed.totals)}


def nested(totals: Mapping[tuple[str, str], tuple[int, int, int]]) -> Totals:
    """By (currency, kind): exact micros, rounded micros, ledger lines."""
    tables: Totals = {}
    for (currency, kind), (exact, rounded, lines) in totals.items():
        numbers = {"exact_micros": exact, "rounded_micros": rounded, "lines": lines}
        tables.setdefault(currency, {})[str(kind)] = numbers
    return tables


def added(one: Any, other: Any) -> Any:
    """Two reports of the same shape as one: tables by name, numbers are summed, lists follow each other."""
    if one is None or other is None:
        return other if one is None else one
    if isinstance(one, dict):
        return {name: added(one.get(name), other.get(name)) for name in {**one, **other}}
    return one + other


def report_of(run: MonthEndRun) -> dict[str, Any]:
    """Of a run whose chunks are all done. Times are milliseconds."""
    chunks = list(run.chunks.all())
    report: dict[str, Any] = {"wallets": 0, "differences": [], "failed_wallets": [], "totals": {}}
    for chunk in chunks:
        report = added(report, chunk.counts)
    failed = report.pop("failed_wallets")
    if "largest" in report:
        report["largest"] = {
            name: sorted(rows, reverse=True)[:LARGEST] for name, rows in report["largest"].items()
        }
    return {
        **report,
        "differences": report["differences"][:SHOWN],
        "differences_found": len(report["differences"]),
        "failed_wallets": failed[:SHOWN],
        "failed": len(failed),
        "errors": [chunk.error for chunk in chunks if chunk.error][:SHOWN],
        "chunks": len(chunks),
        "longest_chunk_milliseconds": _longest(chunks),
        "milliseconds": _between(run),
    }


def _longest(chunks: Iterable[MonthEndChunk]) -> int:
    return max((chunk.milliseconds or 0 for chunk in chunks), default=0)


def _between(run: MonthEndRun) -> int:
    assert run.started_at and run.finished_at
    return round((run.finished_at - run.started_at).total_seconds() * 1000)
