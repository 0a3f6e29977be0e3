"""The navigation: written once per rights, language and section; only the number of requests is asked for."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from credit.templatetags.waiting import requests_waiting

register = template.Library()

WAITING = "<!-- waiting -->"


@dataclass(frozen=True)
class Item:
    """`right`: who sees it, empty for everybody. `key`: what `g` and then opens it."""

    section: str
    icon: str
    words: str | Promise
    right: str = ""
    key: str = ""
    page: str = ""

    @property
    def address(self) -> str:
        return reverse(self.page or self.section)


ITEMS = (
    Item("home", "home", gettext_lazy("Home"), key="h"),
    Item("organizations", "orgs", gettext_lazy("Organizations"), key="o"),
    Item("requests", "inbox", gettext_lazy("Requests"), "credit.view_changerequest", "r"),
    Item("invoices", "file", gettext_lazy("Invoices"), "credit.view_invoice", "i"),
    Item("alerts", "bell", gettext_lazy("Alerts"), "credit.view_alertevent"),
    Item("deliveries", "mail", gettext_lazy("E-mail"), "credit.view_invoice"),
    Item("receivables", "coin", gettext_lazy("Receivables"), "credit.view_invoice"),
    Item("reports", "chart", gettext_lazy("Reports"), "credit.view_invoice"),
    Item("exposure", "limit", gettext_lazy("Exposure"), "credit.view_exposure"),
    Item("promises", "call", gettext_lazy("Promises"), "credit.view_note"),
    Item("month_end", "flag", gettext_lazy("Month end"), "credit.view_monthendrun"),
    Item("bulk", "list", gettext_lazy("Bulk changes"), "credit.set_credit_limit"),
    Item("usage_files", "layers", gettext_lazy("Usage files"), "credit.post_charges"),
    Item("jobs", "clock", gettext_lazy("Jobs"), "credit.view_jobs", "j"),
    Item("audit", "list", gettext_lazy("Audit trail"), "credit.view_audit_trail", "a"),
    Item("clients", "lock", gettext_lazy("API clients"), "credit.manage_clients"),
)


@register.simple_tag(takes_context=True)
def navigation(context: dict[str, Any]) -> SafeString:
    user = context["user"]
    may = user.has_perm  # looked up once: `user` is found anew behind each of its names
    seen = tuple(number for number, item in enumerate(ITEMS) if not item.right or may(item.right))
    written = _written(get_language() or "", seen, user.is_staff, context.get("section", ""))
    decides = WAITING in written and may("credit.set_credit_limit")
    return SafeString(written.replace(WAITING, _waiting(user) if decides else ""))


@lru_cache(maxsize=1000)
def _written(language: str, seen: tuple[int, ...], is_staff: bool, section: str) -> str:
    items = [ITEMS[number] for number in seen]
    shown = {"items": items, "is_staff": is_staff, "section": section, "waiting": SafeString(WAITING)}
    return render_to_string("partials/nav.html", shown)


def _waiting(user: Any) -> str:
    waiting = requests_waiting(user)
    if not waiting:
        return ""
    words = _("%(waiting)s wait for you") % {"waiting": waiting}
    return format_html('<span class="count" aria-label="{}">{}</span>', words, waiting)
