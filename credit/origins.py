"""From where somebody acts: the door they came through, and the address that their request had."""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from ipaddress import ip_address

from django.conf import settings
from django.db.models import TextChoices
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _


class Door(TextChoices):
    PORTAL = "portal", _("the portal")
    ADMIN = "admin", _("the Django admin")
    API = "api", _("the API")
    JOB = "job", _("a job or a command")


@dataclass(frozen=True)
class Origin:
    """`task`: what a worker does it for, on behalf of the person who came through the door before."""

    door: str = Door.JOB
    address: str = ""
    task: str = ""


_NOWHERE = Origin()
_current: ContextVar[Origin] = ContextVar("from_where", default=_NOWHERE)


def current() -> Origin:
    """Of the request that is being answered; without one, it is a job or a command."""
    return _current.get()


class FromWhere:
    """Middleware: whoever becomes an Actor while a request is answered carries from where it came."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        token = _current.set(Origin(_door(request.path_info), address_of(request)))
        try:
            return self.get_response(request)
        finally:
            _current.reset(token)


def _door(path: str) -> str:
    if path.startswith("/api/"):
        return Door.API
    return Door.ADMIN if path.startswith("/admin/") else Door.PORTAL


def address_of(request: HttpRequest) -> str:
    """The address that the outermost of our own proxies saw (PORTAL_PROXIES of them); "" where there is none.

    What stands further left in X-Forwarded-For was written by whoever sent the request, and proves nothing.
    """
    proxies = settings.PORTAL_PROXIES
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    if proxies and len(forwarded) >= proxies and (seen := _plain(forwarded[-proxies])):
        return seen
    return _plain(request.META.get("REMOTE_ADDR", ""))


def _plain(text: str) -> str:
    """Without the port that some proxies add; "" for what is no address."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(ip_address(text.partition("%")[0]))
    except ValueError:
        return ""
