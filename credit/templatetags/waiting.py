"""How many requests wait for whoever looks, beside “Requests” in the navigation."""

from functools import cache
from typing import Any

from django import template
from django.contrib.auth.models import User
from django.utils import timezone

from credit.actions import waiting
from credit.actors import Actor
from credit.models import ChangeRequest
from credit.written_queries import Written, slot

register = template.Library()


@register.simple_tag
def requests_waiting(user: Any) -> str:
    """ "3", or "99+"; nothing where nothing waits, which costs one question."""
    if not _of_others(ChangeRequest.objects.all().db).row(user=user.pk):
        return ""
    count = waiting.count_of(Actor.person(user), timezone.now())
    return f"{waiting.MOST}+" if count > waiting.MOST else str(count or "")


@cache
def _of_others(using: str) -> Written:
    others = ChangeRequest.objects.open().exclude(by_user=slot("user", User._meta.pk))
    return Written(others.order_by().values_list("pk")[:1], using)
