"""Every comparison runs, with tiny sizes: a command that nobody starts for a month must still work."""

import os
import re
import subprocess
import sys

import pytest
from django.db import connection

from benchmarks.__main__ import COMPARISONS
from benchmarks.charging import load
from benchmarks.charging.worker import BASE_DIR
from benchmarks.lists import debian
from benchmarks.lists.kinds import KINDS

# Comparing with other packages installs them first; `make bench` does that, a test run does not.
RUNS_ON = {
    "sqlite": ["sqlite", "sqlite_search"],
    "postgresql": [
        "single",
        "batches",
        "http",
        "growth",
        "nothing_due",
        "ended_limits",
        "beside_charges",
        "beside_issuing",
        "month_end",
        "wallet_list",
    ],
}


@pytest.fixture
def run(process_environment):
    def run(*arguments):
        command = [
            sys.executable,
            "-m",
            "benchmarks",
            "--quick",
            "--rounds",
            "1",
            "--seconds",
            "0.2",
            *arguments,
        ]
        env = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
        return subprocess.run(command, cwd=BASE_DIR, env=env, capture_output=True, text=True, timeout=600)

    return run


@pytest.mark.django_db
def test_every_comparison_runs_and_its_books_are_in_order(run):
    names = RUNS_ON[connection.vendor]

    done = run("--only", ",".join(names))

    assert done.returncode == 0, done.stdout + done.stderr
    assert "void" not in done.stdout.lower()
    ratios = re.findall(r"^\| [^|]+ \| \d+\.\d\d \(", done.stdout, re.MULTILINE)
    of_lists = 3 * len(KINDS) if debian.binaries() else 0
    assert len(ratios) == {"sqlite": 4, "postgresql": 16 + of_lists}[connection.vendor]


def test_no_comparison_is_forgotten_here():
    assert {"beside_others", *RUNS_ON["sqlite"], *RUNS_ON["postgresql"]} == set(COMPARISONS)


def test_without_wrk_threads_of_our_own_ask(monkeypatch):
    monkeypatch.setattr(load.shutil, "which", lambda name: None)

    assert "wrk is not installed" in load.generator()
