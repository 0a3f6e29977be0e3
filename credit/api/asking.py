"""Requests for approval: what is above a client's authority is asked for, and somebody in finance decides."""

from typing import Annotated, Any, Literal, Protocol

from django.http import HttpResponse
from django.utils import timezone
from ninja import Path, Query, Router
from pydantic import Field

from credit.actions import requests
from credit.actions.authority import BeyondAuthority
from credit.actions.refusals import BadInput
from credit.actors import Actor
from credit.api import answers, shapes
from credit.api.clients import ClientKey, SignedIn
from credit.api.fields import LARGEST_ID, Body, Text
from credit.api.queries import next_page, refuse_unknown
from credit.api.reading import Limit, Place
from credit.models import ChangeRequest
from credit.money import to_micros
from credit.terms import Reason

ABOUT = (
    "Above the client’s authority: `refuse` is 403 with what is `allowed`; `request` is 202, and somebody in finance "
    "approves or rejects it."
)
router = Router(tags=["Requests for approval"])
Number = Annotated[int, Path(ge=1, le=LARGEST_ID, description="The request’s, as it was answered.")]
State = Literal["open", "approved", "rejected", "withdrawn"]


class Withdraw(Body):
    words: Text = Field("", description="Why. It is kept with the request.")


class Changing(Protocol):
    """What `ask` needs of a body."""

    if_beyond_authority: Any

    def about(self) -> dict[str, Any]: ...


def ask(by: Actor, beyond: BeyondAuthority, body: Changing) -> dict[str, Any]:
    """The request that a refused change becomes, as it is answered."""
    grant = body.if_beyond_authority == "grant_and_request"
    part = requests.part_of(beyond) if grant else None
    made = requests.ask(beyond=beyond, grant=grant, **body.about(), by=by, now=timezone.now)
    granted = answers.money(to_micros(part["amount"])) if part else None
    return told(made) | {"granted": granted}


def told(request: ChangeRequest) -> dict[str, Any]:
    return {
        "request": request.pk,
        "address": f"/api/v1/requests/{request.pk}",
        "wallet": request.wallet.wallet_id,
        "verb": request.verb,
        "wish": _wish(request),
        "reason_code": request.reason_code,
        "reason": request.reason,
        "asked_at": request.asked_at,
        "state": request.state,
        "decided_at": request.decided_at,
        "decided_by": request.decided_by_name or None,
        "decision": request.decision or None,
    }


@router.get(
    "/requests", auth=ClientKey("limits"), response=shapes.RequestsListed, summary="List your requests"
)
def list_requests(
    request: SignedIn,
    state: Query[State | None] = None,
    after: Place = 0,
    limit: Limit = 50,
) -> HttpResponse:
    """What the client asked for, newest first; those of others are not in it."""
    refuse_unknown(request, "state", "after", "limit")
    by = request.auth
    # By the client too: that is what the index knows.
    own = ChangeRequest.objects.filter(requests.own(by), by_client=by.client_id).select_related("wallet")
    own = own.filter(state=state) if state else own
    found = list((own.filter(pk__lt=after) if after else own).order_by("-pk")[: limit + 1])
    shown = found[:limit]
    more = next_page(request, after=shown[-1].pk) if len(found) > limit else None
    return answers.json({"requests": [told(one) for one in shown], "next": more})


@router.get(
    "/requests/{number}", auth=ClientKey("limits"), response=shapes.Requested, summary="Read a request"
)
def read_request(request: SignedIn, number: Number) -> HttpResponse:
    """What the client asked for and what became of it. Those of others are 404."""
    refuse_unknown(request)
    return answers.json(told(_own(request.auth, number)))


@router.post(
    "/requests/{number}/withdraw",
    auth=ClientKey("limits"),
    response=shapes.Requested,
    summary="Withdraw a request",
)
def withdraw_request(request: SignedIn, number: Number, body: Withdraw) -> HttpResponse:
    """As long as nobody has decided; else it is 409."""
    asked = _own(request.auth, number)
    done = requests.withdraw(request=asked, words=body.words, by=request.auth, now=timezone.now)
    return answers.json(told(done))


def _own(by: Actor, number: int) -> ChangeRequest:
    found = ChangeRequest.objects.filter(requests.own(by), pk=number).select_related("wallet").first()
    if found is None:
        raise BadInput("number", f"The client has made no request {number}.", Reason.NOT_FOUND)
    return found


def _wish(request: ChangeRequest) -> dict[str, Any]:
    """Amounts as text, as the limit of a switch is kept already."""
    wish = {name: value for name, value in request.wish.items() if name != "review_on"}
    return wish | {"amount": answers.money(wish["amount"])} if "amount" in wish else wish
