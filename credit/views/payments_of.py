"""Which money pays an invoice, and which invoices a line of money pays: in words, for both pages."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from credit import display
from credit.actions import allocations
from credit.models import Allocation, Invoice, Transaction

SHOWN = 50


@dataclass(frozen=True)
class Share:
    """A part of an invoice that is paid, and by what; `sequence` leads to the line."""

    words: str
    micros: int
    sequence: int | None
    by_name: str


def of_invoice(invoice: Invoice, zone: str) -> list[Share]:
    live = Allocation.objects.live().filter(invoice=invoice).select_related("line__payment")
    return [_share(row, zone) for row in live.order_by("pk")[:SHOWN]]


def of_lines(lines: Iterable[Transaction]) -> dict[int, list[Invoice]]:
    """The invoices that each of these lines pays, by the line's pk; one question for all of them."""
    money = [line.pk for line in lines if allocations.can_pay(line)]
    if not money:
        return {}
    paid: dict[int, list[Invoice]] = {}
    live = Allocation.objects.live().filter(line__in=money).select_related("invoice").order_by("line", "pk")
    for row in live[: SHOWN * len(money)]:
        paid.setdefault(row.line_id, []).append(row.invoice)
    return paid


def _share(row: Any, zone: str) -> Share:
    line = row.line
    if line is None:
        return Share(_("Credit from earlier"), row.amount_micros, None, row.by_name)
    payment = getattr(line, "payment", None)
    day = payment.received_on if payment else display.local(line.posted_at, zone).date()
    reference = f", {line.reference}" if line.reference else ""
    words = _("%(kind)s of %(day)s") % {"kind": line.get_kind_display(), "day": display.day(day)} + reference
    return Share(words, row.amount_micros, line.sequence, row.by_name)
