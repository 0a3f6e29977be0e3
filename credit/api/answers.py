"""What a verb came to, as the caller reads it: money in decimal strings, under the product's words."""

from typing import Any

import orjson
from django.http import HttpResponse

from credit.actions.keyed import Told
from credit.actions.outcome import Outcome
from credit.money import to_text


def json(body: Any, status: int = 200) -> HttpResponse:
    return HttpResponse(orjson.dumps(body), status=status, content_type="application/json")


def told(body: Any, status: int = 200) -> Told:
    """As it is kept under a key."""
    return Told(status, orjson.dumps(body).decode())


def answered(told: Told) -> HttpResponse:
    response = HttpResponse(told.body, status=told.status, content_type="application/json")
    if told.status == 202:
        response["Location"] = orjson.loads(told.body)["address"]
    if told.replayed:
        response["Idempotent-Replayed"] = "true"
    return response


def money(micros: int | None) -> str | None:
    return None if micros is None else to_text(micros)


def in_decimals(numbers: dict[str, Any]) -> dict[str, Any]:
    """`{"left_micros": 1500000}` -> `{"left": "1.50"}`; what is no amount stays as it is.

    By name: the database keeps an answer without its order, and a replay must not differ by a byte.
    """
    return {
        name.removesuffix("_micros"): money(value) if name.endswith("_micros") else value
        for name, value in sorted(numbers.items())
    }


def _breakdown(parts: dict[str, Any]) -> dict[str, Any]:
    """Under the words that the wallet itself is answered with: `live_reserved_micros` is reserved."""
    return in_decimals({name.removeprefix("live_"): value for name, value in parts.items()})


def accepted(outcome: Outcome) -> dict[str, Any]:
    """The same for the first answer and for its replays."""
    body = {
        "accepted": True,
        "wallet": outcome.wallet_id,
        "amount": money(outcome.amount_micros),
        "usable": money(outcome.usable_micros),
        "unlimited": outcome.unlimited,
        "current_balance": money(outcome.current_balance_micros),
        "transaction": outcome.transaction_id,
        "sequence": outcome.sequence,
        **in_decimals(outcome.details),
    }
    return {**body, "message": outcome.message} if outcome.message else body


def decline(outcome: Outcome) -> dict[str, Any]:
    return {
        "accepted": False,
        "wallet": outcome.wallet_id,
        "requested": money(outcome.amount_micros),
        "usable": money(outcome.usable_micros),
        "unlimited": outcome.unlimited,
        "current_balance": money(outcome.current_balance_micros),
        "breakdown": _breakdown(outcome.breakdown),
        **{name: value for name, value in in_decimals(outcome.details).items() if name != "requested"},
    }
