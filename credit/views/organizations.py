"""Organization Management: the list of wallets, searched, filtered, sorted, paged and exported."""

from datetime import datetime
from functools import lru_cache
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from credit import display, viewer
from credit.models import Wallet
from credit.replica import may_be_old
from credit.views import row_looks
from credit.views.chips import known_names
from credit.views.export import stream_wallets
from credit.views.keyset import BadPageMark, Page
from credit.views.list_columns import hidden_columns
from credit.views.list_frame import Rights, frame
from credit.views.saved_views import asked_of_list, tabs_for
from credit.views.wallet_list import WalletList
from credit.views.wallet_rows import Hand, WalletRow, menus_of

PAGE_SIZE = 30
VIEWS = [
    (gettext_lazy("All wallets"), ""),
    (gettext_lazy("Blocked"), "use=blocked&status=active&status=suspended"),
    (gettext_lazy("Near the limit"), "use=near"),
    (gettext_lazy("Temporary, ending soon"), "limit=ending_soon&sort=organization"),
]


@require_safe
@permission_required("credit.view_wallet", raise_exception=True)
@may_be_old
def organization_list(request: HttpRequest) -> HttpResponse:
    wallets = WalletList(request.GET)
    try:
        shown = wallets.page(PAGE_SIZE)
    except BadPageMark:
        return HttpResponseRedirect(wallets.address())
    return render(request, "organizations/list.html", _context(request, wallets, shown))


@require_safe
@permission_required("credit.export_wallets", raise_exception=True)
@may_be_old
def organizations_export(request: HttpRequest) -> HttpResponse:
    wallets = WalletList(request.GET)
    if wallets.problems:
        return HttpResponseRedirect(wallets.address())
    return stream_wallets(wallets.found(), wallets.now)


def _context(request: HttpRequest, wallets: WalletList, shown: Page) -> dict[str, Any]:
    hand, rights = Hand(menus_of(request.user), wallets.now), Rights.of(request.user)
    hidden = hidden_columns(wallets.sort_name)
    tabs = _tabs(request)
    live = wallets.live(shown)
    rows = [WalletRow(wallet, hand) for wallet in live]
    return {
        "section": "organizations",
        "search_text": wallets.text,
        "search_keeps": _kept_by_search(request.GET),
        "tabs": tabs,
        "save_url": _save_url(wallets, tabs),
        "clear_url": reverse("organizations") if set(request.GET) - {"sort"} else "",
        "problems": wallets.problems,
        **frame(wallets, rights, hidden),
        "rows": rows,
        "table_rows": row_looks.draw(rows, hidden=hidden, may_pick=rights.may_pick),
        "may_pick": rights.may_pick,
        "count": shown.count,
        "picked_text": _clock(wallets.picked_at) if wallets.picked_at else "",
        "previous_url": wallets.address(before=shown.before) if shown.before else "",
        "next_url": wallets.address(after=shown.after) if shown.after else "",
        "swapped": _swapped_digits(wallets) if not shown.rows else "",
        "is_asked": bool(wallets.text or wallets.has_filters()),
        "has_filters": wallets.has_filters(),
        "clock_text": _clock(wallets.now),
    }


def _clock(instant: datetime) -> str:
    return f"{display.local(instant, viewer.zone()):%H:%M:%S}"


def _kept_by_search(asked: QueryDict) -> list[tuple[str, str]]:
    kept = known_names(asked) - {"q", "after", "before"}
    return [(name, value) for name in asked if name in kept for value in asked.getlist(name)]


def _tabs(request: HttpRequest) -> list[dict[str, Any]]:
    asked = _pairs(request.GET)
    address = reverse("organizations")
    return [
        {
            "words": words,
            "url": f"{address}?{query}" if query else address,
            "is_current": asked == _pairs_of(query),
        }
        for words, query in [*VIEWS, *tabs_for(request.user)]
    ]


def _pairs(asked: QueryDict) -> frozenset[tuple[str, str]]:
    return frozenset((name, value) for name, values in asked.lists() for value in values if value)


@lru_cache(maxsize=1000)
def _pairs_of(query: str) -> frozenset[tuple[str, str]]:
    return _pairs(QueryDict(query))


def _save_url(wallets: WalletList, tabs: list[dict[str, Any]]) -> str:
    """Where what is asked for gets a name; nothing where it has one, or is no list."""
    query = asked_of_list(wallets.asked)
    if not query or wallets.problems or any(tab["is_current"] for tab in tabs):
        return ""
    return f"{reverse('save_view')}?{query}"


def _swapped_digits(wallets: WalletList) -> str:
    """A Wallet ID that exists and differs from the searched one by two swapped neighbours."""
    digits = [sign for sign in wallets.text if sign.isdigit()]
    if len(digits) != 8 or not wallets.text.upper().startswith("W"):
        return ""
    swaps = [[*digits[:at], digits[at + 1], digits[at], *digits[at + 2 :]] for at in range(7)]
    candidates = {f"W-{''.join(one[:4])}-{''.join(one[4:])}" for one in swaps}
    return Wallet.objects.filter(wallet_id__in=candidates).values_list("wallet_id", flat=True).first() or ""
