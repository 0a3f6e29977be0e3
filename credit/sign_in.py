"""Signing in, through whichever page: after too many failed tries a name has to wait, with the right password too.

A library for this (django-axes) brings three tables, a middleware and signals; the portal needs one count per name.
"""

import math
from datetime import timedelta
from functools import cache
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Exists, F, OuterRef
from django.http import HttpRequest
from django.utils import timezone

from credit import rights
from credit.models import ChangeRequest, Preferences, SavedView, SignInTries
from credit.written_queries import Written, slot


class CountedBackend(rights.RightsInOneQuestion):
    """Counts per name and not per address: behind a proxy or in one office, everybody has the same address."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **credentials: Any,
    ) -> User | None:
        """The person; None where name or password is wrong. PermissionDenied while the name has to wait."""
        name = username or ""
        _refuse_while_waiting(request, name)
        person: User | None = super().authenticate(
            request, username=username, password=password, **credentials
        )
        if person is None:
            _count(name)
        else:
            SignInTries.objects.filter(name_digest=_digest(name)).delete()
        return person

    def get_user(self, user_id: Any) -> User | None:
        """With what the person chose (credit/viewer.py) and may do, in the one query that every page asks.

        And with whether a request of somebody else is open, and whether the person is offered saved views.
        """
        person = _person(user_id)
        return person if person is not None and self.user_can_authenticate(person) else None


_OWN = [field.attname for field in User._meta.concrete_fields]
_CHOSEN = [field.attname for field in Preferences._meta.concrete_fields]


def _person(pk: int) -> User | None:
    using = DEFAULT_DB_ALIAS  # never a copy that may be old: a right that was taken away is gone at once
    row = _written_person(using).row(pk=pk)
    if row is None:
        return None
    person = User.from_db(using, _OWN, row[: len(_OWN)])
    *chosen, held, waits, offered = row[len(_OWN) :]
    rights.keep(person, held)
    person.something_waits, person.is_offered_views = bool(waits), bool(offered)  # type: ignore[attr-defined]
    has_chosen = chosen[0] is not None
    person._state.fields_cache["preferences"] = (
        Preferences.from_db(using, _CHOSEN, chosen) if has_chosen else None
    )
    return person


@cache
def _written_person(using: str) -> Written:
    chosen = [f"preferences__{name}" for name in _CHOSEN]
    people = User.objects.filter(pk=slot("pk", User._meta.pk)).annotate(
        held=rights.beside_the_person(using),
        # What every page's navigation and every list's tabs would else ask for: mostly there is nothing of it.
        waits=Exists(ChangeRequest.objects.open().exclude(by_user=OuterRef("pk"))),
        offered=Exists(SavedView.objects.offered_to(OuterRef("pk"))),
    )
    return Written(people.values_list(*_OWN, *chosen, "held", "waits", "offered"), using)


def _refuse_while_waiting(request: HttpRequest | None, name: str) -> None:
    used_up = SignInTries.objects.filter(name_digest=_digest(name), count__gte=settings.SIGN_IN_TRIES)
    tries = used_up.filter(since__gt=timezone.now() - _window()).first()
    if tries is None:
        return
    if request is not None:
        left = tries.since + _window() - timezone.now()
        request.sign_in_waits_minutes = max(1, math.ceil(left / timedelta(minutes=1)))  # type: ignore[attr-defined]
    raise PermissionDenied("Too many tries to sign in under this name.")


def _count(name: str) -> None:
    """What is over is removed first, so that the table holds the names of one window and no more."""
    now = timezone.now()
    SignInTries.objects.filter(since__lte=now - _window()).delete()
    tries, is_first = SignInTries.objects.get_or_create(name_digest=_digest(name), defaults={"since": now})
    if not is_first:
        SignInTries.objects.filter(pk=tries.pk).update(count=F("count") + 1)


def _digest(name: str) -> str:
    return sha256(name.casefold().encode(errors="surrogatepass")).hexdigest()


def _window() -> timedelta:
    return timedelta(minutes=settings.SIGN_IN_MINUTES)
