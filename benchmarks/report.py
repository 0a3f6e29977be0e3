"""The figures as a page: what is claimed and reached, what was measured, and what stops the rest."""

from collections.abc import Sequence

from benchmarks.rounds import Claim, Figures

WORDS = {"reach": "reached", "floor": "floor reached", "missed": "**below the floor**", "void": "**VOID**"}


def page(
    every: Sequence[Figures], machine: Sequence[str], accounts: dict[str, str], *, rounds: int, seconds: float
) -> str:
    parts = [
        "# Performance",
        "Written by `make bench`; nobody edits it by hand. `benchmarks/README.md` says how it measures.",
        f"Every ratio is of medians of {rounds} rounds of {seconds:g} s, the compared ways in turns in one run. In "
        "brackets the least and the greatest ratio of two rounds that ran one after the other. After each comparison "
        "the ledgers are summed against the wallets: one overspent, doubled or lost charge voids its figures.",
        "\n".join(f"- {line}." for line in machine),
        "## What is claimed",
        claims(every),
        *_accounts(every, accounts),
        "## What was measured",
        *(_comparison(figures) for figures in every),
    ]
    return "\n\n".join(parts) + "\n"


def claims(every: Sequence[Figures]) -> str:
    rows = [
        [
            claim.sentence,
            _ratio(figures, claim),
            _bound(claim, claim.floor),
            _bound(claim, claim.reach),
            _verdict(figures, claim),
        ]
        for figures in every
        for claim in figures.comparison.claims
    ]
    return _table(["ratio", "measured", "floor", "reach", ""], rows)


def not_reached(every: Sequence[Figures]) -> list[Claim]:
    return [
        claim
        for figures in every
        for claim in figures.comparison.claims
        if figures.verdict(claim) in ("missed", "void")
        or (figures.verdict(claim) == "floor" and claim.reach is not None)
    ]


def _accounts(every: Sequence[Figures], accounts: dict[str, str]) -> list[str]:
    missing = "No account is written yet: profile it, and write it into `accounts.py`."
    told = [f"**{claim.sentence}.** {accounts.get(claim.sentence, missing)}" for claim in not_reached(every)]
    return ["## What is not reached, and what stops it", *told] if told else []


def _comparison(figures: Figures) -> str:
    comparison = figures.comparison
    rows = [
        [
            way.name,
            f"{figures.median(way.name):,.0f}",
            _spread(figures, way.name),
            way.unit,
            _p99(figures, way.name),
            longest(figures, way.name),
        ]
        for way in comparison.ways
    ]
    faults = [f"**Void: {fault}.**" for fault in figures.faults]
    table = _table(["way", "median", "least–greatest", "", "p99", "longest"], rows)
    return "\n\n".join([f"### {comparison.name}", table, *faults, *comparison.notes])


def _ratio(figures: Figures, claim: Claim) -> str:
    least, greatest = figures.ratio_spread(claim)
    return f"{figures.ratio(claim):.2f} ({least:.2f}–{greatest:.2f})"


def _verdict(figures: Figures, claim: Claim) -> str:
    verdict = figures.verdict(claim)
    return "reached" if verdict == "floor" and claim.reach is None else WORDS[verdict]


def _bound(claim: Claim, bound: float | None) -> str:
    return "" if bound is None else f"{'≤' if claim.at_most else '≥'} {bound:g}"


def _spread(figures: Figures, way: str) -> str:
    values = figures.values(way, "rate")
    return f"{min(values):,.0f}–{max(values):,.0f}"


def _p99(figures: Figures, way: str) -> str:
    milliseconds = figures.median(way, "p99_ms")
    return f"{milliseconds:.1f} ms" if milliseconds else ""


def longest(figures: Figures, way: str) -> str:
    milliseconds = max(figures.values(way, "longest_ms"))
    return f"{milliseconds:.0f} ms" if milliseconds else ""


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
