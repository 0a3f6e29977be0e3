"""Errors as problem documents (RFC 9457), and how each kind of no becomes a status."""

from typing import Any

import orjson
from django.http import HttpResponse

from credit.actions import requests
from credit.actions.authority import BeyondAuthority
from credit.actions.outcome import Outcome
from credit.actions.refusals import BadInput, ConfirmationNeeded, NotDone
from credit.api.answers import decline, in_decimals
from credit.api.reasons import EXPLAINED
from credit.terms import Reason

CONTENT_TYPE = "application/problem+json"
HOW_TO_ASK = "To ask somebody else for it, send it again with `if_beyond_authority`: “request”."
_CONFIRMED_BY = {Reason.REFERENCE_USED: "another"}


class Problem(Exception):
    """A no that ends the request. `members` are the document's own fields beside the standard ones."""

    def __init__(
        self, status: int, reason: str, detail: str, *, headers: dict[str, str] | None = None, **members: Any
    ):
        super().__init__(detail)
        self.status = status
        self.reason = reason
        self.detail = detail
        self.headers = headers or {}
        self.members = members

    def document(self) -> dict[str, Any]:
        return {
            "type": f"/api/problems/{self.reason}",
            "title": EXPLAINED[self.reason].title,
            "status": self.status,
            "detail": self.detail,
            "reason": self.reason,
            **self.members,
        }

    def response(self) -> HttpResponse:
        body = orjson.dumps(self.document())
        response = HttpResponse(body, status=self.status, content_type=CONTENT_TYPE, headers=self.headers)
        # A decline is an answer: Django would write a warning to the log for every one of them.
        response._has_been_logged = self.status < 500  # type: ignore[attr-defined]
        return response


def of_refusal(error: NotDone) -> Problem:
    """Bad input, a refusal, or a question that wants a yes; nothing was stored."""
    members: dict[str, Any] = in_decimals(error.numbers)
    if isinstance(error, ConfirmationNeeded):
        members["confirm"] = _CONFIRMED_BY.get(error.reason, error.field or "confirmed")
    if error.field:
        members["field"] = error.field
        members["errors"] = [{"field": error.field, "detail": error.message, "reason": str(error.reason)}]
    if isinstance(error, BeyondAuthority):
        part = ["grant_and_request"] if requests.part_of(error) else []
        members["if_beyond_authority"] = ["request", *part]
        return Problem(403, str(error.reason), f"{error.message} {HOW_TO_ASK}", **members)
    return Problem(_status(error), str(error.reason), error.message, **members)


def of_decline(outcome: Outcome) -> Problem:
    """The recorded no of a money verb: 402, with the amount asked, usable, and the formula at that instant."""
    return Problem(402, str(outcome.reason), outcome.message, **decline(outcome))


def _status(error: NotDone) -> int:
    if error.reason == Reason.NOT_FOUND:
        return 404
    if error.reason == Reason.NOT_AUTHORIZED:
        return 403
    return 422 if isinstance(error, BadInput) else 409
