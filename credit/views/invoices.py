"""Invoices: a list, and each one as a sheet that prints."""

from django.contrib.auth.decorators import permission_required
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from credit.models import Invoice, Wallet
from credit.views import live_wallets, records

PAGE = 50


@require_GET
@permission_required("credit.view_invoice", raise_exception=True)
def invoice_list(request: HttpRequest) -> HttpResponse:
    """The newest first; of one wallet with what is open of each, else of all wallets."""
    now = timezone.now()
    before = request.GET.get("before", "")
    asked = request.GET.get("wallet", "")
    wallet = live_wallets.get_or_404(asked, now) if asked else None
    rows = Invoice.objects.select_related("wallet__organization").order_by("-pk")
    rows = rows.filter(wallet=wallet) if wallet else rows
    if before.isdigit():
        rows = rows.filter(pk__lt=int(before[:18]))
    found = list(rows[: PAGE + 1])
    context = {
        "wallet": wallet,
        "invoices": [_told(invoice) for invoice in found[:PAGE]]
        if wallet is None
        else _opened(wallet, found[:PAGE], now),
        "earlier": found[PAGE - 1].pk if len(found) > PAGE else None,
        "before": before,
        "section": "invoices",
    }
    return render(request, "invoice/list.html", context)


def _told(invoice: Invoice) -> records.OpenInvoice:
    return records.OpenInvoice(invoice, records.what(invoice, invoice.wallet.time_zone), 0, 0)


def _opened(wallet: Wallet, page: list[Invoice], now: object) -> list[records.OpenInvoice]:
    return records.with_open_amounts(page, wallet, _due_from(wallet, page[0].pk) if page else 0, now)


def _due_from(wallet: Wallet, pk: int) -> int:
    """What of the amount due is left for an invoice and the older ones, after the newer ones have taken theirs."""
    newer = Invoice.objects.filter(wallet=wallet, pk__gt=pk, total_micros__gt=0)
    return max(0, wallet.due_micros - (newer.aggregate(total=Sum("total_micros"))["total"] or 0))


@require_GET
@permission_required("credit.view_invoice", raise_exception=True)
def invoice(request: HttpRequest, pk: int) -> HttpResponse:
    now = timezone.now()
    found = get_object_or_404(Invoice.objects.select_related("corrects", "wallet__organization"), pk=pk)
    wallet = live_wallets.later(found.wallet, now)
    (told,) = records.with_open_amounts([found], wallet, _due_from(wallet, found.pk), now)
    lines = list(found.lines.all())
    exact = sum(line.exact_micros for line in lines)
    context = {
        "invoice": found,
        "wallet": wallet,
        "organization": wallet.organization,
        "open": told,
        "paid_micros": max(found.total_micros, 0) - told.open_micros,
        "lines": lines,
        "exact_micros": exact,
        "rounding_micros": found.total_micros - exact,
        "credit_notes": found.credit_notes.all(),
        "section": "invoices",
    }
    return render(request, "invoice/page.html", context)
