"""The page about the ledger at scale: its figures and its arithmetic, from a run's numbers."""

from benchmarks.rounds import Comparison, Figures, Round, Way
from benchmarks.scale import page


def a_run():
    def taken(name, *ways):
        comparison = Comparison(name, [Way(way, Round, "wallets/s") for way in ways], [], list)
        return Figures(comparison, {way: [Round(1000.0), Round(2000.0), Round(4000.0)] for way in ways}, [])

    weight = {"heap": 100.0, "indexes": 150.0, "rows": 10}
    archived = {
        "lines": 1000,
        "bytes": 20_000,
        "writing_seconds": 0.1,
        "removing_seconds": 0.5,
        "longest_ms": 12.0,
        "ranges": 100,
        "faults": [],
    }
    return {
        "figures": [taken("Charging, batch", "36 months"), taken("Closing", "36 months, closes.close")],
        "weights": dict.fromkeys(("line", "line_in_months", "answer", "wallet", "range"), weight),
        "archived": {"one table": archived, "36 months": archived},
        "retired": {"ms": [3.0, 9.0], "moved": [1, 2]},
        "switched_ms": 40.0,
        "lines": 72_000,
        "wallets": 1_000,
        "machine": ["2 cores"],
        "rounds": 3,
        "seconds": 1.0,
    }


def test_the_page_carries_the_figures_and_what_follows_from_them():
    written = page.written(a_run())

    assert "| 36 months, closes.close | 2,000 | (1,000 to 4,000) |" in written
    assert "| ledger, a month | 1,000,000,000 × 250 bytes | 250 GB |" in written
    assert "| month end | 10,000,000 ÷ 2,000 wallets/s | 83 min with one worker |" in written
    assert "| archive a month | 1,000,000,000 ÷ 2,000 lines/s | 139 h, one process |" in written
    assert "{" not in written.replace("{measured}", "")


def test_a_difference_after_archiving_is_said():
    run = a_run()
    run["archived"]["one table"]["faults"] = ["Wallet W-1: a line is missing."]

    assert "Wallet W-1: a line is missing." in page.figures(run)
