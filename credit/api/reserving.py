"""Reservations: held for what is still going on, then committed or released. A reference names the latest one."""

from datetime import timedelta
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router
from pydantic import Field

from credit.actions import reservations
from credit.api import answers, shapes
from credit.api.charging import ChargeKind, answer
from credit.api.clients import ClientKey, SignedIn
from credit.api.fields import Body, Count, Currency, Flag, Instant, Key, Money, Text, WalletId, key_of
from credit.api.problems import Problem
from credit.api.queries import refuse_unknown
from credit.models import Reservation

router = Router(tags=["Reservations"])

HoldReference = Annotated[str, Field(min_length=1, max_length=128, examples=["call-7f3a"])]
LifeSeconds = Annotated[
    Count, Field(ge=1, le=10**9, description="How long it lives from now; instead of `expires_at`.")
]


class Named(Body):
    wallet: WalletId
    reference: HoldReference


class Timed(Named):
    life_seconds: LifeSeconds | None = None
    expires_at: Instant | None = None


class Reserve(Timed):
    amount: Money
    kind: ChargeKind = "call"  # type: ignore[valid-type]
    up_to: Flag = Field(False, description="Hold what fits, at most the amount; accepted at zero too.")
    currency: Currency | None = None
    description: Text = ""


class Extend(Timed):
    total: Money | None = Field(None, description="The new total, with what was committed already.")


class Commit(Named):
    amount: Money | None = Field(None, description="All that is held, if not sent.")
    final: Flag | None = Field(
        None, description="false: more commits follow. Otherwise the rest is released."
    )
    overrun: Flag = Field(False, description="More than is held is charged too. Needs the scope overrun.")
    description: Text = ""
    occurred_at: Instant | None = None


@router.post("/reservations", auth=ClientKey("charge"), response=shapes.Granted, summary="Reserve")
def reserve(request: SignedIn, body: Reserve, key: Key) -> HttpResponse:
    """Holds an amount if it fits. Under a live reservation’s reference it replaces that one; a decline leaves it."""
    return _do(reservations.reserve, request, body, key)


@router.post("/reservations/extend", auth=ClientKey("charge"), response=shapes.Held, summary="Extend")
def extend(request: SignedIn, body: Extend, key: Key) -> HttpResponse:
    """A new total, a new end, or both. Only a larger rest is asked against the limit."""
    return _do(reservations.extend, request, body, key)


@router.post("/reservations/commit", auth=ClientKey("charge"), response=shapes.Held, summary="Commit")
def commit(request: SignedIn, body: Commit, key: Key) -> HttpResponse:
    """Charges out of a live reservation; up to what it holds it always succeeds."""
    return _do(reservations.commit, request, body, key)


@router.post("/reservations/release", auth=ClientKey("charge"), response=shapes.Held, summary="Release")
def release(request: SignedIn, body: Named, key: Key) -> HttpResponse:
    """Gives back what is held. One that is over already stays as it is."""
    return _do(reservations.release, request, body, key)


@router.get(
    "/reservations", auth=ClientKey("read"), response=shapes.Reservation, summary="Read a reservation"
)
def read_reservation(
    request: HttpRequest, wallet: Query[WalletId], reference: Query[HoldReference]
) -> HttpResponse:
    """The latest one under a reference, with what it holds by the clock."""
    refuse_unknown(request, "wallet", "reference")
    named = Reservation.objects.filter(
        wallet__wallet_id=wallet, reference=reference.replace("\x00", "").strip()
    )
    hold = named.order_by("-pk").first()
    if hold is None:
        raise Problem(
            404,
            "not_found",
            "There is no reservation under that reference on that wallet.",
            field="reference",
        )
    return answers.json(_read(hold, wallet))


def _do(verb: Any, request: SignedIn, body: Named, key: str) -> HttpResponse:
    asked = dict(body.__dict__)
    seconds = asked.pop("life_seconds", None)
    if seconds is not None:
        asked["life"] = timedelta(seconds=seconds)
    return answer(verb(**asked, key=key_of(key), by=request.auth, now=timezone.now))


def _read(hold: Reservation, wallet: str) -> dict[str, Any]:
    """A hold whose end has passed holds nothing, booked or not."""
    over = hold.ended_at is None and hold.expires_at <= timezone.now()
    return {
        "wallet": wallet,
        "reference": hold.reference,
        "kind": hold.kind,
        "amount": answers.money(hold.amount_micros),
        "committed": answers.money(hold.committed_micros),
        "rest": answers.money(0 if over else hold.rest_micros),
        "placed_at": hold.placed_at,
        "expires_at": hold.expires_at,
        "is_live": hold.ended_at is None and not over,
        "ended_at": hold.expires_at if over else hold.ended_at,
        "ending": "expired" if over else hold.ending,
        "description": hold.description,
        "by": hold.by_name,
    }
