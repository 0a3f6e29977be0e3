"""An invoice as a PDF: every word and figure that stands on the sheet."""

from datetime import date
from typing import Any

from credit import display
from credit.documents import parties, typesetting
from credit.invoicing import payment_reference
from credit.languages import in_source
from credit.models import Allocation, Change, Invoice, InvoiceKind, InvoiceLine, Seller
from credit.money import round_to_currency
from credit.terms import Kind

_NO_PAYMENT = (InvoiceKind.CREDIT_NOTE, InvoiceKind.STATEMENT)


def load(pk: int) -> Invoice:
    """Everything its sheet needs; Invoice.DoesNotExist."""
    return Invoice.objects.select_related("seller", "corrects", "wallet__organization").get(pk=pk)


@in_source
def pdf(invoice: Invoice, today: date) -> bytes:
    """`today` matters for a draft only, which shows the seller of that day."""
    return typesetting.pdf("invoice", content(invoice, today), invoice.issued_at or invoice.created_at)


def file_name(invoice: Invoice) -> str:
    return f"{invoice.number}.pdf" if invoice.number else f"draft-{invoice.pk}.pdf"


def content(invoice: Invoice, today: date) -> dict[str, Any]:
    seller = parties.seller_of(invoice, today)
    lines = list(invoice.lines.all())
    exact = sum(line.exact_micros for line in lines)
    return {
        "title": invoice.get_kind_display(),
        "number": invoice.number or f"Draft {invoice.pk}",
        "is_draft": invoice.issued_at is None,
        "seller": parties.seller_block(seller),
        "billed_to": parties.billed_to_block(invoice),
        "facts": _facts(invoice),
        "currency": invoice.currency,
        "lines": [_line(line, invoice.currency) for line in lines],
        "exact": display.exact_parts(exact, invoice.currency),
        "total": display.amount(invoice.total_micros, invoice.currency),
        "rounding": _rounding(invoice, exact),
        "taxes": _taxes(invoice),
        "tax_words": _tax_words(invoice),
        **_due(invoice),
        "pay": _how_to_pay(invoice, seller),
        "notes": _notes(invoice),
        "foot": " · ".join(filter(None, [seller.name if seller else "", invoice.number or "Draft"])),
    }


def _facts(invoice: Invoice) -> list[tuple[str, ...]]:
    zone = invoice.wallet.time_zone
    facts: list[tuple[str, ...]] = [("Wallet", invoice.wallet.wallet_id, "code")]
    if invoice.period_starts_at and invoice.period_ends_at:
        first, last = (_instant(at, zone) for at in (invoice.period_starts_at, invoice.period_ends_at))
        facts.append(("Period", f"{first} to {last}, {display.place(zone)}"))
    if invoice.corrects:
        facts.append(("Corrects", invoice.corrects.number or "an invoice not issued yet"))
    issued = day_of(invoice.issued_at, zone) if invoice.issued_at else "not yet"
    due = in_short(invoice.due_on) if invoice.due_on else "–"
    facts += [("Issued", issued), ("Due", due)]
    return [*facts, ("Scheme", scheme) if (scheme := _scheme(invoice)) else ("Currency", invoice.currency)]


def _instant(at: Any, zone: str) -> str:
    here = display.local(at, zone)
    return f"{here.day} {here:%b %Y, %H:%M}"


def day_of(at: Any, zone: str) -> str:
    return in_short(display.local(at, zone).date())


def in_short(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def _scheme(invoice: Invoice) -> str:
    """The one in force at the period's last instant (fine print 3): today's, with later changes taken back."""
    if invoice.kind == InvoiceKind.STATEMENT:
        return "no invoice"
    if invoice.kind != InvoiceKind.MONTHLY:
        return ""
    later = Change.objects.filter(
        wallet=invoice.wallet_id, at__gte=invoice.period_ends_at, before__has_key="scheme"
    )
    first = later.order_by("at", "pk").values_list("before__scheme", flat=True).first()
    return str(display.SCHEMES.get(first if first is not None else invoice.wallet.scheme, ""))


def _line(line: InvoiceLine, currency: str) -> dict[str, Any]:
    return {
        "kind": line.get_kind_display(),
        "count": f"{line.count:,}",
        "exact": display.exact_parts(line.exact_micros, currency),
        "amount": display.amount(line.rounded_micros, currency),
    }


def _rounding(invoice: Invoice, exact: int) -> str:
    left = invoice.total_micros - exact
    if not left:
        return "The total is the sum of the lines; nothing had to be rounded."
    booked = "".join(display.exact_parts(left, invoice.currency, plus=True))
    return (
        "Each kind is rounded to the currency’s decimals, half away from zero. The total is the sum of the rounded "
        f"lines; the difference of {booked} {invoice.currency} is booked as rounding."
    )


# --- tax --------------------------------------------------------------------------------------------------------------


def _taxes(invoice: Invoice) -> list[dict[str, str]]:
    def words(micros: int) -> str:
        return display.amount(micros, invoice.currency)

    return [
        {
            "rate": f"{tax.rate / 100:g} %",
            "net": words(tax.gross_micros - tax.tax_micros),
            "tax": words(tax.tax_micros),
            "gross": words(tax.gross_micros),
        }
        for tax in invoice.taxes.all()
    ]


def _tax_words(invoice: Invoice) -> str:
    if invoice.kind == InvoiceKind.STATEMENT:
        return "An internal statement is no tax document."
    return "The tax contained is worked out when the invoice is issued." if not invoice.issued_at else ""


# --- what is to be paid -----------------------------------------------------------------------------------------------


def _due(invoice: Invoice) -> dict[str, Any]:
    """Payments as rows that lead from the total to the amount due; nothing where nothing is asked for."""
    if invoice.total_micros <= 0 or invoice.issued_at is None:
        return {"due": "", "due_words": "", "payments": []}
    left = invoice.total_micros - invoice.paid_micros
    exact = "".join(display.exact_parts(left, invoice.currency))
    return {"due": exact, "due_words": "Amount due" if left else "Paid", "payments": _payments(invoice)}


def _payments(invoice: Invoice) -> list[dict[str, str]]:
    live = (
        Allocation.objects.live()
        .filter(invoice=invoice)
        .select_related("line__payment")
        .order_by("allocated_at", "pk")
    )
    zone = invoice.wallet.time_zone
    return [
        {
            "what": _paid_by(one, zone),
            "amount": "".join(display.exact_parts(-one.amount_micros, invoice.currency)),
        }
        for one in live
    ]


def _paid_by(allocation: Allocation, zone: str) -> str:
    line = allocation.line
    if line is None:
        return "Credit from earlier"
    payment = getattr(line, "payment", None)
    day = in_short(payment.received_on) if payment else day_of(line.posted_at, zone)
    reference = f", {line.reference}" if line.reference else ""
    return f"{Kind(line.kind).label} of {day}{reference}"


def _how_to_pay(invoice: Invoice, seller: Seller | None) -> list[tuple[str, ...]]:
    open_micros = invoice.total_micros - invoice.paid_micros
    if seller is None or invoice.issued_at is None or invoice.kind in _NO_PAYMENT or open_micros <= 0:
        return []
    rows: list[tuple[str, ...]] = [("Bank", seller.bank), ("IBAN", parties.grouped(seller.iban), "code")]
    rows += [("BIC", seller.bic, "code"), ("Reference", payment_reference(invoice.number or ""), "code")]
    # Money is paid in the currency's decimals; what is open may have more only where a payment had.
    rows.append(
        ("Amount", display.with_code(round_to_currency(open_micros, invoice.currency), invoice.currency))
    )
    if invoice.due_on:
        rows.append(("Due", in_short(invoice.due_on)))
    return [row for row in rows if row[1]]


def _notes(invoice: Invoice) -> list[str]:
    if invoice.issued_at is None:
        return ["A draft may still change until it is issued."]
    notes = ["An issued invoice never changes; a credit note corrects it."]
    if invoice.kind == InvoiceKind.STATEMENT:
        notes = ["An internal statement, made because the wallet’s scheme sends no invoice."]
    if invoice.total_micros < 0:
        notes.insert(
            0, "This amount is in your favour: it pays what is due next, or stays as an overpayment."
        )
    return notes
