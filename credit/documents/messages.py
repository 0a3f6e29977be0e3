"""What a customer reads: the words of a message in plain text and in HTML, with the document attached."""

from datetime import date, datetime
from email.utils import formataddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import Q
from django.template.loader import render_to_string, select_template

from credit import display
from credit.documents import invoices, parties
from credit.invoicing import payment_reference
from credit.languages import in_source
from credit.models import Delivery, DeliveryKind, Invoice, InvoiceKind, Seller, Wallet
from credit.models.sums import WideSum

# A reminder names this many invoices and says how many more there are.
MOST_LISTED = 30


@in_source
def compose(delivery: Delivery, now: datetime) -> EmailMultiAlternatives:
    """The message of a delivery that comes with `invoice__seller` and `invoice__wallet__organization`."""
    invoice = delivery.invoice
    today = display.local(now, invoice.wallet.time_zone).date()
    seller = invoice.seller or parties.seller_on(today)
    context = {**_about(invoice, seller), **_words_of(delivery, seller, today)}
    message = EmailMultiAlternatives(
        subject=context["subject"],
        body=render_to_string("mail/message.txt", context),
        from_email=sender(seller),
        to=[delivery.recipient],
        reply_to=[seller.email] if seller and seller.email else None,
        headers={"Message-ID": delivery.message_id, "Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative(render_to_string("mail/message.html", context), "text/html")
    message.attach(invoices.file_name(invoice), invoices.pdf(invoice, today), "application/pdf")
    return message


def sender(seller: Seller | None) -> str:
    """The seller's name over the portal's own address, which the mail server may send for."""
    address = settings.DEFAULT_FROM_EMAIL
    return formataddr((" ".join(seller.name.split()), address)) if seller and "<" not in address else address


def _about(invoice: Invoice, seller: Seller | None) -> dict[str, Any]:
    return {
        "invoice": invoice,
        "organization": invoice.wallet.organization,
        "seller": seller,
        "seller_name": seller.name if seller else "Your provider",
        "currency": invoice.currency,
        "iban": parties.grouped(seller.iban) if seller else "",
        "reference": payment_reference(invoice.number or ""),
    }


def _words_of(delivery: Delivery, seller: Seller | None, today: date) -> dict[str, Any]:
    """Subject and paragraphs from the template of this kind and level, whose first line is the subject."""
    invoice = delivery.invoice
    rows: dict[str, Any]
    if delivery.kind == DeliveryKind.INVOICE:
        rows, names = {"figures": _figures(invoice)}, ["mail/invoice.txt"]
    else:
        rows = _still_open(invoice.wallet, today)
        names = [f"mail/reminder_{delivery.level}.txt", "mail/reminder_last.txt"]
    words = select_template(names).render({**_about(invoice, seller), **rows, "today": today})
    subject, _, body = words.strip().partition("\n")
    paragraphs = [" ".join(part.split()) for part in body.split("\n\n") if part.strip()]
    return {**rows, "subject": subject.strip(), "paragraphs": paragraphs}


def _figures(invoice: Invoice) -> list[tuple[str, str]]:
    """What stands on the invoice, in short."""
    open_micros = max(0, invoice.total_micros - invoice.paid_micros)
    rows = [(invoice.get_kind_display(), invoice.number or "")]
    if invoice.period_starts_at:
        month = display.local(invoice.period_starts_at, invoice.wallet.time_zone)
        rows.append(("Month", f"{month:%B %Y}"))
    rows.append(("Total", _exact(invoice.total_micros, invoice.currency)))
    if open_micros:
        rows.append(("To be paid", _exact(open_micros, invoice.currency)))
        rows.append(("Due", invoices.in_short(invoice.due_on) if invoice.due_on else "–"))
    return rows


def _still_open(wallet: Wallet, today: date) -> dict[str, Any]:
    """The open invoices of the wallet, the oldest first: a bounded list, and the sums of all of them."""
    open_ones = Invoice.objects.open().filter(wallet=wallet).exclude(kind=InvoiceKind.STATEMENT).on(today)
    shown: list[Any] = list(open_ones.order_by("due_on", "pk")[: MOST_LISTED + 1])
    listed = [_open_row(invoice, today) for invoice in shown[:MOST_LISTED]]
    overdue = WideSum("open_micros", filter=Q(is_overdue=True))
    sums = open_ones.order_by().aggregate(open=WideSum("open_micros"), overdue=overdue)
    return {
        "listed": listed,
        "has_more": len(shown) > MOST_LISTED,
        "overdue": _exact(sums["overdue"] or 0, wallet.currency),
        "open": _exact(sums["open"] or 0, wallet.currency),
    }


def _open_row(invoice: Any, today: date) -> dict[str, str]:
    days = (today - invoice.due_on).days if invoice.due_on else 0
    return {
        "number": invoice.number,
        "due": invoices.in_short(invoice.due_on) if invoice.due_on else "–",
        "late": f"{days} day{'s' if days > 1 else ''} late" if days > 0 else "not due yet",
        "open": _exact(invoice.open_micros, invoice.currency),
    }


def _exact(micros: int, currency: str) -> str:
    return f"{display.exact(micros, currency)} {currency}"
