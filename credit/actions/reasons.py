"""Why somebody decided: a code of the list and their own words, asked for in the action, by whatever door they came."""

from credit.actions import inputs
from credit.actions.refusals import BadInput
from credit.actors import Actor
from credit.languages import Said as _
from credit.terms import ChangeReason


def parse_reason(reason_code: str, reason: str, by: Actor | None = None) -> tuple[str, str]:
    """BadInput("reason_code") for a code that is not in the list, or none from somebody who decides (`by.decides`).

    Without `by` nobody has to say why: a record is kept, such as an address, and nothing is decided.
    """
    _refuse_unless_known(reason_code, is_due=by is not None and by.decides)
    return reason_code, inputs.text(reason, field="reason", longest=255)


def parse_code_of_money(reason_code: str, by: Actor) -> str:
    """As `parse_reason`, of money: a client gives back what it charged, and decides nothing; a person does."""
    _refuse_unless_known(reason_code, is_due=by.user is not None)
    return reason_code


def _refuse_unless_known(reason_code: str, is_due: bool) -> None:
    if reason_code and reason_code not in ChangeReason.values:
        message = _("Reason %(reason_code)r is not in the list. Choose one.") % {"reason_code": reason_code}
        raise BadInput("reason_code", message)
    if is_due and not reason_code:
        raise BadInput("reason_code", _("Choose why. It is kept with the change."))
