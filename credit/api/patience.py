"""How long a request waits for a wallet that another one has locked: then 409, with nothing stored."""

from time import monotonic
from typing import Any

from django.conf import settings
from django.db import OperationalError, connection

from credit.api.problems import Problem

RETRY_AFTER_SECONDS = 1
IDLE_SECONDS = 5
_LOCKED_IN_POSTGRESQL = {"55P03", "40P01", "40001"}  # lock not available, deadlock, serialization failure


def set_on_connection() -> None:
    """Once per connection, so that no request pays a round trip for it."""
    _check_if_idle()
    connection.ensure_connection()
    if getattr(connection, "_patient_connection", None) is connection.connection:
        return
    milliseconds = settings.CREDIT_API_LOCK_TIMEOUT_SECONDS * 1000
    statement = "SET lock_timeout =" if connection.vendor == "postgresql" else "PRAGMA busy_timeout ="
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} {int(milliseconds)}")
    connection._patient_connection = connection.connection  # type: ignore[attr-defined]


def _check_if_idle() -> None:
    """A connection that answered a moment ago is not asked whether it lives; every request can be sent again."""
    now = monotonic()
    if now - getattr(connection, "_asked_at", -IDLE_SECONDS) < IDLE_SECONDS:
        connection.health_check_done = True  # type: ignore[attr-defined]
    connection.close_if_health_check_failed()
    connection._asked_at = now  # type: ignore[attr-defined]


def problem_of(error: OperationalError) -> Problem:
    if is_lock(error):
        return Problem(
            409,
            "busy",
            "Another request holds the wallet. Nothing was stored: send the request again with the same key.",
            headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
        )
    return Problem(
        503,
        "unavailable",
        "The database did not answer. Send the request again with the same key.",
        headers={"Retry-After": "5"},
    )


def is_lock(error: OperationalError) -> bool:
    cause: Any = error.__cause__
    return getattr(cause, "sqlstate", None) in _LOCKED_IN_POSTGRESQL or "database is locked" in str(error)
