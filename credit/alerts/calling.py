"""One call of a webhook, and what came of it."""

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPException
from threading import Event, Timer
from typing import Any

import orjson
import urllib3
from django.utils.translation import gettext as _
from urllib3.connection import HTTPConnection, HTTPSConnection

from credit.alerts import addresses, secrets
from credit.models import Webhook

# For each step of a call, and for the whole of it.
STEP_SECONDS, CALL_SECONDS = 10, 20
MOST_READ = 2048  # of an answer, for the page
# The receiver says that it will never take this one, or that it is gone; trying again would only be noise.
_NEVER = frozenset({400, 401, 403, 404, 405, 410, 413, 415, 422})


class NotTaken(Exception):
    """The receiver did not say that it has taken the call. `for_good`: it never will."""

    def __init__(self, message: str, *, for_good: bool = False):
        super().__init__(message)
        self.for_good = for_good


@dataclass(frozen=True)
class Message:
    """What is sent: its id is the same at every try, and with it the receiver knows it again."""

    id: str
    content: Mapping[str, Any]


def call(webhook: Webhook, message: Message, now: datetime) -> None:
    """Returns once the receiver has answered with 2xx. NotTaken otherwise."""
    body = orjson.dumps(message.content)
    try:
        target = addresses.resolve(webhook.url)
        headers = _headers(webhook, message.id, body, now)
    except addresses.NotCallable as refusal:
        raise NotTaken(str(refusal), for_good=refusal.for_good) from refusal
    except secrets.SecretIsLost:
        words = _("The installation's key was changed, so the secret is lost. Make a new secret.")
        raise NotTaken(words, for_good=True) from None
    _judge(*_posted(target, headers, body))


def _headers(webhook: Webhook, message_id: str, body: bytes, now: datetime) -> dict[str, str]:
    timestamp = int(now.timestamp())
    signed = (secrets.signature(one, message_id, timestamp, body) for one in secrets.of(webhook, now))
    return {
        "content-type": "application/json",
        "user-agent": "finance-portal",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signed),
    }


def _posted(target: addresses.Target, headers: dict[str, str], body: bytes) -> tuple[int, str]:
    """Status and the beginning of the answer. To the address that was judged; a redirect is an answer, not a way."""
    connection = _connection(target)
    try:
        connection.connect()
        with _at_most(CALL_SECONDS, connection):
            sent = {**headers, "host": _named(target)}
            connection.request("POST", target.path, body=body, headers=sent, preload_content=False)
            answer = connection.getresponse()
            beginning = b"" if 200 <= answer.status < 300 else answer.read1(MOST_READ)
        return answer.status, beginning.decode(errors="replace")
    except (urllib3.exceptions.HTTPError, HTTPException, OSError) as error:
        raise NotTaken(_told(target, error)) from error
    finally:
        connection.close()


def _named(target: addresses.Target) -> str:
    host = f"[{target.host}]" if ":" in target.host else target.host
    return host if target.port == {"https": 443, "http": 80}[target.scheme] else f"{host}:{target.port}"


def _connection(target: addresses.Target) -> HTTPConnection:
    if target.scheme == "http":
        return HTTPConnection(target.ip, target.port, timeout=STEP_SECONDS)
    return HTTPSConnection(
        target.ip, target.port, timeout=STEP_SECONDS,
        server_hostname=target.host, assert_hostname=target.host, cert_reqs="CERT_REQUIRED",
    )  # fmt: skip


@contextmanager
def _at_most(seconds: int, connection: HTTPConnection) -> Iterator[None]:
    """A receiver that answers a byte every few seconds never trips a time-out of its own: the line is cut."""

    is_cut = Event()

    def cut() -> None:
        is_cut.set()
        with suppress(OSError, AttributeError):
            connection.sock.shutdown(socket.SHUT_RDWR)

    watch = Timer(seconds, cut)
    watch.daemon = True
    watch.start()
    try:
        yield
    finally:
        watch.cancel()
    if is_cut.is_set():  # half a header reads as a whole one
        raise TimeoutError


def _told(target: addresses.Target, error: Exception) -> str:
    if isinstance(error, TimeoutError | urllib3.exceptions.TimeoutError):
        return _("%(host)s took too long to answer.") % {"host": target.host}
    return _("%(host)s cannot be reached: %(error)s") % {"host": target.host, "error": type(error).__name__}


def _judge(status: int, answer: str) -> None:
    if 200 <= status < 300:
        return
    words = _("It answered %(status)s.") % {"status": status}
    beginning = " ".join(answer.split())[:160]
    raise NotTaken(f"{words} {beginning}".strip(), for_good=status in _NEVER or 300 <= status < 400)
