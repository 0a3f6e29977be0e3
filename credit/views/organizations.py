"""Organization Management: the list of wallets, searched, filtered, sorted, paged and exported."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.db.models import BigIntegerField, Case, Expression, F, QuerySet, Value, When
from django.db.models.functions import Coalesce, StrIndex
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from credit import display, viewer
from credit.filters import WalletFilter, currencies_in_use, matches, names_for
from credit.models import Wallet
from credit.replica import may_be_old
from credit.terms import LimitState, Standing
from credit.views.chips import chips_for, known_names, problems
from credit.views.export import stream_wallets
from credit.views.keyset import BadPageMark, Order, Page, capped_count, page
from credit.views.list_columns import hidden_columns
from credit.views.saved_views import asked_of_list, tabs_for
from credit.views.wallet_rows import Menus, WalletRow, numbers

PAGE_SIZE = 30
HIGHEST = 2**62  # unlimited sorts above every amount


def _highest_if_unlimited(name: str) -> Coalesce:
    return Coalesce(F(name), Value(HIGHEST), output_field=BigIntegerField())


def _limit_order() -> Case:
    """Not set stands below a limit of zero, unlimited above every amount."""
    return Case(
        When(limit_state=LimitState.NOT_SET, then=Value(-1)),
        default=_highest_if_unlimited("effective_limit_micros"),
        output_field=BigIntegerField(),
    )


def _used_order() -> Coalesce:
    return Coalesce("used_percent", Value(-1), output_field=BigIntegerField())


def _standing_order() -> StrIndex:
    """Worst first: the place of the word in the row of words, so that the rule is worked out once per wallet."""
    return StrIndex(Value(" ".join(Standing.values)), F("standing"))


@dataclass(frozen=True)
class Sort:
    label: str
    value: Callable[[], Expression]
    names: tuple[str, ...] = ()  # of the rule, that the value stands on
    css: str = "num"
    kind: type = int
    ties: tuple[str, ...] = ("id",)


# By organization before wallet, so that the index on names gives the order.
BY_ORGANIZATION = ("organization_id", "id")
SORTS: dict[str, Sort] = {
    "organization": Sort(
        "Organization", lambda: F("organization__search_name"), (), "", str, BY_ORGANIZATION
    ),
    "wallet": Sort("Wallet", lambda: F("wallet_id"), (), "", str),
    "balance": Sort("Balance", lambda: F("balance_micros"), (), "num c-x"),
    "unbilled": Sort("Unbilled", lambda: F("live_unbilled_micros"), ("live_unbilled_micros",), "num c-x c-y"),
    "reserved": Sort("Reserved", lambda: F("live_reserved_micros"), ("live_reserved_micros",), "num c-x c-y"),
    "limit": Sort("Credit limit", _limit_order, ("limit_state", "effective_limit_micros")),
    "usable": Sort("Usable", lambda: _highest_if_unlimited("usable_micros"), ("usable_micros",)),
    "used": Sort("Used", _used_order, ("used_percent",)),
    "status": Sort("Status", _standing_order, ("standing",), ""),
}
VIEWS = [
    ("All wallets", ""),
    ("Blocked", "use=blocked&status=active&status=suspended"),
    ("Near the limit", "use=near"),
    ("Temporary, ending soon", "limit=ending_soon&sort=organization"),
]


class WalletList:
    """What one address of the list asks for. An address that cannot be read lists nothing and says why."""

    def __init__(self, asked: QueryDict) -> None:
        self.now = timezone.now()
        self.asked = asked
        self.text = " ".join(asked.get("q", "").replace("\x00", "").split())[:200]
        self.sort_name = asked.get("sort", "").removeprefix("-") or "organization"
        self.sort = SORTS.get(self.sort_name, SORTS["organization"])
        self.descending = asked.get("sort", "").startswith("-")
        names = {*self.sort.names, *names_for(asked)}
        wallets = Wallet.objects.at(self.now, *names) if names else Wallet.objects.all()
        wallets = wallets.filter(matches(self.text)) if self.text else wallets
        self.filter = WalletFilter(asked, wallets, now=self.now, currencies=currencies_in_use(asked))
        self.problems = problems(self.filter, asked, list(SORTS))

    def has_filters(self) -> bool:
        return any(self.asked.get(name) for name in self.filter.filters)

    def found(self) -> QuerySet[Wallet]:
        wallets = self.filter.shown()
        return wallets.none() if self.problems else wallets

    def page(self) -> Page:
        """The page's places in the order only; what its rows show is asked for them alone."""
        order = Order(
            "sort_value",
            *self.sort.ties,
            kind=self.sort.kind,
            descending=self.descending,
            # No index serves a number of the rule, and most wallets tie: the ones met first then stay.
            ties_upwards=bool(self.sort.names),
        )
        places = self.found().annotate(sort_value=self.sort.value())
        return page(
            places.values_list(*order.columns, named=True),
            order=order,
            after=self.asked.get("after", ""),
            before=self.asked.get("before", ""),
            size=PAGE_SIZE,
            sparse=bool(self.text or names_for(self.asked)),
        )

    def address(self, **changes: str) -> str:
        """This list with another sort or page; a change of anything else starts at the first page."""
        query = self.asked.copy()
        for name in ("after", "before", *changes):
            query.pop(name, None)
        for name, value in changes.items():
            query[name] = value
        return f"{reverse('organizations')}?{query.urlencode()}"


@require_safe
@permission_required("credit.view_wallet", raise_exception=True)
@may_be_old
def organization_list(request: HttpRequest) -> HttpResponse:
    wallets = WalletList(request.GET)
    try:
        shown = wallets.page()
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
    menus = Menus(request.user)
    hidden = hidden_columns(wallets.sort_name)
    tabs = _tabs(request)
    live = numbers([row.id for row in shown.rows], wallets.now)
    return {
        "section": "organizations",
        "search_text": wallets.text,
        "search_keeps": _kept_by_search(request.GET),
        "tabs": tabs,
        "save_url": _save_url(wallets, tabs),
        "chips": chips_for(wallets.filter),
        "clear_url": reverse("organizations") if set(request.GET) - {"sort"} else "",
        "problems": wallets.problems,
        "columns": [_column(wallets, name) for name in SORTS if name not in hidden],
        "hidden": hidden,
        "sorted_words": _sorted_words(wallets),
        "rows": [WalletRow(wallet, menus, wallets.now) for wallet in live],
        "count": capped_count(wallets.found()) if shown.count is None else shown.count,
        "previous_url": wallets.address(before=shown.before) if shown.before else "",
        "next_url": wallets.address(after=shown.after) if shown.after else "",
        "export_url": f"{reverse('organizations_export')}?{request.GET.urlencode()}",
        "swapped": _swapped_digits(wallets) if not shown.rows else "",
        "is_asked": bool(wallets.text or wallets.has_filters()),
        "has_filters": wallets.has_filters(),
        "icons": static("icons.svg"),
        "clock_text": f"{display.local(wallets.now, viewer.zone()):%H:%M:%S}",
    }


def _kept_by_search(asked: QueryDict) -> list[tuple[str, str]]:
    kept = known_names(asked) - {"q", "after", "before"}
    return [(name, value) for name in asked if name in kept for value in asked.getlist(name)]


def _tabs(request: HttpRequest) -> list[dict[str, Any]]:
    asked = {(name, value) for name in request.GET for value in request.GET.getlist(name) if value}
    address = reverse("organizations")
    return [
        {
            "words": words,
            "url": f"{address}?{query}" if query else address,
            "is_current": asked
            == {(name, value) for name, values in QueryDict(query).lists() for value in values},
        }
        for words, query in [*VIEWS, *tabs_for(request.user)]
    ]


def _save_url(wallets: WalletList, tabs: list[dict[str, Any]]) -> str:
    """Where what is asked for gets a name; nothing where it has one, or is no list."""
    query = asked_of_list(wallets.asked)
    if not query or wallets.problems or any(tab["is_current"] for tab in tabs):
        return ""
    return f"{reverse('save_view')}?{query}"


def _column(wallets: WalletList, name: str) -> dict[str, Any]:
    is_sorted = wallets.sort_name == name
    descending = is_sorted and wallets.descending
    return {
        "name": name,
        "label": SORTS[name].label,
        "css": SORTS[name].css,
        "url": wallets.address(sort=name if descending or not is_sorted else f"-{name}"),
        "aria_sort": ("descending" if descending else "ascending") if is_sorted else "",
    }


def _sorted_words(wallets: WalletList) -> str:
    return f"{wallets.sort.label.lower()}, {'downwards' if wallets.descending else 'upwards'}"


def _swapped_digits(wallets: WalletList) -> str:
    """A Wallet ID that exists and differs from the searched one by two swapped neighbours."""
    digits = [sign for sign in wallets.text if sign.isdigit()]
    if len(digits) != 8 or not wallets.text.upper().startswith("W"):
        return ""
    swaps = [[*digits[:at], digits[at + 1], digits[at], *digits[at + 2 :]] for at in range(7)]
    candidates = {f"W-{''.join(one[:4])}-{''.join(one[4:])}" for one in swaps}
    return Wallet.objects.filter(wallet_id__in=candidates).values_list("wallet_id", flat=True).first() or ""
