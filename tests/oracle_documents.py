"""Every invoice that product.md asks for, read from the oracle's list of what happened. See `tests/oracle.py`."""

from dataclasses import dataclass

from tests.oracle import PURCHASES, TICK, USAGE, owed_per_kind, rounded

CHARGES = (*USAGE, *PURCHASES)


@dataclass(frozen=True, order=True)
class Document:
    """`lines` is (kind, exact micros owed, rounded, how many lines of the ledger), by kind."""

    made_at: object
    kind: str
    total: int
    lines: tuple
    span: tuple = ()


def documents(wallet):
    return sorted([*_monthly(wallet), *_openings(wallet), *_at_once(wallet)])


def items(wallet):
    """The numbers of the lines that belong on an invoice: what a customer bought or used, and what was taken back."""
    return [
        number
        for number, line in enumerate(wallet.lines)
        if line.counted or (line.at_once and not _brings_an_invoice_back(wallet, line))
    ]


def _monthly(wallet):
    """One per booked period with items; by the scheme in force at the period's last instant (FP 3)."""
    for start, end in wallet.periods(wallet.latest):
        booked_at = wallet.booked.get(start)
        lines = wallet.counted_in((start, end), wallet.latest)
        if booked_at and lines:
            kind = "statement" if wallet.scheme(end - TICK) == "none" else "monthly"
            yield _document(wallet, booked_at, kind, lines, (start, end))


def _document(wallet, at, kind, lines, span):
    rows = tuple(
        (name, exact, rounded(exact, wallet.unit), sum(line.kind == name for line in lines))
        for name, exact in sorted(owed_per_kind(lines).items())
    )
    return Document(at, kind, sum(row[2] for row in rows), rows, span)


def _openings(wallet):
    """What a prepaid customer owed when it became postpaid (section 7)."""
    for at, debt in wallet.openings:
        total = rounded(debt, wallet.unit)
        yield Document(at, "opening", total, (("adjustment", debt, total, 1),))


def _at_once(wallet):
    """A purchase has an invoice of its own; what takes it back is a credit note (section 7)."""
    for line in wallet.lines:
        if line.at_once and not _brings_an_invoice_back(wallet, line):
            bought = line if line.item is None else wallet.lines[line.item]
            kind = "purchase" if line.item is None else "credit_note"
            yield Document(line.at, kind, -line.amount, ((bought.kind, -line.amount, -line.amount, 1),))


def _brings_an_invoice_back(wallet, line):
    """Reversing a credit note asks for nothing new: the purchase's own invoice is to be paid in full again (FP 12)."""
    return line.item is not None and wallet.lines[line.item].kind == "credit_note"
