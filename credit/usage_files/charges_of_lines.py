"""What a line of a usage file asks for, and the key by which it is known again."""

from datetime import UTC, datetime

from credit.actions import charges
from credit.actions.refusals import BadInput
from credit.languages import Said as _
from credit.terms import Reason
from credit.usage_files.reading import REQUIRED
from organizations.rows import Row

DIGEST_LETTERS = 32  # 128 bits: no two files of a lifetime share them


def charge_of(line: Row, *, digest: str, gated: bool) -> charges.Line:
    """The charge that the line asks for; BadInput where it cannot be read."""
    if line.problem:
        raise BadInput("", line.problem)
    for column in REQUIRED:
        if not line[column]:
            reason = Reason.INVALID_AMOUNT if column == "amount" else Reason.INVALID_INPUT
            raise BadInput(column, _("%(column)s is empty.") % {"column": column}, reason)
    return charges.Line(
        wallet=line["wallet_id"],
        key=line["key"] or key_of(line, digest),
        amount=line["amount"],
        kind=line["kind"],
        currency=line["currency"],
        reference=line["reference"],
        description=line["description"],
        occurred_at=_instant(line["occurred_at"]),
        overrun=not gated,
    )


def key_of(line: Row, digest: str) -> str:
    """By content and place: the same file posts nothing twice, and two equal lines in it are two transactions."""
    return f"file {digest[:DIGEST_LETTERS]} line {line.number}"


def _instant(text: str) -> datetime | None:
    if not text:
        return None
    try:
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is not None:
            return instant.astimezone(UTC)
    except (ValueError, OverflowError):
        message = _("occurred_at is no instant such as 2026-11-30T15:32:00+02:00.")
        raise BadInput("occurred_at", message) from None
    message = _("occurred_at has no offset from UTC. Write it as 2026-11-30T15:32:00+02:00.")
    raise BadInput("occurred_at", message)
