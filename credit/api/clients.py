"""Who is asking: the client behind a credential, what it may do, and how much of its rate is left."""

from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from time import monotonic
from typing import Any

from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest
from django.utils import timezone
from ninja.security.base import AuthBase

from credit.actions import clients
from credit.actors import Actor
from credit.api import patience, rates
from credit.api.bodies import refuse_unread
from credit.api.problems import Problem
from credit.models import ApiClient

_MOST_KEPT = 10_000


class SignedIn(HttpRequest):
    """A request after the door: who asks, and what is left of their rate."""

    auth: Actor
    allowance: rates.Allowance


@dataclass(frozen=True)
class Caller:
    client_id: int
    scopes: frozenset[str]
    actor: Actor


class ClientKey(AuthBase):
    """`Authorization: Bearer <credential>`, of a client with the scope."""

    openapi_type = "http"
    openapi_scheme = "bearer"
    openapi_description = "The credential of an API client; an administrator makes it under “API clients”."

    def __init__(self, scope: str) -> None:
        self.scope = scope
        super().__init__()

    def __call__(self, request: HttpRequest) -> Actor:
        caller = _caller(request.META.get("HTTP_AUTHORIZATION", ""))
        allowance = rates.take(caller.client_id)
        request.allowance = allowance  # type: ignore[attr-defined]
        if allowance.is_used_up:
            raise Problem(429, "too_many_requests", "The client has used up its requests of this minute.")
        if self.scope not in caller.scopes:
            raise _missing(self.scope, caller)
        refuse_unread(request)
        patience.set_on_connection()
        return caller.actor.from_here()


class _Known:
    """Callers of the last seconds. A revoked credential is refused everywhere once they have passed."""

    def __init__(self) -> None:
        self._callers: dict[str, tuple[float, Caller]] = {}
        self._lock = Lock()

    def get(self, credential: str) -> Caller | None:
        until, caller = self._callers.get(credential, (0.0, None))
        return caller if monotonic() < until else None

    def keep(self, credential: str, caller: Caller) -> None:
        with self._lock:
            if len(self._callers) >= _MOST_KEPT:
                self._callers.clear()
            self._callers[credential] = (monotonic() + settings.CREDIT_API_CLIENT_KEPT_SECONDS, caller)

    def forget(self) -> None:
        with self._lock:
            self._callers.clear()


known = _Known()


def _caller(header: str) -> Caller:
    word, _, credential = header.partition(" ")
    credential = credential.strip()
    if word.lower() != "bearer" or not credential:
        raise _not_signed_in("There is no credential in the request.", "")
    return known.get(credential) or _look_up(credential)


def _look_up(credential: str) -> Caller:
    now = timezone.now()
    patience.set_on_connection()
    client = clients.signed_in(credential, now)
    if client is None:
        raise _not_signed_in("The credential is not valid, or not any more.", ', error="invalid_token"')
    _note_use(client, now)
    caller = Caller(client.pk, frozenset(client.scopes), clients.actor_of(client))
    known.keep(credential, caller)
    return caller


def _note_use(client: ApiClient, now: datetime) -> None:
    """A request does not fail for it: where a writer keeps others out, the client's next look-up notes it."""
    try:
        clients.note_use(client, now)
    except OperationalError as error:
        if not patience.is_lock(error):
            raise


def _not_signed_in(detail: str, error: str) -> Problem:
    return Problem(
        401, "not_signed_in", detail, headers={"WWW-Authenticate": f'Bearer realm="finance-portal"{error}'}
    )


def _missing(scope: str, caller: Caller) -> Problem:
    says: dict[str, Any] = {"scope": scope, "scopes": sorted(caller.scopes)}
    challenge = f'Bearer realm="finance-portal", error="insufficient_scope", scope="{scope}"'
    return Problem(
        403,
        "not_authorized",
        f"The client does not have the scope {scope}.",
        headers={"WWW-Authenticate": challenge},
        **says,
    )
