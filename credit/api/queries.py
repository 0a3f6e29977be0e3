"""What stands after the `?` of an address: known names only, and the address of the next page."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest

from credit.api.problems import Problem


def refuse_unknown(request: HttpRequest, *names: str) -> None:
    """A misspelt `as_of` must not be answered with the numbers of now."""
    unknown = sorted(set(request.GET) - set(names))
    if unknown:
        errors = [
            {"field": name, "detail": "There is no such parameter.", "reason": "invalid_input"}
            for name in unknown
        ]
        raise Problem(
            422,
            "invalid_input",
            f"There is no parameter {unknown[0]!r} here.",
            field=unknown[0],
            errors=errors,
        )


def next_page(request: HttpRequest, **place: Any) -> str:
    asked = {**request.GET.dict(), **{name: str(value) for name, value in place.items()}}
    return f"{request.path}?{urlencode(asked)}"
