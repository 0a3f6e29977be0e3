"""Issuing: a draft gets the next number of its series, in a transaction of its own and never inside a charge."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from credit.actions.writing import update_rows
from credit.models import Invoice, InvoiceKind, InvoiceSeries

# What is no tax invoice must leave no gap in the tax invoices' numbers.
_PREFIXES = {InvoiceKind.STATEMENT: "STM", InvoiceKind.CREDIT_NOTE: "CRN"}


def issue(*, now: datetime, limit: int = 500) -> int:
    """Numbers up to `limit` drafts, oldest first; gap-free, since number and invoice are one transaction."""
    with transaction.atomic():
        every = _locked_series(now)
        # Read only now that the series are locked: another run has numbered what it numbered.
        drafts = Invoice.objects.filter(issued_at=None).select_related("wallet").order_by("pk")[:limit]
        issued = [_issue(invoice, every[_prefix(invoice)], now) for invoice in drafts]
        update_rows(issued, ["number", "issued_at", "due_on"])
        update_rows(list(every.values()), ["last_number"])
    return len(issued)


def _locked_series(now: datetime) -> dict[str, InvoiceSeries]:
    """By prefix; always locked in the order of their names."""
    prefixes = [settings.CREDIT_INVOICE_PREFIX, *_PREFIXES.values()]
    names = {f"{prefix}-{now:%Y}": prefix for prefix in prefixes}
    InvoiceSeries.objects.bulk_create([InvoiceSeries(name=name) for name in names], ignore_conflicts=True)
    locked = InvoiceSeries.objects.filter(name__in=names).order_by("name").select_for_update()
    return {names[series.name]: series for series in locked}


def _prefix(invoice: Invoice) -> str:
    return _PREFIXES.get(InvoiceKind(invoice.kind), settings.CREDIT_INVOICE_PREFIX)


def _issue(invoice: Invoice, series: InvoiceSeries, now: datetime) -> Invoice:
    series.last_number += 1
    invoice.number = f"{series.name}-{series.last_number:06d}"
    invoice.issued_at = now
    local = now.astimezone(ZoneInfo(invoice.wallet.time_zone))
    invoice.due_on = local.date() + timedelta(days=settings.CREDIT_INVOICE_DUE_DAYS)
    return invoice
