"""How many requests wait for whoever looks, beside “Requests” in the navigation."""

from typing import Any

from django import template
from django.utils import timezone

from credit.actions import requests
from credit.actors import Actor
from credit.models import ChangeRequest

register = template.Library()
MOST = 99


@register.simple_tag
def requests_waiting(user: Any) -> str:
    """ "3", or "99+"; nothing where nothing waits, which costs one question."""
    if not ChangeRequest.objects.open().exclude(by_user=user).exists():
        return ""
    waiting = requests.waiting_for(Actor.person(user), timezone.now())
    count = waiting.order_by().values("pk")[: MOST + 1].count()
    return f"{MOST}+" if count > MOST else str(count or "")
