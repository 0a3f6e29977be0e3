"""Rows of the ledger: the template once for each look that a line can have, and then only its texts put in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from html import escape
from typing import Any, NamedTuple
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from credit import display
from credit.models import Transaction, Wallet
from credit.templatetags import portal
from credit.views.drawn_rows import marks, with_names

TEXTS = (
    "sequence", "when", "what", "reference", "month", "invoice", "invoice_page", "pays", "late", "amount",
    "balance_after", "currency", "page", "next", "correct_words",
)  # fmt: skip


class Look(NamedTuple):
    """What the template asks about a line."""

    kind: str
    has_reference: bool
    counts_as: str  # month, invoice or balance
    can_pay: bool
    has_paid: bool
    is_late: bool
    overrun: bool
    can_be_refunded: bool
    can_be_reversed: bool


@dataclass(frozen=True)
class Reader:
    """Who looks: what they may do with a line, and where they come back to."""

    may_correct: bool
    may_allocate: bool
    came_from: str

    @classmethod
    def of(cls, request: HttpRequest) -> "Reader":
        may = request.user.has_perm
        return cls(
            may("credit.correct_transactions"), may("credit.allocate_payment"), request.get_full_path()
        )


def draw(lines: Sequence[Any], wallet: Wallet, lines_url: str, reader: Reader, now: datetime) -> SafeString:
    """`lines` with their words (`ledger.told`) and the invoices that they pay."""
    if settings.DEBUG:
        _drawn.cache_clear()
    language, rights = get_language(), (reader.may_correct, reader.may_allocate)
    same = {"currency": escape(wallet.currency), "next": escape(quote(reader.came_from, safe="/"))}
    rows = [
        _drawn(_look(line), line.icon, *rights, language) % (_texts(line, wallet, lines_url, now) | same)
        for line in lines
    ]
    return mark_safe("".join(rows))  # noqa: S308  each text is escaped below


def _look(line: Any) -> Look:
    return Look(
        line.kind,
        bool(line.reference),
        "month" if line.counted else "invoice" if line.invoice_id else "balance",
        line.can_pay,
        bool(line.pays),
        bool(line.late),
        line.overrun,
        line.can_be_refunded,
        line.can_be_reversed,
    )


@lru_cache(maxsize=2000)
def _drawn(look: Look, icon: str, may_correct: bool, may_allocate: bool, language: str | None) -> str:
    line: dict[str, Any] = {**marks(TEXTS), **look._asdict(), "icon": icon}
    line |= {"kind": Transaction(kind=look.kind).get_kind_display()}
    absent = {"reference": look.has_reference, "pays": look.has_paid, "late": look.is_late}
    absent |= {name: look.counts_as == name for name in ("month", "invoice")}
    line |= {name: "" for name, is_there in absent.items() if not is_there}
    rights = {"may_correct": may_correct, "may_allocate": may_allocate}
    return with_names(render_to_string("organization/ledger_line.html", {"line": line, **rights}))


def _texts(line: Any, wallet: Wallet, lines_url: str, now: datetime) -> dict[str, str]:
    words = {
        "when": display.day_and_time(line.posted_at, wallet.time_zone, now),
        "what": line.description or line.reason,
        "reference": line.reference,
        "month": line.month,
        "invoice": str(line.invoice) if line.invoice_id else "",
        "late": line.late,
        "correct_words": line.correct_words,
    }
    return {name: escape(text) for name, text in words.items()} | {
        "sequence": str(line.sequence),
        "page": f"{lines_url}{line.sequence}/",
        "invoice_page": reverse("invoice", args=[line.invoice_id]) if line.invoice_id else "",
        "pays": ", ".join(_link(invoice) for invoice in line.pays),
        "amount": portal.exact_change(line.amount_micros, wallet.currency),
        "balance_after": portal.exact(line.current_balance_after_micros, wallet.currency),
    }


def _link(invoice: Any) -> str:
    return f'<a href="{reverse("invoice", args=[invoice.pk])}">{escape(str(invoice))}</a>'
