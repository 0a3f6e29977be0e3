"""How an invoice stands in a list: what it is for, its state in words, and what of it is open."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from credit import display
from credit.models import Invoice, InvoiceState

# State -> (look, icon); the word beside it says the same.
LOOKS = {
    InvoiceState.DRAFT: ("plain", "clock"),
    InvoiceState.ISSUED: ("plain", "file"),
    InvoiceState.PART_PAID: ("plain", "coin"),
    InvoiceState.PAID: ("plain", "check"),
}


@dataclass(frozen=True)
class Row:
    invoice: Invoice
    what: str
    look: str
    icon: str
    words: str
    open_micros: int
    days_late: int


def rows(invoices: Iterable[Invoice], today: date) -> list[Row]:
    return [row(invoice, today) for invoice in invoices]


def row(invoice: Invoice, today: date) -> Row:
    """Of one annotated by `Invoice.objects.on(today)`."""
    days_late = (today - invoice.due_on).days if invoice.is_overdue else 0
    look, icon, words = _badge(invoice, days_late)
    return Row(invoice, what(invoice), look, icon, words, invoice.open_micros, days_late)


def what(invoice: Invoice) -> str:
    """ "Monthly tax invoice, October 2026"."""
    if invoice.period_starts_at is None:
        return invoice.get_kind_display()
    month = display.month(display.local(invoice.period_starts_at, invoice.wallet.time_zone))
    return f"{invoice.get_kind_display()}, {month}"


def _badge(invoice: Invoice, days_late: int) -> tuple[str, str, str]:
    if days_late:
        return "warn", "clock", display.days_late(days_late)
    if invoice.held_back_at:
        return "warn", "pause", _("Held back")
    if invoice.state == InvoiceState.PAID and invoice.total_micros <= 0:
        return "plain", "", _("Nothing to pay")
    return (*LOOKS[invoice.state], InvoiceState(invoice.state).label)
