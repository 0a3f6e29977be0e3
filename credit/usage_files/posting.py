"""A batch of lines, posted through the same action as any charge."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from credit.actions import charges
from credit.actions.books import Now
from credit.actions.outcome import Outcome
from credit.actions.refusals import BadInput
from credit.actors import Actor
from credit.models import RefusedLine
from credit.terms import Reason
from credit.usage_files.charges_of_lines import charge_of
from organizations.rows import Row

_COLUMN_OF = {"wallet": "wallet_id"}


@dataclass
class Posted:
    """What became of the lines; a line stands in exactly one of the four."""

    posted: int = 0
    known: int = 0
    declined: int = 0
    refused: int = 0
    refusals: list[RefusedLine] = field(default_factory=list)

    def refuse(self, line: Row, reason: Reason | None, name: str, message: str) -> None:
        column = _COLUMN_OF.get(name, name)
        self.refusals.append(
            RefusedLine(
                number=line.number,
                reason=reason or Reason.INVALID_INPUT,
                field=column,
                message=message,
                original=line.text.rstrip("\r\n"),
            )
        )


def post_lines(lines: Sequence[Row], *, digest: str, gated: bool, by: Actor, now: Now) -> Posted:
    """Posts what can be posted, in the file's order; the rest is counted and told."""
    done, readable, requests = Posted(), [], []
    for line in lines:
        try:
            requests.append(charge_of(line, digest=digest, gated=gated))
            readable.append(line)
        except BadInput as error:
            done.refused += 1
            done.refuse(line, error.reason, error.field, error.message)
    outcomes = charges.post(lines=requests, by=by, now=now) if requests else []
    for line, outcome in zip(readable, outcomes, strict=True):
        _count(done, line, outcome)
    return done


def _count(done: Posted, line: Row, outcome: Outcome) -> None:
    if outcome.accepted:
        done.known += outcome.replayed
        done.posted += not outcome.replayed
        return
    # A decline is an answer that is kept under the line's key; bad input is not, so the line can be sent again.
    done.declined += outcome.error is None
    done.refused += outcome.error is not None
    done.refuse(line, outcome.reason, outcome.field, outcome.message)
