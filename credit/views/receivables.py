"""Receivables: what is due and for how long, who is overdue and goes on spending, and who would be suspended next."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.templatetags.static import static
from django.utils import timezone
from django.views.decorators.http import require_safe

from credit import age_columns, display, viewer
from credit.money import to_text
from credit.replica import may_be_old
from credit.reports import ageing, overdue
from credit.views import customers_list, debtor_rows
from credit.views import overdue_list as lists
from credit.views.customers_list import CustomersList
from credit.views.debtor_menus import Menus
from credit.views.export import CHUNK, safe_text, stream
from credit.views.keyset import BadPageMark
from credit.views.overdue_list import LISTS, Debtor, OverdueList, debtors

SHOWN_SUSPENSIONS = 5
SHOWN_CURRENCIES = 6
OVERDUE_HEAD = [
    "Organization", "UUID", "Wallet ID", "Currency", "Overdue", "Oldest due date", "Days late", "Overdue invoices",
    "Amount due", "Spent in 7 days", "Spent in 30 days", "Status",
]  # fmt: skip
CUSTOMERS_HEAD = [
    "Organization", "UUID", "Wallet ID", "Currency", *[words for _, words, _ in ageing.CLASSES],
    ageing.NOT_INVOICED[1], "Amount due",
]  # fmt: skip


@require_safe
@permission_required("credit.view_invoice", raise_exception=True)
@may_be_old
def overdue_list(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    asked = OverdueList(request.GET, now)
    try:
        shown = asked.page(after=asked.value("after"), before=asked.value("before"))
    except BadPageMark:
        return HttpResponseRedirect(asked.address())
    totals = ageing.per_currency(now)
    chosen = _chosen(totals, asked.value("currency"))
    context = {
        "section": "receivables",
        "asked": asked,
        "tabs": [
            (words, f"?list={name}", name == (asked.value("list") or "spending"))
            for name, words in LISTS.items()
        ],
        "chips": list(asked.chips(lists.CHIPS)),
        "icons": static("icons.svg"),
        "totals": totals,
        "shown_totals": [
            (each, asked.address(currency=each.currency)) for each in _shown(totals, chosen, asked)
        ],
        "all_currencies_url": asked.address(totals="all"),
        "classes": ageing.CLASSES,
        "chosen": chosen,
        "plots": _plots(chosen),
        "rows": debtor_rows.draw(debtors(shown.rows, now, Menus(request))),
        "shown": len(shown.rows),
        "previous_url": asked.address(before=shown.before) if shown.before else "",
        "next_url": asked.address(after=shown.after) if shown.after else "",
        "by_late_url": asked.address(sort="late"),
        "by_amount_url": asked.address(sort="amount"),
        "export_query": asked.address(),
        "suspensions": overdue.next_suspensions(now, SHOWN_SUSPENSIONS),
        "suspend_after": settings.CREDIT_SUSPEND_AFTER_OVERDUE_DAYS,
        "clock_text": f"{display.local(now, viewer.zone()):%H:%M:%S}",
    }
    return render(request, "receivables/overdue.html", context)


def _chosen(totals: list[ageing.Ageing], currency: str) -> ageing.Ageing | None:
    """The currency asked for, else the one with most invoices."""
    if not totals:
        return None
    asked = [each for each in totals if each.currency == currency]
    return asked[0] if asked else max(totals, key=lambda each: sum(each.invoices.values()))


def _shown(
    totals: list[ageing.Ageing], chosen: ageing.Ageing | None, asked: OverdueList
) -> list[ageing.Ageing]:
    """Those with most invoices, in the order of their codes; all where they are asked for."""
    if asked.value("totals") == "all":
        return totals
    most = sorted(totals, key=lambda each: -sum(each.invoices.values()))[:SHOWN_CURRENCIES]
    return [each for each in totals if each in most or each is chosen]


def _plots(chosen: ageing.Ageing | None) -> list[tuple[str, age_columns.Drawing]]:
    if chosen is None:
        return []
    return [
        ("d-none d-md-block", age_columns.draw(chosen, 800, 190)),
        ("d-md-none", age_columns.draw(chosen, 360, 170)),
    ]


@require_safe
@permission_required("credit.view_invoice", raise_exception=True)
@may_be_old
def customers(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    asked = CustomersList(request.GET, now)
    try:
        shown = asked.page(after=asked.value("after"), before=asked.value("before"))
    except BadPageMark:
        return HttpResponseRedirect(asked.address())
    menus = Menus(request)
    context = {
        "section": "receivables",
        "asked": asked,
        "tabs": [(words, f"../?list={name}", False) for name, words in LISTS.items()],
        "chips": list(asked.chips(customers_list.CHIPS)),
        "icons": static("icons.svg"),
        "classes": ageing.CLASSES,
        "rows": [(wallet, ages, menus.of(wallet)) for wallet, ages in asked.rows_of(shown)],
        "previous_url": asked.address(before=shown.before) if shown.before else "",
        "next_url": asked.address(after=shown.after) if shown.after else "",
        "export_query": asked.address(),
    }
    return render(request, "receivables/customers.html", context)


# --- downloads --------------------------------------------------------------------------------------------------------


@require_safe
@permission_required("credit.export_books", raise_exception=True)
@may_be_old
def overdue_csv(request: HttpRequest) -> HttpResponseBase:
    now = timezone.now()
    asked = OverdueList(request.GET, now)
    rows = (_overdue_line(row) for page in _pages(asked) for row in debtors(page, now))
    return stream(f"overdue-{_stamp(now)}", OVERDUE_HEAD, rows)


@require_safe
@permission_required("credit.export_books", raise_exception=True)
@may_be_old
def customers_csv(request: HttpRequest) -> HttpResponseBase:
    now = timezone.now()
    asked = CustomersList(request.GET, now)
    rows = (_customer_line(*row) for page in _pages(asked, whole=True) for row in asked.rows_of(page))
    return stream(f"ageing-{_stamp(now)}", CUSTOMERS_HEAD, rows)


def _pages(asked: Any, *, whole: bool = False) -> Iterator[Any]:
    """All of a list, a page at a time: memory is that of one page."""
    after = ""
    while True:
        shown = asked.page(size=CHUNK, after=after)
        yield shown if whole else shown.rows
        after = shown.after
        if not after:
            return


def _stamp(now: Any) -> str:
    return f"{display.local(now, viewer.zone()):%Y-%m-%d-%H%M}"


def _who(wallet: Any) -> list[str]:
    organization = wallet.organization
    return [
        safe_text(organization.name),
        str(organization.uuid),
        safe_text(wallet.wallet_id),
        wallet.currency,
    ]


def _overdue_line(row: Debtor) -> list[str]:
    return [
        *_who(row.wallet),
        to_text(row.overdue_micros),
        row.oldest_due_on.isoformat(),
        str(row.days_late),
        str(row.invoices),
        to_text(row.wallet.due_micros),
        to_text(row.spent.short_micros),
        to_text(row.spent.long_micros),
        row.wallet.standing,
    ]


def _customer_line(wallet: Any, found: ageing.Ageing) -> list[str]:
    amounts = [*found.micros.values(), found.other_micros, found.due_micros]
    return [*_who(wallet), *map(to_text, amounts)]
