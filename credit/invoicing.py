"""What stands on an invoice: rounded lines per kind, the sum of the rounded, and the rounding that is left."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from credit.models import Invoice, InvoiceKind, InvoiceLine, Wallet
from credit.money import round_to_currency
from credit.terms import Kind


def purchase_invoice(
    wallet: Wallet, kind: str, micros: int, at: datetime
) -> tuple[Invoice, list[InvoiceLine]]:
    """The invoice of one purchase; its amount is cash already."""
    invoice = _invoice(wallet, InvoiceKind.PURCHASE, micros, at)
    return invoice, [InvoiceLine(kind=kind, exact_micros=micros, rounded_micros=micros, count=1)]


def credit_note(original: Invoice, kind: str, micros: int, at: datetime) -> tuple[Invoice, list[InvoiceLine]]:
    """Takes `micros` back from an issued purchase."""
    note = _invoice(original.wallet, InvoiceKind.CREDIT_NOTE, -micros, at, corrects=original)
    return note, [InvoiceLine(kind=kind, exact_micros=-micros, rounded_micros=-micros, count=1)]


def opening_invoice(wallet: Wallet, debt_micros: int, at: datetime) -> tuple[Invoice, list[InvoiceLine]]:
    """What a prepaid customer owed when it became postpaid."""
    rounded = round_to_currency(debt_micros, wallet.currency)
    line = InvoiceLine(kind=Kind.ADJUSTMENT, exact_micros=debt_micros, rounded_micros=rounded, count=1)
    return _invoice(wallet, InvoiceKind.OPENING, rounded, at), [line]


def monthly_invoice(
    wallet: Wallet,
    kind: InvoiceKind,
    amounts: Mapping[str, tuple[int, int]],
    at: datetime,
    span: tuple[datetime, datetime],
) -> tuple[Invoice, list[InvoiceLine]]:
    """One line per kind of transaction; `amounts` gives (exact micros owed, number of lines) per kind."""
    lines = [
        InvoiceLine(
            kind=name,
            exact_micros=exact,
            rounded_micros=round_to_currency(exact, wallet.currency),
            count=count,
        )
        for name, (exact, count) in sorted(amounts.items())
    ]
    total = sum(line.rounded_micros for line in lines)
    return _invoice(wallet, kind, total, at, period_starts_at=span[0], period_ends_at=span[1]), lines


def rounding_left(lines: Iterable[InvoiceLine]) -> list[int]:
    """Per kind, what a rounding line must put on the current balance: exact − rounded, where it is not zero."""
    return [
        line.exact_micros - line.rounded_micros for line in lines if line.exact_micros != line.rounded_micros
    ]


def payment_reference(number: str) -> str:
    """What a customer writes on its transfer: INV-2026-003980 -> INV2026003980."""
    return "".join(letter for letter in number if letter.isalnum())


def _invoice(wallet: Wallet, kind: InvoiceKind, total: int, at: datetime, **details: object) -> Invoice:
    return Invoice(
        wallet=wallet, kind=kind, currency=wallet.currency, total_micros=total, created_at=at, **details
    )
