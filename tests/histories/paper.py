"""What a history leaves behind: the invoices as the oracle writes its own, where each item went, a straight past."""

from itertools import pairwise

from credit.models import CreditLimit, HoldLine, Invoice, Period, Reservation, Transaction, Wallet
from tests.oracle_documents import Document, documents, items


def invoices_are_the_oracles(wallet, oracle):
    assert written(wallet) == documents(oracle)
    assert items_on_paper(wallet) == len(items(oracle))
    return True


def written(wallet):
    invoices = Invoice.objects.filter(wallet=wallet).prefetch_related("lines")
    return sorted(document(invoice) for invoice in invoices)


def document(invoice):
    lines = sorted(
        (line.kind, line.exact_micros, line.rounded_micros, line.count) for line in invoice.lines.all()
    )
    span = (invoice.period_starts_at, invoice.period_ends_at) if invoice.period_starts_at else ()
    return Document(invoice.created_at, invoice.kind, invoice.total_micros, tuple(lines), span)


def items_on_paper(wallet):
    """How many lines were used, bought or taken back; each is on an invoice of its own or in one period, never both."""
    periods = {period.starts_at: period for period in Period.objects.filter(wallet=wallet)}
    count = 0
    for line in Transaction.objects.filter(wallet=wallet).exclude(kind="rounding"):
        assert not (line.counted and line.invoice_id)
        assert line.counted == (line.period_starts_at is not None)
        if line.counted and (period := periods.get(line.period_starts_at)):
            assert period.starts_at <= line.posted_at < period.ends_at
            assert period.first_sequence <= line.sequence <= period.last_sequence
            assert bool(period.invoice_id) == (period.closed_at is not None)
        count += line.counted or line.invoice_id is not None
    return count


def leaves_a_straight_past(wallet):
    """What the histories of limits, holds and periods say agrees with the row they led to."""
    row = Wallet.objects.get(pk=wallet.pk)
    assert row.reserved_micros == sum(
        Reservation.objects.open().filter(wallet=row).values_list("rest_micros", flat=True)
    )
    assert row.reserved_micros == sum(
        HoldLine.objects.filter(wallet=row).values_list("change_micros", flat=True)
    )
    assert row.closing_micros == total(Period.objects.filter(wallet=row, closed_at=None), "amount_micros")
    periods = list(Period.objects.filter(wallet=row).order_by("starts_at"))
    assert all(one.ends_at <= next_.starts_at for one, next_ in pairwise(periods))
    standing = {limit.slot: limit.amount_micros for limit in CreditLimit.objects.open().filter(wallet=row)}
    for slot in ("permanent", "temporary", "scheduled"):
        assert standing.get(slot) == getattr(row, f"{slot}_limit_micros")
    assert ("permanent" in standing) == (row.limit_unlimited or row.permanent_limit_micros is not None)


def total(rows, column):
    return sum(rows.values_list(column, flat=True))
