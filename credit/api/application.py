"""The API put together: its routers, how a body is read, and how every error becomes a problem document."""

import logging
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.operation import Operation

from credit.actions.refusals import NotDone
from credit.api import asking, charging, limiting, patience, paying, reading, reserving
from credit.api.bodies import JsonBody, too_large
from credit.api.problems import Problem, of_refusal
from credit.terms import ChangeReason

log = logging.getLogger(__name__)


def _field(location: tuple[Any, ...]) -> str:
    """("body", "body", "lines", 3, "charge", "amount") -> "lines.3.amount"."""
    parts = [str(part) for part in location[1:]]
    if location[0] == "body" and parts:
        parts = [part for part in parts[1:] if part not in ("charge", "payment")]
    return ".".join(parts) or str(location[0])


def _error(found: dict[str, Any]) -> dict[str, Any]:
    field = _field(found["loc"])
    if field == "reason_code":
        codes = ChangeReason.values
        detail = f"Say why, by one of these codes: {', '.join(codes)}."
        return {"field": field, "detail": detail, "reason": "invalid_input", "allowed": codes}
    return {"field": field, "detail": f"{found['msg']}.", "reason": "invalid_input"}


def _not_valid(request: HttpRequest, invalid: ValidationError) -> HttpResponse:
    errors = [_error(found) for found in invalid.errors]
    if errors[0]["field"] == "Idempotency-Key" and invalid.errors[0]["type"] == "missing":
        detail = "This request moves money and needs a header Idempotency-Key."
        return Problem(400, "key_missing", detail, field="Idempotency-Key").response()
    first = errors[0]
    detail = f"{first['field']}: {first['detail']}"
    return Problem(422, "invalid_input", detail, field=first["field"], errors=errors).response()


def _http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    """What ninja wraps: an error while the body was read."""
    cause = error.__cause__
    if isinstance(cause, Problem):
        return cause.response()
    if isinstance(cause, RequestDataTooBig):
        return too_large().response()
    return Problem(400, "invalid_json", "The body could not be read to its end.").response()


def _too_many_parameters(request: HttpRequest, error: Exception) -> HttpResponse:
    detail = f"An address has at most {settings.DATA_UPLOAD_MAX_NUMBER_FIELDS:,} parameters."
    return Problem(422, "invalid_input", detail, field="query").response()


def _failed(request: HttpRequest, error: Exception) -> HttpResponse:
    log.error("%s %s failed", request.method, request.path, exc_info=error)
    return Problem(
        500, "internal_error", "The portal failed. Send the request again with the same key."
    ).response()


class Api(NinjaAPI):
    def get_openapi_operation_id(self, operation: Operation) -> str:
        return operation.view_func.__name__


def _made() -> Api:
    made = Api(
        title="Finance portal",
        version="1",
        urls_namespace="api-1",
        parser=JsonBody(),
        openapi_url=None,
        docs_url=None,
    )
    for module in (charging, reserving, paying, limiting, asking, reading):
        made.add_router("", module.router)
    answers: dict[Any, Any] = {
        Problem: lambda request, problem: problem.response(),
        NotDone: lambda request, error: of_refusal(error).response(),
        OperationalError: lambda request, error: patience.problem_of(error).response(),
        RequestDataTooBig: lambda request, error: too_large().response(),
        TooManyFieldsSent: _too_many_parameters,
        ValidationError: _not_valid,
        HttpError: _http_error,
        Http404: lambda request, error: Problem(404, "page_not_found", "There is nothing here.").response(),
        Exception: _failed,
    }
    for kind, answer in answers.items():
        made.add_exception_handler(kind, answer)
    return made


api = _made()
