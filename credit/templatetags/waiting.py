"""How many requests wait for whoever looks, beside “Requests” in the navigation."""

from functools import cache, lru_cache
from typing import Any

from django import template
from django.contrib.auth.models import User
from django.utils import timezone

from credit.actions import requests, waiting
from credit.actions.authority import is_bound
from credit.actors import Actor
from credit.models import ChangeRequest
from credit.written_queries import Written, slot

register = template.Library()
MOST = 99


@register.simple_tag
def requests_waiting(user: Any) -> str:
    """ "3", or "99+"; nothing where nothing waits, which costs one question."""
    using = ChangeRequest.objects.all().db
    if not _of_others(using).row(user=user.pk):
        return ""
    by = Actor.person(user)
    count = _within_authority(by) if is_bound(by) else _all(using, waiting.decided(by), user.pk)
    return f"{MOST}+" if count > MOST else str(count or "")


def _within_authority(by: Actor) -> int:
    """Which differs from one to the next, and with the clock."""
    return requests.waiting_for(by, timezone.now()).order_by().values("pk")[: MOST + 1].count()


def _all(using: str, verbs: tuple[str, ...], user: int) -> int:
    return len(_undecided(using, verbs).rows(user=user)) if verbs else 0


@cache
def _of_others(using: str) -> Written:
    others = ChangeRequest.objects.open().exclude(by_user=_user())
    return Written(others.order_by().values_list("pk")[:1], using)


@lru_cache(maxsize=200)
def _undecided(using: str, verbs: tuple[str, ...]) -> Written:
    """What somebody with these rights whom no authority bounds may decide."""
    others = waiting.of_verbs(verbs).exclude(waiting.of_person(_user()))
    return Written(others.order_by().values_list("pk")[: MOST + 1], using)


def _user() -> Any:
    return slot("user", User._meta.pk)
