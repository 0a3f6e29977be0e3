"""Issuing: a draft gets the next number of its series, in a transaction of its own and never inside a charge."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from credit.models import Invoice, InvoiceSeries


def issue(*, now: datetime, limit: int = 500) -> int:
    """Numbers up to `limit` drafts, oldest first; gap-free, since number and invoice are one transaction."""
    with transaction.atomic():
        drafts = Invoice.objects.filter(issued_at=None).select_related("wallet").order_by("pk")[:limit]
        prefix = settings.CREDIT_INVOICE_PREFIX
        InvoiceSeries.objects.get_or_create(name=f"{prefix}-{now:%Y}")
        series = InvoiceSeries.objects.select_for_update().get(name=f"{prefix}-{now:%Y}")
        issued = [_issue(invoice, series, now) for invoice in drafts]
        Invoice.objects.bulk_update(issued, ["number", "issued_at", "due_on"], batch_size=500)
        series.save(update_fields=["last_number"])
    return len(issued)


def _issue(invoice: Invoice, series: InvoiceSeries, now: datetime) -> Invoice:
    series.last_number += 1
    invoice.number = f"{series.name}-{series.last_number:06d}"
    invoice.issued_at = now
    local = now.astimezone(ZoneInfo(invoice.wallet.time_zone))
    invoice.due_on = local.date() + timedelta(days=settings.CREDIT_INVOICE_DUE_DAYS)
    return invoice
