"""Rows of the overdue list: the template once for each standing that a wallet can have, and only its texts put in."""

from functools import cache
from html import escape
from typing import Any

from django.conf import settings
from django.contrib.humanize.templatetags.humanize import intcomma
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator
from django.utils.translation import get_language

from credit import display
from credit.views.drawn_rows import marks, with_names
from credit.views.overdue_list import Debtor

SHORT_NAME = 48
TEXTS = (
    "name", "short_name", "page", "wallet_id", "overdue", "currency", "late", "since", "invoices", "invoices_page",
    "invoices_words", "due", "in_7_days", "in_30_days", "menu",
)  # fmt: skip


def draw(rows: list[Debtor]) -> SafeString:
    if settings.DEBUG:
        _look.cache_clear()
    language = get_language()
    looks = {standing: _look(standing, language) for standing in {row.wallet.standing for row in rows}}
    return mark_safe("".join([looks[row.wallet.standing] % _texts(row) for row in rows]))  # noqa: S308  escaped below


@cache
def _look(standing: str, language: str | None) -> str:
    """The row as a text with the names of what goes into it, `%(name)s`."""
    return with_names(render_to_string("receivables/row.html", {"row": marks(TEXTS), "standing": standing}))


def _texts(row: Debtor) -> dict[str, str]:
    wallet: Any = row.wallet
    name, currency = wallet.organization.name, wallet.currency
    words = {
        "name": name,
        "short_name": name if len(name) <= SHORT_NAME else Truncator(name).chars(SHORT_NAME),
        "page": row.page,
        "wallet_id": wallet.wallet_id,
        "overdue": display.amount(row.overdue_micros, currency),
        "currency": currency,
        "late": row.late_words,
        "since": row.since_words,
        "invoices": str(intcomma(row.invoices)),
        "invoices_page": row.invoices_page,
        "invoices_words": row.invoices_words,
        "due": display.amount(wallet.due_micros, currency),
        "in_7_days": display.amount(row.spent.short_micros, currency),
        "in_30_days": display.amount(row.spent.long_micros, currency),
    }
    return {key: escape(text) for key, text in words.items()} | {"menu": row.menu}
