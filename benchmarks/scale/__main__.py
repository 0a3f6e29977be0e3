"""Measures the ledger's partitions and its archive on a PostgreSQL of its own, and writes docs/ledger-at-scale.md.

`--quick` with tiny sizes, to see that everything runs; it writes the page only with `--write`.
"""

import argparse
import json
import signal
import sys

import psycopg

from benchmarks import machine
from benchmarks.charging import server
from benchmarks.charging.stage import Stage
from benchmarks.charging.worker import BASE_DIR
from benchmarks.rounds import Comparison, Figures, measure
from benchmarks.scale import ledgers, page, sizes, ways
from benchmarks.scale.ledgers import Ledger

DOCUMENT = BASE_DIR / "docs" / "ledger-at-scale.md"
CHUNK = 100  # closes.MOST_AT_ONCE
ARCHIVED_MONTHS = 12


def main() -> int:
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    load_before = machine.busy()
    with server.started() as running:
        stage = Stage(running)
        described = machine.description(running.version(), server.DURABLE, server.ON_A_DISK)
        described.append(
            f"Load of the machine before the run {load_before} (0: nobody else was working on it)"
        )
        every = [
            ledgers.make(stage, count, wallets=options.wallets, due=options.due, each=options.each)
            for count in ledgers.PARTITIONS
        ]
        told = _measured(stage, every, options) | {"machine": described}
    print(page.figures(told))
    if options.write or not options.quick:
        DOCUMENT.write_text(page.written(told))
    return int(bool(told["faults"]))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="Of each round.")
    parser.add_argument("--each", type=int, default=2, help="Lines of a wallet in a month.")
    parser.add_argument("--quick", action="store_true", help="Tiny sizes, to see that everything runs.")
    parser.add_argument("--write", action="store_true", help="Write the page also from tiny sizes.")
    options = parser.parse_args()
    options.wallets, options.due, chunk = (500, 600, 50) if options.quick else (2000, 3000, CHUNK)
    options.chunk = chunk
    if options.quick:
        options.rounds, options.seconds = 2, 0.2
    return options


def _measured(stage: Stage, every: list[Ledger], options: argparse.Namespace) -> dict:
    """The sizes first, while nothing but lines has been written."""
    flat, largest = every[0], every[-1]
    weights = {
        "line": sizes.of(flat.url, "credit_transaction"),
        "line_in_months": sizes.of(largest.url, _LEDGER),
    }
    figures = []
    for how in ("single", "batch"):
        with ways.charging(stage, every, how) as comparison:
            figures.append(_taken(comparison, options))
    weights |= {"answer": sizes.of(flat.url, "credit_answer"), "wallet": sizes.of(flat.url, "credit_wallet")}
    with ways.closing(stage, every, chunk=options.chunk, rounds=options.rounds) as comparison:
        figures.append(_taken(comparison, options))
    archived = {ledger.name: _archived(stage, ledger) for ledger in (flat, largest)}
    weights["range"] = sizes.of(flat.url, "credit_archivedlines")
    return {
        "figures": figures,
        "weights": weights,
        "archived": archived,
        "retired": _retired(largest),
        "switched_ms": next(ledger.switched_ms for ledger in every if ledger.partitions == 1),
        "lines": flat.lines,
        "wallets": options.wallets + options.due,
        "faults": [fault for one in archived.values() for fault in one["faults"]],
        "rounds": options.rounds,
        "seconds": options.seconds,
    }


_LEDGER = "credit_transaction"


def _taken(comparison: Comparison, options: argparse.Namespace) -> Figures:
    print(comparison.name, flush=True)
    return measure(comparison, rounds=options.rounds, seconds=options.seconds)


def _archived(stage: Stage, ledger: Ledger) -> dict:
    before = ledgers.months_before(ledgers.running_month(), ledgers.MONTHS - ARCHIVED_MONTHS)
    directory = stage.server.var_dir / f"archive{ledger.partitions}"
    env = stage.server.environment(ledger.url)
    return json.loads(server.python("benchmarks.scale.archiving", f"{before:%Y-%m}", str(directory), env=env))


def _retired(ledger: Ledger) -> dict:
    """The archived months' partitions, one after the other: lines that stay are moved, the rest is dropped."""
    first = ledgers.months_before(ledgers.running_month(), ledger.partitions - 1)
    with psycopg.connect(ledger.url, autocommit=True) as connection:
        taken = []
        for number in range(ARCHIVED_MONTHS - 1):
            month = ledgers.months_before(first, -number)
            began = connection.execute("SELECT clock_timestamp()").fetchone()[0]
            moved = connection.execute("SELECT credit_retire_month(%s)", [month]).fetchone()[0]
            ended = connection.execute("SELECT clock_timestamp()").fetchone()[0]
            taken.append(((ended - began).total_seconds() * 1000, moved))
    return {"ms": [ms for ms, _ in taken], "moved": [moved for _, moved in taken]}


if __name__ == "__main__":
    sys.exit(main())
