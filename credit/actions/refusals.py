"""How an action says no. Every one carries a stable reason code, a sentence for a person, and the numbers behind it."""

from typing import Any

from credit.languages import Said as _
from credit.languages import shown
from credit.terms import Reason


class NotDone(Exception):
    """Nothing was stored unless it is a Declined, which is an answer and is recorded."""

    def __init__(self, reason: Reason, message: str, *, field: str = "", **numbers: Any):
        super().__init__(message)
        self.reason = Reason(reason)
        self.message = message
        self.field = field
        self.numbers = numbers

    @property
    def shown(self) -> str:
        """The sentence in the reader's language; `message` is what is kept and what the API says."""
        return str(shown(self.message))


class BadInput(NotDone):
    """What was sent cannot be understood or kept; `field` names it."""

    def __init__(self, field: str, message: str, reason: Reason = Reason.INVALID_INPUT, **numbers: Any):
        super().__init__(reason, message, field=field, **numbers)


class Refused(NotDone):
    """Understood, and not allowed."""


class ConfirmationNeeded(Refused):
    """Allowed once a person has said yes to what the message names."""


class Declined(NotDone):
    """A money verb's no: an answer that is kept with its key and recorded as an attempt."""


def require(by: Any, permission: str, deed: str) -> None:
    """Refused(not_authorized) unless the actor has the right."""
    if not by.may(permission):
        raise Refused(
            Reason.NOT_AUTHORIZED,
            _("%(name)s may not %(deed)s. Ask somebody who has that right.")
            % {"name": by.name, "deed": deed},
        )
