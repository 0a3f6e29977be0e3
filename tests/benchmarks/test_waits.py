"""What a benchmark says about waiting for the disk, and what it does so that nobody waits long."""

import os
import threading
import time
from types import SimpleNamespace

import pytest

from benchmarks.charging import early_writing
from benchmarks.closing import shares
from benchmarks.report import longest
from benchmarks.rounds import Comparison, Figures, Round, Way


def figures(*rounds):
    comparison = Comparison("Closing", [Way("close", lambda seconds: rounds[0])], [], list)
    return Figures(comparison, {"close": list(rounds)}, [])


@pytest.fixture
def said(monkeypatch):
    told = []
    monkeypatch.setattr(shares, "say", told.append)
    monkeypatch.setattr(shares.sys, "stdin", ["100\n"])
    return told


def clock(monkeypatch, *transactions):
    """Of the seconds that each transaction takes: it is read before and after."""
    readings, at = [], 0.0
    for seconds in transactions:
        readings += [at, at := at + seconds]
    reading = iter(readings)
    monkeypatch.setattr(shares, "time", SimpleNamespace(perf_counter=lambda: next(reading)))


def test_the_longest_transaction_counts(said, monkeypatch):
    clock(monkeypatch, 0.3, 0.04)

    shares.serve(lambda wanted: 50)

    assert said[-1] == {"done": 100, "seconds": pytest.approx(0.34), "longest": pytest.approx(0.3)}


def test_a_transaction_is_told_how_many_wallets_are_wanted_so_that_none_is_closed_too_many(said, monkeypatch):
    clock(monkeypatch, 0.1, 0.1)
    wanted = []

    shares.serve(lambda number: wanted.append(number) or min(number, 60))

    assert wanted == [100, 40]
    assert said[-1]["done"] == 100


def test_wallets_that_are_not_there_are_no_figure(said, monkeypatch):
    clock(monkeypatch, 0.1)

    with pytest.raises(RuntimeError, match="100 wallets more"):
        shares.serve(lambda wanted: 0)


def test_the_longest_transaction_of_all_rounds_is_told():
    assert longest(figures(Round(5000, longest_ms=250), Round(5000, longest_ms=40)), "close") == "250 ms"
    assert longest(figures(Round(5000)), "close") == ""


def changing(file):
    """As one that is written to all the time."""
    file.write_bytes(bytes(8192))
    os.utime(file, (time.time() + 1000, time.time() + 1000))


def test_files_that_change_are_written_out_early_and_a_dropped_database_stops_nothing(tmp_path, monkeypatch):
    database = tmp_path / "base" / "5"
    database.mkdir(parents=True)
    changing(database / "16384")
    begun = threading.Event()
    monkeypatch.setattr(early_writing, "SECONDS", 0.01)
    monkeypatch.setattr(early_writing, "_begin_to_write", lambda *asked: begun.set())

    with early_writing.writing_early(tmp_path):
        assert begun.wait(10)
        (database / "16384").unlink()
        database.rmdir()
        begun.clear()
        other = tmp_path / "base" / "6"
        other.mkdir()
        changing(other / "16385")
        assert begun.wait(10)


def test_where_the_kernel_does_not_know_the_call_nothing_is_done(tmp_path, monkeypatch):
    monkeypatch.setattr(early_writing, "_begin_to_write", None)

    with early_writing.writing_early(tmp_path):  # no directory of databases: it would fail
        pass
