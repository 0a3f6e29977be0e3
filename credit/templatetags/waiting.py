"""How many requests wait for whoever looks, beside “Requests” in the navigation."""

from typing import Any

from django import template
from django.utils import timezone

from credit.actions import waiting
from credit.actors import Actor

register = template.Library()


@register.simple_tag
def requests_waiting(user: Any) -> str:
    """ "3", or "99+"; nothing where nothing waits, which the person came with (credit/sign_in.py)."""
    if not getattr(user, "something_waits", True):
        return ""
    count = waiting.count_of(Actor.person(user), timezone.now())
    return f"{waiting.MOST}+" if count > waiting.MOST else str(count or "")
