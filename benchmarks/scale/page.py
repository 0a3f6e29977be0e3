"""docs/ledger-at-scale.md: the words around the figures, the figures, and what follows from them by arithmetic."""

from pathlib import Path
from typing import Any

from benchmarks.rounds import Figures

WORDS = Path(__file__).with_name("page.md")
WALLETS, LINES_A_MONTH = 10_000_000, 1_000_000_000
SECONDS_A_MONTH = 30 * 86_400
PEAK = 5  # times the mean: a busy hour of a busy day


def written(told: dict[str, Any]) -> str:
    return WORDS.read_text().format(measured=figures(told), arithmetic=arithmetic(told))


def figures(told: dict[str, Any]) -> str:
    taken = [
        f"{told['lines']:,} ledger lines of {told['wallets']:,} wallets over 36 months in each database. Medians of "
        f"{told['rounds']} rounds of {told['seconds']:g} s, all ways in turns in one run; in brackets the slowest and "
        "the fastest round.",
        "\n".join(f"- {line}." for line in told["machine"]),
        *(_rates(one) for one in told["figures"]),
        _weights(told["weights"]),
        _archive(told),
    ]
    return "\n\n".join(taken)


def _rates(one: Figures) -> str:
    unit = one.comparison.ways[0].unit
    rows = [
        [way.name, f"{one.median(way.name):,.0f}", _spread(one, way.name), f"{_longest(one, way.name):,.0f}"]
        for way in one.comparison.ways
    ]
    return _table([one.comparison.name, unit, "", "longest step, ms"], rows)


def _spread(one: Figures, name: str) -> str:
    values = one.values(name, "rate")
    return f"({min(values):,.0f} to {max(values):,.0f})"


def _longest(one: Figures, name: str) -> float:
    return max(one.values(name, "longest_ms"))


def _weights(weights: dict[str, dict[str, float]]) -> str:
    names = {
        "line": "a ledger line, one table",
        "line_in_months": "a ledger line, 36 months",
        "answer": "an answer kept under a key",
        "range": "a row that says which lines are in the archive",
    }
    rows = [
        [
            words,
            f"{weights[name]['heap']:.0f}",
            f"{weights[name]['indexes']:.0f}",
            f"{total(weights[name]):.0f}",
        ]
        for name, words in names.items()
    ]
    return _table(["bytes on the disk", "row", "its indexes", "together"], rows)


def total(weight: dict[str, float]) -> float:
    return weight["heap"] + weight["indexes"]


def _archive(told: dict[str, Any]) -> str:
    rows = [
        [
            name,
            f"{one['lines']:,}",
            f"{one['bytes'] / one['lines']:.1f}",
            f"{one['lines'] / one['writing_seconds']:,.0f}",
            f"{one['lines'] / one['removing_seconds']:,.0f}",
            f"{one['longest_ms']:.0f}",
            f"{one['ranges']:,}",
            "none" if not one["faults"] else "; ".join(one["faults"]),
        ]
        for name, one in told["archived"].items()
    ]
    head = [
        "archive_ledger",
        "lines",
        "bytes/line in the file",
        "written/s",
        "removed/s",
        "longest step, ms",
        "ranges",
    ]
    retired = told["retired"]
    return "\n\n".join(
        [
            _table([*head, "differences afterwards"], rows),
            f"Switching a table of {told['lines']:,} lines held the lock for {told['switched_ms']:.0f} ms (the indexes "
            f"were built before, while charges went on). Retiring an archived month took "
            f"{min(retired['ms']):.0f} to {max(retired['ms']):.0f} ms, with {max(retired['moved'])} lines that stay.",
        ]
    )


def arithmetic(told: dict[str, Any]) -> str:
    weights, archived = told["weights"], told["archived"]["36 months"]
    line, answer, part = (total(weights[name]) for name in ("line_in_months", "answer", "range"))
    ranges = archived["ranges"] / archived["lines"]
    closing = _median(told, "Closing", "36 months, closes.close")
    removing = archived["lines"] / archived["removing_seconds"]
    batch = _median(told, "Charging, batch", "36 months")
    mean = LINES_A_MONTH / SECONDS_A_MONTH
    rows = [
        ["charges, mean", f"{LINES_A_MONTH:,} ÷ {SECONDS_A_MONTH:,} s", f"{mean:,.0f}/s"],
        ["charges, busy hour", f"{mean:,.0f}/s × {PEAK}", f"{mean * PEAK:,.0f}/s; batches here: {batch:,.0f}/s"],
        ["ledger, a month", f"{LINES_A_MONTH:,} × {line:.0f} bytes", _gb(LINES_A_MONTH * line)],
        ["ledger, 3 months online", f"3 × {_gb(LINES_A_MONTH * line)}", _gb(3 * LINES_A_MONTH * line)],
        ["answers, a month, if each has a key", f"{LINES_A_MONTH:,} × {answer:.0f} bytes",
         _gb(LINES_A_MONTH * answer)],
        ["archive files, a month", f"{LINES_A_MONTH:,} × {archived['bytes'] / archived['lines']:.1f} bytes",
         _gb(LINES_A_MONTH * archived["bytes"] / archived["lines"])],
        ["rows about the archive, a month", f"{WALLETS:,} wallets × 1 or 2 ranges × {part:.0f} bytes",
         f"{_gb(WALLETS * part)} to {_gb(2 * WALLETS * part)}"],
        ["month end", f"{WALLETS:,} ÷ {closing:,.0f} wallets/s", f"{WALLETS / closing / 60:,.0f} min with one worker"],
        ["archive a month", f"{LINES_A_MONTH:,} ÷ {removing:,.0f} lines/s",
         f"{LINES_A_MONTH / removing / 3600:,.0f} h, one process"],
        ["wallet rows", f"{WALLETS:,} × 1 KB", _gb(WALLETS * 1000)],
    ]  # fmt: skip
    note = (
        f"Ranges here: {ranges:.3f} for each line, since the wallets of this run have two lines a month; a wallet of a "
        "hundred lines a month has one range and one more for each line in between that stays."
    )
    return _table(["of ten million wallets and a billion lines a month", "", ""], rows) + f"\n\n{note}"


def _median(told: dict[str, Any], comparison: str, way: str) -> float:
    return next(one for one in told["figures"] if one.comparison.name == comparison).median(way)


def _gb(size: float) -> str:
    return f"{size / 1e9:,.0f} GB"


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
