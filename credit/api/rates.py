"""How many requests a client may send in a minute, and the headers that say how many are left."""

import logging
import math
import time
from collections import Counter
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import Any

from django.conf import settings
from limits.errors import StorageError
from limits.storage import storage_from_string

WINDOW_SECONDS = 60
PATIENCE_SECONDS = 0.5  # a charge waits no longer for a counter
AWAY_SECONDS = 5
log = logging.getLogger(__name__)
_making = Lock()
_away_until = 0.0


@dataclass(frozen=True)
class Allowance:
    quota: int
    left: int
    resets_in: int

    @property
    def is_used_up(self) -> bool:
        return self.left < 0

    def headers(self) -> dict[str, str]:
        """As in the IETF draft; `Retry-After` where the client has to wait."""
        shown = {
            "RateLimit-Policy": f'"minute";q={self.quota};w={WINDOW_SECONDS}',
            "RateLimit": f'"minute";r={max(0, self.left)};t={self.resets_in}',
        }
        return {**shown, "Retry-After": str(self.resets_in)} if self.is_used_up else shown


def take(client_id: int) -> Allowance:
    """Counts one request of the client in the running minute, by the clock that all web processes share."""
    quota = settings.CREDIT_API_REQUESTS_PER_MINUTE
    now = time.time()
    window = int(now // WINDOW_SECONDS)
    resets_in = math.ceil((window + 1) * WINDOW_SECONDS - now)
    return Allowance(quota, quota - _counted(f"api/{client_id}/{window}"), resets_in)


def _counted(name: str) -> int:
    """Together with all web processes; alone where there is no Redis, and while it does not answer."""
    global _away_until
    if settings.REDIS_URL and time.monotonic() >= _away_until:
        try:
            return int(_shared().incr(name, WINDOW_SECONDS + 1))
        except StorageError:
            # Charging must not stop because a counter is gone, nor wait for it again and again.
            log.exception("Requests are counted per process: the storage of the rates does not answer.")
            _away_until = time.monotonic() + AWAY_SECONDS
    return _own.count(name)


class _Own:
    """Counts in this process alone, where there is no Redis. The library's own starts a thread for every key."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._window = ""
        self._counts: Counter[str] = Counter()

    def count(self, name: str) -> int:
        window = name.rpartition("/")[2]
        with self._lock:
            if window != self._window:
                self._window, self._counts = window, Counter()
            self._counts[name] += 1
            return self._counts[name]


_own = _Own()


def _shared() -> Any:
    # The library looks its driver up when it is made, which two threads at once must not do.
    with _making:
        return _made()


@cache
def _made() -> Any:
    """Redis, so that all web processes count together."""
    patience: dict[str, Any] = {
        "socket_connect_timeout": PATIENCE_SECONDS,
        "socket_timeout": PATIENCE_SECONDS,
    }
    if not settings.REDIS_URL.startswith("sentinel://"):
        return storage_from_string(settings.REDIS_URL, wrap_exceptions=True, **patience)
    named = settings.CELERY_BROKER_TRANSPORT_OPTIONS["master_name"]
    return storage_from_string(
        f"{_sentinels(settings.REDIS_URL)}/{named}",
        wrap_exceptions=True,
        **{**patience, "sentinel_kwargs": patience},
    )


def _sentinels(urls: str) -> str:
    """Celery's way to write several sentinels, as the library writes them."""
    return "redis+sentinel://" + ",".join(
        url.removeprefix("sentinel://").partition("/")[0] for url in urls.split(";")
    )
