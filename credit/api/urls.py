"""Addresses below /api/: version 1, its OpenAPI document and page, and a page for each problem."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import URLPattern, path
from django.views.decorators.csrf import csrf_exempt

from credit.api import reference
from credit.api.application import api
from credit.api.problems import Problem


def door(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Clients sign in with each request, not with a session; every answer says what is left of their rate."""

    @csrf_exempt
    @login_not_required
    @wraps(view)
    def through(request: HttpRequest, *args: Any, **names: Any) -> HttpResponse:
        response = view(request, *args, **names)
        if isinstance(response, HttpResponseNotAllowed):
            response = _not_allowed(response)
        allowance = getattr(request, "allowance", None)
        for name, value in (allowance.headers() if allowance else {}).items():
            response[name] = value
        return response

    return through


def _not_allowed(response: HttpResponse) -> HttpResponse:
    detail = f"This address takes {response['Allow']}."
    return Problem(405, "method_not_allowed", detail, headers={"Allow": response["Allow"]}).response()


def nothing_here(request: HttpRequest, rest: str = "") -> HttpResponse:
    return Problem(404, "page_not_found", "There is no such address. /api/v1/docs lists them.").response()


def _through_the_door(pattern: Any) -> URLPattern:
    # ninja's own root page lists the operations as HTML; ours is /docs.
    return path(f"v1/{pattern.pattern}", door(pattern.callback), name=pattern.name)


_operations: list[Any] = api.urls[0]
urlpatterns = [
    path("v1/openapi.json", reference.openapi, name="api_openapi"),
    path("v1/docs", reference.docs, name="api_docs"),
    path("problems/<slug:reason>", reference.problem, name="api_problem"),
    *(_through_the_door(pattern) for pattern in _operations if pattern.name != "api-root"),
    path("v1/", door(nothing_here)),
    path("v1/<path:rest>", door(nothing_here)),
]
