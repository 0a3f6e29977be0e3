"""The estimate against real bills: recommended from five months, judged on the sixth (docs/recommendation.md)."""

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from credit.guideline.estimate import Margin, estimate
from credit.money import MICROS

OLDEST_FIRST = [f"BILL_AMT{month}" for month in range(6, 0, -1)]


@dataclass(frozen=True)
class Client:
    """`months`: five bills, oldest first; `bill`: the sixth; `limit`: the bank's own. In micros, none negative."""

    limit: int
    months: tuple[int, ...]
    bill: int


@dataclass(frozen=True)
class Score:
    """`fit`: percent of all bills that the recommendation covers. `unused`: percent of it left over, on average over
    those who were recommended anything."""

    fit: float
    unused: float

    def beats(self, other: "Score") -> bool:
        return self.fit > other.fit and self.unused < other.unused


Rule = Callable[[Client], int]
_PARTS = 1_000_000


def clients(path: Path) -> list[Client]:
    """Overpayments (negative bills) count as nothing to pay."""
    with path.open(encoding="ascii", newline="") as rows:
        return [_client(row) for row in csv.DictReader(rows)]


def _client(row: dict[str, str]) -> Client:
    bills = [max(0, int(Decimal(row[column]) * MICROS)) for column in OLDEST_FIRST]
    return Client(int(Decimal(row["LIMIT_BAL"]) * MICROS), tuple(bills[:-1]), bills[-1])


def judge(rule: Rule, judged: Iterable[Client]) -> Score:
    count = fit = recommended = unused = 0
    for client in judged:
        limit = rule(client)
        count += 1
        fit += client.bill <= limit
        if limit > 0:
            recommended += 1
            unused += max(0, limit - client.bill) * _PARTS // limit
    return Score(100 * fit / count, 100 * unused / _PARTS / recommended if recommended else 0.0)


def guideline(margin: Margin) -> Rule:
    def recommend(client: Client) -> int:
        estimated = estimate(client.months, margin)
        return estimated.micros if estimated else 0

    return recommend


REFERENCES: dict[str, Rule] = {
    "the bank's own limits": lambda client: client.limit,
    "1.2 × the highest bill": lambda client: max(client.months) * 12 // 10,
    "1.5 × the last bill": lambda client: client.months[-1] * 15 // 10,
}
STEPS_TRIED = (50, 75, 100, 125, 150, 175, 200, 250, 300, 400, 500, 600)


def curve(judged: Sequence[Client]) -> list[tuple[Margin, Score]]:
    """The same rule with more and more room."""
    margins = [Margin(step=step) for step in STEPS_TRIED]
    return [(margin, judge(guideline(margin), judged)) for margin in margins]
