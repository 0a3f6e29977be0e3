import dataclasses
from dataclasses import dataclass
from typing import Any

from credit.actions.refusals import NotDone
from credit.models import Transaction
from credit.terms import Reason

_NOT_KEPT = ("replayed", "error", "line", "repeats")


@dataclass
class Outcome:
    """The answer to a money verb. Amounts in micros; usable is None where the limit is unlimited (`unlimited`)."""

    verb: str
    accepted: bool
    wallet_id: str = ""
    amount_micros: int | None = None
    usable_micros: int | None = None
    unlimited: bool = False
    current_balance_micros: int | None = None
    transaction_id: int | None = None
    sequence: int | None = None
    reason: Reason | None = None
    message: str = ""
    field: str = ""
    breakdown: dict[str, Any] = dataclasses.field(default_factory=dict)
    details: dict[str, Any] = dataclasses.field(default_factory=dict)
    replayed: bool = False
    error: NotDone | None = dataclasses.field(default=None, repr=False, compare=False)
    line: Transaction | None = dataclasses.field(default=None, repr=False, compare=False)
    repeats: "Outcome | None" = dataclasses.field(default=None, repr=False, compare=False)

    def __getattr__(self, name: str) -> Any:
        """A verb's own numbers, such as `cleared_micros` or `rest_micros`, read like the common ones."""
        details = self.__dict__.get("details", {})
        if name in details:
            return details[name]
        raise AttributeError(name)

    def name_line(self) -> None:
        """Once the ledger line is written it has an id."""
        if self.line is not None:
            self.transaction_id, self.sequence = self.line.pk, self.line.sequence

    def to_json(self) -> dict[str, Any]:
        kept = {
            item.name: getattr(self, item.name)
            for item in dataclasses.fields(self)
            if item.name not in _NOT_KEPT
        }
        return {
            name: value
            for name, value in kept.items()
            if value is not None and value != "" and value != {} and value is not False
        }

    @classmethod
    def replay(cls, answer: dict[str, Any]) -> "Outcome":
        outcome = cls(**{"accepted": False, **answer}, replayed=True)
        outcome.reason = Reason(outcome.reason) if outcome.reason else None
        return outcome
