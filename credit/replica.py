"""Reads that may be old go to a copy of the database, where REPLICA_DATABASE_URL names one. What decides never does.

A page says so itself, by `may_be_old`; only inside it the router knows the copy. The page says how old it is at most.
It never shows a person less than what they have saved: the place in the database's log up to which a browser has
written stands in a cookie, and a copy that has not come so far is not asked. A copy that is away, too old or stumbles
is passed over: then the page comes from the database itself.
"""

import logging
import math
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from time import monotonic
from typing import Any

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.db import DEFAULT_DB_ALIAS, DatabaseError, InterfaceError, OperationalError, connections
from django.db.models import Model
from django.http import HttpRequest
from django.http.response import HttpResponseBase, StreamingHttpResponse

REPLICA = "replica"
COOKIE = "saved_up_to"
COOKIE_SECONDS = 3600
PASSED_OVER_SECONDS = 5  # after it did not answer: not every page waits for it anew
HEADER = "Portal-Oldest-Seconds"

_SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")
_PLACE_IN_LOG = re.compile(r"[0-9A-F]{1,8}/[0-9A-F]{1,8}")
_NOWHERE, _NEVER_REACHED = "0/0", "FFFFFFFF/FFFFFFFF"
# All that was committed before the latest commit that the copy has repeated is there: it is at most as old as that.
_STATE = """
    SELECT EXTRACT(EPOCH FROM clock_timestamp() - pg_last_xact_replay_timestamp())
    WHERE pg_is_in_recovery() AND pg_last_wal_replay_lsn() >= %s::pg_lsn
"""

log = logging.getLogger(__name__)
_reading: ContextVar[bool] = ContextVar("reading_from_the_replica", default=False)

View = Callable[..., HttpResponseBase]


class Router:
    """The copy is read inside `may_be_old` and outside of transactions only. It is never written."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        decides = connections[DEFAULT_DB_ALIAS].in_atomic_block
        # Said aloud: by itself Django would ask the copy again for whatever belongs to a row that came from there.
        return REPLICA if _reading.get() and not decides else DEFAULT_DB_ALIAS

    def db_for_write(self, model: type[Model], **hints: Any) -> str:
        return DEFAULT_DB_ALIAS

    def allow_relation(self, one: Model, other: Model, **hints: Any) -> bool:
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        return False if db == REPLICA else None


def may_be_old(view: View) -> View:
    """For a page or a download that only shows. Rights are asked outside of it, on the database itself."""

    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        assert request.method in _SAFE, "what changes something reads the database itself"
        age = _age(request)
        if age is None:
            return view(request, *args, **kwargs)
        try:
            request.oldest_seconds = age  # type: ignore[attr-defined]
            with _from_the_copy():
                return _marked(view(request, *args, **kwargs), age)
        except (OperationalError, InterfaceError) as error:
            _passed_over.note(error)
            request.oldest_seconds = None  # type: ignore[attr-defined]
            return view(request, *args, **kwargs)

    shown.may_be_old = True  # type: ignore[attr-defined]
    return shown


def _age(request: HttpRequest) -> int | None:
    """Full seconds, at least 1; None: this page comes from the database itself."""
    if REPLICA not in settings.DATABASES or _passed_over.lasts():
        return None
    saved_up_to = request.COOKIES.get(COOKIE, _NOWHERE)
    place = saved_up_to if _PLACE_IN_LOG.fullmatch(saved_up_to) else _NOWHERE
    try:
        with connections[REPLICA].cursor() as cursor:
            row = cursor.execute(_STATE, [place]).fetchone()
    except (OperationalError, InterfaceError) as error:
        _passed_over.note(error)
        return None
    if row is None or row[0] is None:
        return None
    age = max(1, math.ceil(row[0]))
    return age if age <= settings.REPLICA_OLDEST_SECONDS else None


def _marked(response: HttpResponseBase, age: int) -> HttpResponseBase:
    response.headers[HEADER] = str(age)
    if isinstance(response, StreamingHttpResponse):
        response.streaming_content = _streamed(response.streaming_content)  # type: ignore[arg-type]
    return response


def _streamed(parts: Iterable[bytes]) -> Iterator[bytes]:
    """A download reads while it is sent, long after its view has returned."""
    remaining = iter(parts)
    while True:
        with _from_the_copy():
            part = next(remaining, None)
        if part is None:
            return
        yield part


@contextmanager
def _from_the_copy() -> Iterator[None]:
    token = _reading.set(True)
    try:
        yield
    finally:
        _reading.reset(token)


class _PassedOver:
    """Since when the copy does not answer, in this process."""

    def __init__(self) -> None:
        self._until = 0.0

    def lasts(self) -> bool:
        return monotonic() < self._until

    def note(self, error: Exception) -> None:
        log.warning("The copy of the database is passed over for %s s: %s", PASSED_OVER_SECONDS, error)
        self._until = monotonic() + PASSED_OVER_SECONDS
        connections[REPLICA].close()


_passed_over = _PassedOver()


class SavedUpTo:
    """Middleware: tells a browser that has changed something up to which place in the log the change stands."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        if REPLICA not in settings.DATABASES:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        signed_in = settings.SESSION_COOKIE_NAME in request.COOKIES  # an API client keeps no cookies
        if request.method not in _SAFE and signed_in:
            response.set_cookie(
                COOKIE, _place_now(), max_age=COOKIE_SECONDS, httponly=True, samesite="Lax",
                secure=settings.SESSION_COOKIE_SECURE,
            )  # fmt: skip
        return response


def _place_now() -> str:
    try:
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            return str(cursor.execute("SELECT pg_current_wal_insert_lsn()").fetchone()[0])
    except DatabaseError:
        # What was saved is saved; the browser just reads the database itself for a while.
        return _NEVER_REACHED
