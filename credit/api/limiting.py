"""Limits and payment mode. No money moves, so a key is welcome and not required: `version` guards against deciding on
what has changed."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from django.http import HttpResponse
from django.utils import timezone
from ninja import Path, Router
from pydantic import Field

from credit.actions import inputs, keyed, limits, modes
from credit.actions.authority import BeyondAuthority
from credit.api import answers, asking, shapes, wallets
from credit.api.clients import ClientKey, SignedIn
from credit.api.fields import Body, Count, Flag, Instant, Money, OptionalKey, Text, WalletId, key_of
from credit.models import Wallet
from credit.terms import ChangeReason, PaymentMode, Scheme

router = Router(tags=["Limits and mode"])

ReasonCode = Literal[tuple(ChangeReason.values)]  # type: ignore[valid-type]
Version = Annotated[
    Count, Field(ge=1, le=2**31 - 1, description="As read; refused with 409 if it has changed since.")
]


class Changed(Body):
    version: Version | None = None
    reason_code: ReasonCode = Field(description="Why. It is kept with the change.")  # type: ignore[valid-type]
    reason: Text = ""
    if_beyond_authority: Literal["refuse", "request"] = Field("refuse", description=asking.ABOUT)

    def about(self) -> dict[str, Any]:
        return {"version": self.version, "reason_code": self.reason_code, "reason": self.reason}


class SetLimit(Changed):
    """The total. Permanent without days and instants; otherwise temporary, beside the permanent one."""

    amount: Money | None = Field(None, description="Required, unless `unlimited`.")
    unlimited: Flag = Field(
        False, description="Permanent only. A person decides it: send `if_beyond_authority` as well."
    )
    days: Annotated[Count, Field(ge=1, le=100_000)] | None = Field(
        None, description="A temporary limit of N days."
    )
    starts_at: Instant | None = None
    ends_at: Instant | None = Field(None, description="An explicit end, instead of days.")
    confirmed: Flag = Field(
        False, description="Yes to a limit below the permanent one or below what is used."
    )
    if_beyond_authority: Literal["refuse", "request", "grant_and_request"] = Field(  # type: ignore[assignment]
        "refuse",
        description=f"{asking.ABOUT} `grant_and_request`: what is `allowed` is set in the same step.",
    )

    def wish(self) -> dict[str, Any]:
        span = {"days": self.days, "starts_at": self.starts_at, "ends_at": self.ends_at}
        return {"amount": self.amount, "unlimited": self.unlimited, **span}


class EndLimit(Changed):
    slot: Literal["temporary", "scheduled", "permanent"] = "temporary"
    confirmed: Flag = False


class ChangeMode(Changed):
    to: Literal[tuple(PaymentMode.values)]  # type: ignore[valid-type]
    scheme: Literal[tuple(Scheme.values)] | None = Field(None, description="For postpaid.")  # type: ignore[valid-type]
    limit: Money | None = Field(None, description="The limit from then on; postpaid requires one.")
    keep_limit: Flag | None = Field(
        None, description="true: the permanent limit stays; false: none (prepaid)."
    )

    def wish(self) -> dict[str, Any]:
        limit = {"limit": self.limit, "keep_limit": self.keep_limit}
        return {"to": self.to, "scheme": self.scheme or "", **limit}


@router.post(
    "/wallets/{wallet}/limit",
    auth=ClientKey("limits"),
    response={200: shapes.LimitSet, 202: shapes.Requested},
    summary="Set a limit",
)
def set_limit(
    request: SignedIn, wallet: Path[WalletId], body: SetLimit, key: OptionalKey = None
) -> HttpResponse:
    """A temporary limit never destroys the permanent one."""
    row = wallets.by_id(wallet)
    said = {**body.wish(), **body.about(), "confirmed": body.confirmed}

    def done() -> dict[str, Any]:
        limit = limits.set_limit(wallet=row, **said, by=request.auth, now=timezone.now)
        told = {
            "slot": limit.slot,
            "amount": answers.money(limit.amount_micros),
            "unlimited": limit.unlimited,
        }
        return {**told, "starts_at": limit.starts_at, "ends_at": limit.ends_at, "wallet": _numbers(row)}

    return _answer(request, row, body, key, done)


@router.post(
    "/wallets/{wallet}/limit/end",
    auth=ClientKey("limits"),
    response={200: shapes.Wallet, 202: shapes.Requested},
    summary="End a limit",
)
def end_limit(
    request: SignedIn, wallet: Path[WalletId], body: EndLimit, key: OptionalKey = None
) -> HttpResponse:
    """Ends the running temporary limit early, takes a scheduled one back, or removes a prepaid permanent one."""
    row = wallets.by_id(wallet)
    said: dict[str, Any] = {"wallet": row, "confirmed": body.confirmed, **body.about(), "by": request.auth}

    def done() -> dict[str, Any]:
        if body.slot == "permanent":
            limits.remove_permanent(**said, now=timezone.now)
        else:
            limits.end_temporary(**said, slot=body.slot, now=timezone.now)
        return _numbers(row)

    return _answer(request, row, body, key, done)


@router.post(
    "/wallets/{wallet}/payment-mode",
    auth=ClientKey("limits"),
    response={200: shapes.Wallet, 202: shapes.Requested},
    summary="Change payment mode",
)
def change_mode(
    request: SignedIn, wallet: Path[WalletId], body: ChangeMode, key: OptionalKey = None
) -> HttpResponse:
    """What is owed is conserved: a prepaid debt becomes an opening invoice, running postpaid periods are closed."""
    row = wallets.by_id(wallet)

    def done() -> dict[str, Any]:
        modes.change_mode(wallet=row, **body.wish(), **body.about(), by=request.auth, now=timezone.now)
        return _numbers(row)

    return _answer(request, row, body, key, done)


def _numbers(row: Wallet) -> dict[str, Any]:
    now = timezone.now()
    return wallets.numbers(wallets.at(row, now), now)


def _answer(
    request: SignedIn, row: Wallet, body: Changed, key: str | None, done: Callable[[], dict[str, Any]]
) -> HttpResponse:
    """Once per key: what was done, or the request for approval that it became."""

    def told() -> keyed.Told:
        try:
            return answers.told(done())
        except BeyondAuthority as beyond:
            if body.if_beyond_authority == "refuse":
                raise
            return answers.told(asking.ask(request.auth, beyond, body), status=202)

    sent: dict[str, Any] = {"key": key_of(key), "verb": type(body).__name__, "content": _content(body)}
    return answers.answered(keyed.once(wallet=row, **sent, now=timezone.now, do=told))


def _content(body: Changed) -> dict[str, Any]:
    """What was sent, as typed values; a false is content, unlike what was left out."""
    sent = body.model_dump(exclude_unset=True)
    for name in ("amount", "limit"):
        if sent.get(name):
            sent[name] = inputs.amount(sent[name], field=name, zero=True)
    return {name: str(value) if isinstance(value, bool) else value for name, value in sent.items()}
