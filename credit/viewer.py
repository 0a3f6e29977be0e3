"""How pages look to the person who asks: time zone, single letters, columns. What was never chosen is the portal's.

The row comes with the user in one query (credit/sign_in.py). It is read only when a page first needs it, so that a
request of the API pays nothing.
"""

from collections.abc import Callable
from contextvars import ContextVar

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from credit.models import Preferences

_asking: ContextVar[HttpRequest | None] = ContextVar("who_is_asking", default=None)

NOTHING_CHOSEN = Preferences()


def look_as_chosen(
    answer: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: while a request is answered, its person is the viewer."""

    def answer_the_viewer(request: HttpRequest) -> HttpResponseBase:
        token = _asking.set(request)
        try:
            return answer(request)
        finally:
            _asking.reset(token)

    return answer_the_viewer


def preferences() -> Preferences:
    request = _asking.get()
    return preferences_of(getattr(request, "user", None))


def preferences_of(user: object) -> Preferences:
    # Who never chose anything has no row; the error of that is an AttributeError.
    return getattr(user, "preferences", NOTHING_CHOSEN)


def zone() -> str:
    """The viewer's time zone; outside of a request, in jobs and commands, that of the portal."""
    return preferences().time_zone or settings.PORTAL_TIME_ZONE
