"""Limits and payment mode. No money moves, so no key: `version` guards against deciding on what has changed."""

from typing import Annotated, Any, Literal

from django.http import HttpResponse
from django.utils import timezone
from ninja import Path, Router
from pydantic import Field

from credit.actions import limits, modes
from credit.api import answers, shapes, wallets
from credit.api.clients import ClientKey, SignedIn
from credit.api.fields import Body, Count, Flag, Instant, Money, Text, WalletId
from credit.terms import ChangeReason, PaymentMode, Scheme

router = Router(tags=["Limits and mode"])

ReasonCode = Literal[tuple(ChangeReason.values)]  # type: ignore[valid-type]
Version = Annotated[
    Count, Field(ge=1, le=2**31 - 1, description="As read; refused with 409 if it has changed since.")
]


class Changed(Body):
    version: Version | None = None
    reason_code: ReasonCode | None = None  # type: ignore[valid-type]
    reason: Text = ""

    def about(self) -> dict[str, Any]:
        return {"version": self.version, "reason_code": self.reason_code or "", "reason": self.reason}


class SetLimit(Changed):
    """The total. Permanent without days and instants; otherwise temporary, beside the permanent one."""

    amount: Money
    days: Annotated[Count, Field(ge=1, le=100_000)] | None = Field(
        None, description="A temporary limit of N days."
    )
    starts_at: Instant | None = None
    ends_at: Instant | None = Field(None, description="An explicit end, instead of days.")
    confirmed: Flag = Field(
        False, description="Yes to a limit below the permanent one or below what is used."
    )


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


@router.post(
    "/wallets/{wallet}/limit", auth=ClientKey("limits"), response=shapes.LimitSet, summary="Set a limit"
)
def set_limit(request: SignedIn, wallet: Path[WalletId], body: SetLimit) -> HttpResponse:
    """A temporary limit never destroys the permanent one. Unlimited is not offered here: that is for people."""
    row = wallets.by_id(wallet)
    wish: dict[str, Any] = {
        "amount": body.amount,
        "days": body.days,
        "starts_at": body.starts_at,
        "ends_at": body.ends_at,
    }
    limit = limits.set_limit(
        wallet=row, **wish, confirmed=body.confirmed, **body.about(), by=request.auth, now=timezone.now
    )
    now = timezone.now()
    told = {
        "slot": limit.slot,
        "amount": answers.money(limit.amount_micros),
        "unlimited": limit.unlimited,
        "starts_at": limit.starts_at,
        "ends_at": limit.ends_at,
    }
    return answers.json({**told, "wallet": wallets.numbers(wallets.at(row, now), now)})


@router.post(
    "/wallets/{wallet}/limit/end", auth=ClientKey("limits"), response=shapes.Wallet, summary="End a limit"
)
def end_limit(request: SignedIn, wallet: Path[WalletId], body: EndLimit) -> HttpResponse:
    """Ends the running temporary limit early, takes a scheduled one back, or removes a prepaid permanent one."""
    row = wallets.by_id(wallet)
    asked: dict[str, Any] = {
        "wallet": row,
        "confirmed": body.confirmed,
        **body.about(),
        "by": request.auth,
        "now": timezone.now,
    }
    if body.slot == "permanent":
        limits.remove_permanent(**asked)
    else:
        limits.end_temporary(**asked, slot=body.slot)
    now = timezone.now()
    return answers.json(wallets.numbers(wallets.at(row, now), now))


@router.post(
    "/wallets/{wallet}/payment-mode",
    auth=ClientKey("limits"),
    response=shapes.Wallet,
    summary="Change payment mode",
)
def change_mode(request: SignedIn, wallet: Path[WalletId], body: ChangeMode) -> HttpResponse:
    """What is owed is conserved: a prepaid debt becomes an opening invoice, running postpaid periods are closed."""
    row = wallets.by_id(wallet)
    wish: dict[str, Any] = {
        "to": body.to,
        "scheme": body.scheme or "",
        "limit": body.limit,
        "keep_limit": body.keep_limit,
    }
    modes.change_mode(wallet=row, **wish, **body.about(), by=request.auth, now=timezone.now)
    now = timezone.now()
    return answers.json(wallets.numbers(wallets.at(row, now), now))
