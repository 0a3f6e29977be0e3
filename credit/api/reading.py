"""Reading: a wallet now or as of a past instant, the search, the ledger."""

from datetime import datetime
from typing import Annotated, Any, Literal

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Path, Query, Router

from credit import past
from credit.api import answers, shapes, wallets
from credit.api.clients import ClientKey
from credit.api.fields import LARGEST_ID, Instant, WalletId
from credit.api.problems import Problem
from credit.api.queries import next_page, refuse_unknown
from credit.archive import telling
from credit.filters import matches
from credit.models import Transaction, Wallet

router = Router(tags=["Reading"])
LARGEST_PAGE = 500

Limit = Annotated[int, Query(ge=1, le=LARGEST_PAGE)]
Place = Annotated[int, Query(ge=0, le=LARGEST_ID, description="Where the page before ended: follow `next`.")]
Order = Annotated[Literal["newest", "oldest"], Query(description="newest or oldest first")]
Search = Annotated[str, Query(min_length=1, max_length=200, description="Name, UUID or Wallet ID.")]


@router.get("/wallets", auth=ClientKey("read"), response=shapes.WalletsFound, summary="Search wallets")
def search_wallets(
    request: HttpRequest,
    search: Search,
    after: Place = 0,
    limit: Limit = 50,
) -> HttpResponse:
    """By name (any words of it), by UUID or by Wallet ID, whole or by its beginning."""
    refuse_unknown(request, "search", "after", "limit")
    rows = Wallet.objects.filter(matches(search.replace("\x00", " ")), pk__gt=after).select_related(
        "organization"
    )
    found = list(rows.order_by("pk")[: limit + 1])
    shown = found[:limit]
    more = next_page(request, after=shown[-1].pk) if len(found) > limit else None
    return answers.json({"wallets": [wallets.identity(wallet) for wallet in shown], "next": more})


@router.get("/wallets/{wallet}", auth=ClientKey("read"), response=shapes.Wallet, summary="Read a wallet")
def read_wallet(
    request: HttpRequest,
    wallet: Path[WalletId],
    as_of: Query[Instant | None] = None,
) -> HttpResponse:
    """Balance, reserved, unbilled, closing, limits, usable and the formula; `as_of`: as they stood at an instant."""
    refuse_unknown(request, "as_of")
    row = wallets.by_id(wallet)
    now = timezone.now()
    if as_of is None:
        return answers.json(wallets.numbers(wallets.at(row, now), now))
    return answers.json({**wallets.numbers(_past(row, as_of, now), as_of), "version": None})


@router.get(
    "/wallets/{wallet}/ledger", auth=ClientKey("read"), response=shapes.Ledger, summary="Read the ledger"
)
def read_ledger(
    request: HttpRequest,
    wallet: Path[WalletId],
    order: Order = "newest",
    after: Place = 0,
    limit: Limit = 100,
) -> HttpResponse:
    """Every line that is not in the archive, by position: what is posted meanwhile never repeats or hides one."""
    refuse_unknown(request, "order", "after", "limit")
    row = wallets.by_id(wallet)
    found = list(_lines(row, order, after)[: limit + 1])
    shown = found[:limit]
    more = next_page(request, after=shown[-1].sequence) if len(found) > limit else None
    archived = telling.of(row)
    return answers.json(
        {
            "wallet": wallet,
            "lines": [wallets.line(one) for one in shown],
            "archived": archived.words if archived else None,
            "next": more,
        }
    )


def _lines(wallet: Wallet, order: str, after: int) -> QuerySet[Transaction]:
    lines = Transaction.objects.of(wallet)
    if order == "oldest":
        return lines.filter(sequence__gt=after).order_by("sequence")
    return (lines.filter(sequence__lt=after) if after else lines).order_by("-sequence")


def _past(wallet: Wallet, as_of: datetime, now: datetime) -> Any:
    if as_of > now:
        raise Problem(
            422, "invalid_input", "That instant is still to come. Leave `as_of` out for now.", field="as_of"
        )
    try:
        return past.wallet_as_of(wallet, as_of)
    except past.NotThatFarBack as error:
        raise Problem(422, "invalid_input", str(error), field="as_of") from None
