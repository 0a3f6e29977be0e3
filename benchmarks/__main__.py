"""`make bench`: every comparison on a PostgreSQL of its own, printed, and written to docs/performance.md.

`--only single,month_end` measures some, `--quick` all with tiny sizes: neither writes the document. Ends with 1 if a
figure is void, or below its floor without a written account.
"""

import argparse
import shutil
import signal
import sys
from collections.abc import Sequence
from importlib import import_module

from benchmarks import machine, report
from benchmarks.charging.accounts import ACCOUNTS as OF_CHARGING
from benchmarks.charging.server import DURABLE, ON_A_DISK, started
from benchmarks.charging.stage import Stage
from benchmarks.charging.worker import BASE_DIR
from benchmarks.closing.accounts import ACCOUNTS as OF_CLOSING
from benchmarks.lists.accounts import ACCOUNTS as OF_LISTS
from benchmarks.rounds import Figures, measure

CHARGING = ("single", "beside_others", "batches", "http", "sqlite", "growth")
CLOSING = ("nothing_due", "ended_limits", "beside_charges", "beside_issuing", "month_end")
LISTS = ("wallet_list", "sqlite_search")
COMPARISONS = (*CHARGING, *CLOSING, *LISTS)
PACKAGES = {
    name: package
    for package, names in {"charging": CHARGING, "closing": CLOSING, "lists": LISTS}.items()
    for name in names
}
ACCOUNTS = OF_CHARGING | OF_CLOSING | OF_LISTS
DOCUMENT = BASE_DIR / "docs" / "performance.md"
QUICK = {
    "many": 20,
    "over_http": 40,
    "lines_small": 100,
    "lines_large": 1_000,
    "closed": 120,
    "closed_few": 40,
    "closed_beside": 2_000,
    "issued": 2_000,
    "limits": 80,
    "at_once": 10,
    "listed": 300,
}
BYTES_PER_LINE = 1_200  # a ledger line and its answer with all indexes, and their share of the log
BYTES_PER_CLOSE = (
    13_000  # a wallet, its ledger and what its close writes, the same again for COPY, and their log
)


def main() -> int:
    options = _options()
    # Ending this process politely must end the servers too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    names: Sequence[str] = options.only.split(",") if options.only else COMPARISONS
    sizes = (
        QUICK
        if options.quick
        else {"lines_large": options.lines, "closed": options.wallets, "listed": options.wallets}
    )
    load_before = machine.busy()
    with started() as server:
        stage = Stage(server, rounds=options.rounds, **sizes)
        _ask_for_room(stage, names)
        described = machine.description(server.version(), DURABLE, ON_A_DISK)
        every = [_measured(name, stage, options.rounds, options.seconds) for name in names]
    described.append(f"Load of the machine before the run {load_before} (0: nobody else was working on it)")
    print(report.claims(every))
    if tuple(names) == COMPARISONS and not options.quick:
        page = report.page(every, described, ACCOUNTS, rounds=options.rounds, seconds=options.seconds)
        DOCUMENT.write_text(page)
    return _status(every, explained=options.quick)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", default="", help=f"Some of {','.join(COMPARISONS)}.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0, help="Of each round.")
    parser.add_argument("--lines", type=int, default=10_000_000, help="Of the grown ledger.")
    parser.add_argument("--wallets", type=int, default=1_000_000, help="That are closed, and listed.")
    parser.add_argument("--quick", action="store_true", help="Tiny sizes, to see that everything runs.")
    return parser.parse_args()


def _measured(name: str, stage: Stage, rounds: int, seconds: float) -> Figures:
    with import_module(f"benchmarks.{PACKAGES[name]}.{name}").compare(stage) as comparison:
        print(f"\n{comparison.name}", flush=True)
        figures = measure(comparison, rounds=rounds, seconds=seconds)
    for way in comparison.ways:
        told = ", ".join(f"{taken.rate:,.0f}" for taken in figures.rounds[way.name])
        longest = report.longest(figures, way.name)
        print(f"  {way.name}: {told} {way.unit}" + (f", longest {longest}" if longest else ""), flush=True)
    for fault in figures.faults:
        print(f"  VOID: {fault}", flush=True)
    return figures


def _ask_for_room(stage: Stage, names: Sequence[str]) -> None:
    lines = stage.lines_large * BYTES_PER_LINE if "growth" in names else 0
    closed = stage.closed * BYTES_PER_CLOSE if "month_end" in names else 0
    needed = lines + closed + 2 * 1024**3
    if shutil.disk_usage(ON_A_DISK).free < needed:
        sys.exit(
            f"{needed / 1e9:.0f} GB of disk are needed in {ON_A_DISK}: free some, or ask for less (--lines, --wallets)"
        )


def _status(every: list[Figures], *, explained: bool) -> int:
    """`explained`: tiny sizes say nothing about a ratio."""
    void = any(figures.faults for figures in every)
    unexplained = not explained and any(
        figures.verdict(claim) == "missed" and claim.sentence not in ACCOUNTS
        for figures in every
        for claim in figures.comparison.claims
    )
    return int(void or unexplained)


if __name__ == "__main__":
    sys.exit(main())
