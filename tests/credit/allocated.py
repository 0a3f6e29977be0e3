"""What must be true of allocations whatever happened, and short readings of them for tests."""

from collections import defaultdict

from credit.models import Allocation, Invoice, Transaction
from credit.money import to_text


def check_allocations(wallets=None):
    """Added up in Python, by nothing that the portal itself asks."""
    rows = list(Allocation.objects.select_related("invoice", "line"))
    by_invoice, by_line = defaultdict(int), defaultdict(int)
    for row in rows:
        assert row.amount_micros > 0
        assert row.invoice.wallet_id == row.wallet_id
        assert row.invoice.issued_at is not None
        if row.ended_at is None:
            by_invoice[row.invoice_id] += row.amount_micros
            by_line[row.line_id] += row.amount_micros
    for invoice in Invoice.objects.all():
        assert invoice.paid_micros == by_invoice[invoice.pk]
        assert 0 <= invoice.paid_micros <= max(0, invoice.total_micros)
    reversed_pks = set(Transaction.objects.filter(kind="reversal").values_list("original", flat=True))
    for line in Transaction.objects.filter(pk__in=[pk for pk in by_line if pk]):
        assert not line.counted
        assert by_line[line.pk] <= (0 if line.pk in reversed_pks else line.amount_micros)
    return True


def free_of(wallet):
    """Micros that are there for invoices: the balance, and what is open on all positive ones."""
    wallet.refresh_from_db()
    return wallet.balance_micros + sum(
        max(0, invoice.total_micros) - invoice.paid_micros
        for invoice in Invoice.objects.filter(wallet=wallet)
    )


def paid(desk):
    """What of each positive invoice is paid, the oldest first: ["10", "0.5"]."""
    rows = Invoice.objects.filter(wallet=desk.wallet).exclude(kind="credit_note").order_by("pk")
    return [_text(row.paid_micros) for row in rows]


def shares(line):
    """{last digits of an invoice's number: amount} of a line's live allocations."""
    rows = Allocation.objects.live().filter(line=line).select_related("invoice")
    return {int(row.invoice.number.rsplit("-")[-1]): _text(row.amount_micros) for row in rows}


def _text(micros):
    return to_text(micros).removesuffix(".00").removesuffix("0") if micros % 10**6 else str(micros // 10**6)
