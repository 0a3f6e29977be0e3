"""One charge after the other by one client: the portal's action beside pgbench with the same statement."""

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.charging import books
from benchmarks.charging.server import pgbench, python
from benchmarks.charging.stage import Stage
from benchmarks.charging.worker import Worker
from benchmarks.rounds import Claim, Comparison, Round, Way


class Pgbench:
    """One client with prepared statements."""

    def __init__(self, url: str, script: Path, statement: dict, wallets: books.Range):
        draw = f"\\set wallet random({wallets.first}, {wallets.last})\n\\set key random(1, 9223372036854775806)\n"
        script.write_text(f"{draw}{statement['text']};\n")
        bound = [f"-D{name}={value}" for name, value in statement["bound"].items()]
        self.command = [pgbench(), "--no-vacuum", "-M", "prepared", "-c", "1", *bound, "-f", script, url]
        self.accepted = 0

    def run(self, seconds: float) -> Round:
        command = [*self.command, "-T", str(max(1, round(seconds)))]
        told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        self.accepted += int(re.search(r"transactions actually processed: (\d+)", told)[1])
        return Round(float(re.search(r"tps = ([\d.]+)", told)[1]))


@contextmanager
def compare(stage: Stage) -> Iterator[Comparison]:
    ours, theirs = stage.wallets(stage.many), stage.wallets(stage.many)
    statement = json.loads(python("benchmarks.charging.statement", env=stage.env))
    bench = Pgbench(stage.url, stage.server.var_dir / "charge.sql", statement, theirs)
    with Worker("benchmarks.charging.ours", "single", *ours.arguments, env=stage.env) as worker:
        yield Comparison(
            name="A single charge, in-process, one client",
            ways=[Way("charges.charge", worker.run), Way("pgbench, the same statement", bench.run)],
            claims=[
                Claim(
                    "single charge in-process, of pgbench running the same statement",
                    "charges.charge",
                    "pgbench, the same statement",
                    floor=0.50,
                    reach=0.70,
                )
            ],
            audit=lambda: (
                books.faults(stage.url, ours, accepted=worker.accepted)
                + books.faults(stage.url, theirs, accepted=bench.accepted)
            ),
            notes=[
                f"Spread over {stage.many:,} wallets each, half prepaid, half postpaid; every charge has a key."
            ],
        )
