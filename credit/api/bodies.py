"""How a body is read: JSON in UTF-8, of a bounded size, and nothing else."""

from typing import Any

import orjson
from django.conf import settings
from django.http import HttpRequest
from ninja.parser import Parser

from credit.api.problems import Problem


class JsonBody(Parser):
    """orjson refuses NaN, broken UTF-8 and what is nested without end."""

    def parse_body(self, request: HttpRequest) -> Any:
        try:
            return orjson.loads(request.body)
        except orjson.JSONDecodeError as error:
            raise Problem(400, "invalid_json", f"The body cannot be read as JSON: {error}.") from None


def refuse_unread(request: HttpRequest) -> None:
    """By its headers, before a byte of it is read."""
    if request.method != "POST":
        return
    if request.content_type != "application/json":
        raise Problem(
            415, "wrong_content_type", f"The body is {request.content_type or 'untyped'}, not JSON."
        )
    sent = request.META.get("CONTENT_LENGTH") or "0"
    if sent == "0" and "HTTP_TRANSFER_ENCODING" in request.META:
        raise Problem(
            411, "length_required", "A body in chunks is not read. Send it whole, with its Content-Length."
        )
    if not sent.isdigit() or int(sent) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        raise too_large()


def too_large() -> Problem:
    return Problem(
        413, "body_too_large", f"A body has at most {settings.DATA_UPLOAD_MAX_MEMORY_SIZE:,} bytes."
    )
