"""An invoice as a sheet that prints, and the transactions that stand behind each of its lines."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from credit import display
from credit.actions import invoices
from credit.archive import telling
from credit.documents import parties
from credit.invoicing import payment_reference
from credit.models import Invoice, InvoiceKind, Period, Transaction
from credit.money import to_text
from credit.terms import CHARGES, Kind
from credit.views import documents, export, invoice_rows, keyset, ledger, live_wallets, payments_of

PAGE = 50
SHOWN_CREDIT_NOTES = 20
OLDEST_FIRST = keyset.Order("sequence")


@require_GET
@permission_required("credit.view_invoice", raise_exception=True)
def invoice(request: HttpRequest, pk: int) -> HttpResponse:
    now = timezone.now()
    found = _found(pk, now)
    wallet = live_wallets.later(found.wallet, now)
    found.wallet = wallet
    today = display.local(now, wallet.time_zone).date()
    seller = parties.seller_of(found, today)
    context = {
        "invoice": found,
        "wallet": wallet,
        "organization": wallet.organization,
        "row": invoice_rows.row(found, today),
        "seller": seller,
        "seller_block": parties.seller_block(seller),
        "billed_to": parties.billed_to_block(found),
        "credit_notes": found.credit_notes.order_by("pk")[:SHOWN_CREDIT_NOTES],
        "deliveries": documents.deliveries_of(found, now),
        "section": "invoices",
        **_lines(found),
        **_payment(found, wallet.time_zone),
        **_what_can_be_done(found, now),
    }
    return render(request, "invoice/page.html", context)


def _found(pk: int, now: Any) -> Invoice:
    """With its state on the customer's own day."""
    found = get_object_or_404(Invoice.objects.select_related("wallet"), pk=pk)
    today = display.local(now, found.wallet.time_zone).date()
    rows = Invoice.objects.on(today).select_related("corrects", "seller", "wallet__organization")
    return rows.get(pk=pk)


def _lines(found: Invoice) -> dict[str, Any]:
    lines = list(found.lines.all())
    exact = sum(line.exact_micros for line in lines)
    taxes = list(found.taxes.all())
    for tax in taxes:
        tax.net_micros = tax.gross_micros - tax.tax_micros
    return {
        "lines": lines,
        "taxes": taxes,
        "exact_micros": exact,
        "rounding_micros": found.total_micros - exact,
    }


def _payment(found: Invoice, zone: str) -> dict[str, Any]:
    shares = payments_of.of_invoice(found, zone)
    told = sum(share.micros for share in shares)
    return {
        "payments": shares,
        "paid_otherwise_micros": found.paid_micros - told,
        "reference": payment_reference(found.number or ""),
    }


def _what_can_be_done(found: Invoice, now: Any) -> dict[str, Any]:
    """A draft goes out by itself when its review is over; what was bought can be refunded by a credit note."""
    bought = found.issued_at and found.kind == InvoiceKind.PURCHASE
    item = Transaction.objects.filter(invoice=found, kind__in=CHARGES).first() if bought else None
    note = found.transactions.filter(kind=Kind.CREDIT_NOTE).first() if found.corrects_id else None
    undone = note.corrections.filter(kind=Kind.REVERSAL).first() if note else None
    ends_at = None if found.issued_at else invoices.review_ends_at(found)
    return {
        "review_ends_at": ends_at,
        "is_under_review": ends_at and ends_at > now,
        "item": item,
        "reversed_at": undone.posted_at if undone else None,
        "has_items": found.kind != InvoiceKind.OPENING,
    }


# --- what stands behind a line ----------------------------------------------------------------------------------------


@require_GET
@permission_required(["credit.view_invoice", "credit.view_transaction"], raise_exception=True)
def items(request: HttpRequest, pk: int) -> HttpResponse:
    """The transactions of an invoice, or of one kind on it, in the order in which they were posted."""
    found = get_object_or_404(Invoice.objects.select_related("wallet__organization"), pk=pk)
    kind = _kind(request.GET)
    marks = {name: request.GET.get(name, "") for name in ("after", "before")}
    try:
        page = keyset.page(_items(found, kind), order=OLDEST_FIRST, size=PAGE, **marks)
    except keyset.BadPageMark:
        raise Http404(_("There is no such page.")) from None
    period = _period(found)
    context = {
        "invoice": found,
        "wallet": found.wallet,
        "organization": found.wallet.organization,
        "lines": [_told(line, found) for line in page.rows],
        "kinds": [(line.kind, line.get_kind_display(), line.count) for line in found.lines.all()],
        "kind": kind,
        "archived": telling.of_period(period) if period else "",
        "page": page,
        "section": "invoices",
    }
    return render(request, "invoice/items.html", context)


def _told(line: Transaction, found: Invoice) -> Transaction:
    """As on the ledger, but with the sign of an invoice: what is owed for it."""
    line.owed_micros = -line.amount_micros
    return ledger.told(line, found.wallet)


@require_GET
@permission_required(["credit.view_invoice", "credit.export_wallets"], raise_exception=True)
def items_csv(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Invoice.objects.select_related("wallet"), pk=pk)
    lines = _items(found, _kind(request.GET)).order_by("sequence")
    name = f"{found.number or f'draft-{found.pk}'}-items"
    return export.stream(name, ITEMS_HEAD, _item_cells(lines, found))


ITEMS_HEAD = [
    "Line", "Posted at", "Occurred at", "Late", "Kind", "Description", "Reference", "Currency", "Amount",
]  # fmt: skip


def _item_cells(lines: QuerySet[Transaction], found: Invoice) -> Iterator[list[str]]:
    for line in lines.iterator(chunk_size=2000):
        yield [
            str(line.sequence),
            line.posted_at.isoformat(),
            line.occurred_at.isoformat() if line.occurred_at else "",
            ledger.late(line, found.wallet),
            line.kind,
            export.safe_text(line.description),
            export.safe_text(line.reference),
            found.currency,
            to_text(-line.amount_micros),
        ]


def _kind(asked: Mapping[str, str]) -> str:
    kind = asked.get("kind", "")
    if kind and kind not in Kind.values:
        raise Http404(_("There is no such kind of transaction."))
    return kind


def _items(found: Invoice, kind: str) -> QuerySet[Transaction]:
    """By the ledger's own index: a period's lines lie between two sequence numbers of its wallet."""
    period = _period(found)
    if period:
        lines = Transaction.objects.of(found.wallet).filter(
            sequence__range=(period.first_sequence, period.last_sequence), period_starts_at=period.starts_at
        )
    else:
        lines = Transaction.objects.filter(invoice=found).exclude(kind=Kind.ROUNDING)
    return lines.filter(kind=kind) if kind else lines


def _period(found: Invoice) -> Period | None:
    return Period.objects.filter(invoice=found).select_related("wallet").first()
