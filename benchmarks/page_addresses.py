"""Which addresses the page benchmark asks: the ways people ask the list, and every page of the portal."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.urls import reverse

from credit import urls
from credit.display import as_link
from credit.models import (
    AlertRule,
    AlertSend,
    ApiClient,
    BulkChange,
    Change,
    ChangeRequest,
    Delivery,
    Invoice,
    MonthEndRun,
    Note,
    Reservation,
    Transaction,
    Upload,
    Wallet,
    Webhook,
)
from credit.terms import CHARGES
from credit.views.help import TOPICS
from credit.views.wallet_list import SORTS

SHOWN = "W-4071-1805"


@dataclass(frozen=True)
class Page:
    name: str
    path: str
    htmx: bool = False


def all_pages() -> list[Page]:
    return [*lists(), *longest_ledgers(), *portal(), *panels(), *admin_pages()]


def lists() -> list[Page]:
    wallet = _example("")
    uuid = str(wallet.organization.uuid)
    asked: dict[str, dict[str, str]] = {
        "all": {},
        "a word of many names": {"q": "limited"},
        "a name without its accents": {"q": "korlatolt felelossegu"},
        "nothing found": {"q": "qqqqqq"},
        "UUID": {"q": uuid},
        "beginning of a UUID": {"q": uuid[:8]},
        "Wallet ID": {"q": "w 4071 1805"},
        "blocked": {"use": "blocked"},
        "near the limit": {"use": "near"},
        "temporary limits": {"limit": "temporary"},
        "temporary, ending soon": {"limit": "ending_soon"},
        "in debt": {"debt": "yes"},
        "prepaid in EUR": {"mode": "prepaid", "currency": "EUR"},
        "postpaid, near, by usable": {"mode": "postpaid", "use": "near", "sort": "usable"},
        **{f"by {name}": {"sort": name} for name in SORTS},
        **{f"by {name}, downwards": {"sort": f"-{name}"} for name in SORTS},
    }
    address = reverse("organizations")
    return [Page(f"list: {name}", f"{address}?{urlencode(query)}") for name, query in asked.items()]


def longest_ledgers() -> list[Page]:
    rows = Wallet.objects.select_related("organization").order_by("-last_sequence", "pk")[:3]
    pages = []
    for row in rows:
        address = reverse("organization", args=[row.organization.uuid])
        name = f"organization: {row.mode}, {row.last_sequence:,} lines"
        pages.append(Page(name, f"{address}?wallet={row.wallet_id}"))
        pages.append(Page(f"{name}, a year", f"{address}?wallet={row.wallet_id}&span=year"))
    return pages


def portal() -> list[Page]:
    """Every address of the portal, so that no page is forgotten; files to download and redirects are no pages."""
    routes = [
        route
        for route in _routes(urls.urlpatterns)
        if route
        and not route.endswith((".csv", ".json", ".journal", ".pdf", ".txt", ".xlsx", "<slug:slug>/"))
    ]
    pages = [Page(re.sub(r"<\w+:(\w+)>", r"<\1>", route), "/" + _filled_in(route)) for route in routes]
    return [*pages, *_help_pages(), _as_of()]


def _help_pages() -> list[Page]:
    return [Page(f"help/{topic.slug}/", reverse("help_topic", args=[topic.slug])) for topic in TOPICS]


def _as_of() -> Page:
    wallet = _example("")
    line = Transaction.objects.filter(wallet=wallet).newest_first()[5]
    address = reverse("organization", args=[wallet.organization.uuid])
    asked = urlencode({"wallet": wallet.wallet_id, "as_of": as_link(line.posted_at)})
    return Page("organization: as of", f"{address}?{asked}")


def panels() -> list[Page]:
    """What opens over the list, asked for as htmx does."""
    return [
        Page(f"panel: {page.name}", page.path, htmx=True)
        for page in portal()
        if page.name.startswith("wallets/")
    ]


def admin_pages() -> list[Page]:
    pages = [Page("admin/", reverse("admin:index"))]
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        pages.append(Page(f"admin/{model._meta.model_name}/", reverse(f"{name}_changelist")))
        if row := model._default_manager.order_by("-pk").first():
            pages.append(
                Page(f"admin/{model._meta.model_name}/<pk>/", reverse(f"{name}_change", args=[row.pk]))
            )
    return pages


def _routes(patterns: list[Any], prefix: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from _routes(pattern.url_patterns, route)
        else:
            yield route


def _filled_in(route: str) -> str:
    wallet = _example(route)
    line = Transaction.objects.filter(wallet=wallet, kind__in=CHARGES).newest_first()[0]
    hold = Reservation.objects.filter(wallet__wallet_id=SHOWN).latest("pk")
    examples = {
        "reservations/<int:pk>": f"reservations/{hold.pk}",
        "deliveries/<int:pk>": f"deliveries/{_latest(Delivery)}",
        "runs/<int:pk>": f"runs/{_latest(MonthEndRun)}",
        "api-clients/<int:pk>": f"api-clients/{_latest(ApiClient)}",
        "bulk-changes/new/": f"bulk-changes/new/?wallet={SHOWN}",
        "bulk-changes/<int:pk>": f"bulk-changes/{_latest(BulkChange)}",
        "usage-files/<int:pk>": f"usage-files/{_latest(Upload)}",
        "audit-trail/<int:pk>": f"audit-trail/{_latest(Change)}",
        "notes/<int:pk>": f"notes/{_latest(Note.objects.filter(wallet__wallet_id=SHOWN))}",
        "alerts/sent/<int:pk>": f"alerts/sent/{_latest(AlertSend)}",
        "alerts/rules/<str:currency>": f"alerts/rules/{wallet.currency}",
        "alerts/rules/<int:pk>": f"alerts/rules/{_latest(AlertRule)}",
        "alerts/webhooks/<int:pk>": f"alerts/webhooks/{_latest(Webhook)}",
        "requests/<int:pk>": f"requests/{_latest(ChangeRequest)}",
        "<int:year>-<int:month>": "2026-9",
        "<int:pk>": str(Invoice.objects.filter(wallet__wallet_id=SHOWN).latest("pk").pk),
        "<uuid:uuid>": str(wallet.organization.uuid),
        "<str:wallet_id>": wallet.wallet_id,
        "<int:sequence>": str(line.sequence),
        "<str:slot>": "temporary",
    }
    for part, example in examples.items():
        route = route.replace(part, example)
    if "<" in route:
        raise LookupError(f"No example for {route}: add one, or the page is not measured.")
    return route


def _latest(rows: Any) -> int:
    """Of a model or of some of its rows."""
    return getattr(rows, "objects", rows).latest("pk").pk


def _example(route: str) -> Wallet:
    """A wallet on which the page has something to show."""
    wallets = Wallet.objects.select_related("organization").order_by("pk")
    if "limit/end" in route:
        return wallets.filter(wallet_id="W-4071-0762").get()
    if "limit/remove" in route:
        return wallets.filter(wallet_id="W-4071-2236").get()
    if "reopen" in route:
        return wallets.exclude(closed_at=None)[0]
    return wallets.get(wallet_id=SHOWN)
