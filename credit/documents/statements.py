"""A statement of account: what a wallet's current balance was, every line of some days, and what it was then.

Opening balance + lines = closing balance to the last digit: both are the balances that the ledger itself carries.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from credit import display
from credit.archive import telling
from credit.documents import parties, typesetting
from credit.languages import in_source
from credit.models import Transaction, Wallet
from credit.models.sums import WideSum
from credit.models.transaction import TransactionQuerySet
from credit.past import last_sequence_by
from credit.periods import first_instant
from credit.terms import Kind

# A PDF of more lines, some fifty pages, is no document any more; a spreadsheet takes any number.
MOST_LINES = 2000
_LONG = 50
_TICK = timedelta(microseconds=1)


class InArchive(ValueError):
    """Some of the lines asked for are in the archive; `whole_from` is the first day from which all are here."""

    def __init__(self, words: str, whole_from: date):
        super().__init__(words)
        self.whole_from = whole_from


@dataclass(frozen=True)
class KindSum:
    kind: Any  # the label, said in the language in which it is read
    count: int
    micros: int


@dataclass(frozen=True)
class Statement:
    """Of whole days on the wallet's clock, the first and the last included."""

    wallet: Wallet
    first: date
    last: date
    before: int  # the sequence of the last line before these days
    until: int  # and of the last line in them
    opening_micros: int
    closing_micros: int
    in_micros: int
    kinds: list[KindSum]

    @property
    def count(self) -> int:
        return self.until - self.before

    @property
    def out_micros(self) -> int:
        return sum(kind.micros for kind in self.kinds) - self.in_micros

    @property
    def fits_a_pdf(self) -> bool:
        return self.count <= MOST_LINES


def read(wallet: Wallet, first: date, last: date) -> Statement:
    """The statement of the days `first` to `last`; a wallet's lines never go back in time, so they are one stretch.

    InArchive where the ledger no longer has every line of these days.
    """
    starts_at, ends_at = _starts_at(first, wallet), _starts_at(last + timedelta(days=1), wallet)
    archived = telling.of(wallet)
    if archived and starts_at < archived.before:
        raise InArchive(archived.words, _whole_from(archived.before, wallet))
    known = archived.last_sequence if archived else 0
    before = last_sequence_by(wallet, starts_at - _TICK, after=known)
    until = last_sequence_by(wallet, ends_at - _TICK, after=known)
    in_micros, kinds = _sums(wallet, before, until)
    return Statement(
        wallet,
        first,
        last,
        before,
        until,
        opening_micros=_balance_after(wallet, before, archived),
        closing_micros=_balance_after(wallet, until, archived),
        in_micros=in_micros,
        kinds=kinds,
    )


def _whole_from(instant: datetime, wallet: Wallet) -> date:
    day = display.local(instant, wallet.time_zone).date()
    return day if _starts_at(day, wallet) >= instant else day + timedelta(days=1)


def lines(statement: Statement, after: int = 0) -> TransactionQuerySet:
    """Oldest first, from a sequence on."""
    first = max(statement.before, after) + 1
    found = Transaction.objects.filter(wallet=statement.wallet, sequence__range=(first, statement.until))
    return found.select_related("invoice").order_by("sequence")


def _starts_at(day: date, wallet: Wallet) -> datetime:
    return first_instant(datetime.combine(day, time()), wallet.time_zone)


def _balance_after(wallet: Wallet, sequence: int, archived: telling.Archived | None) -> int:
    if archived and sequence <= archived.last_sequence:
        return archived.current_balance_micros
    if not sequence:
        return 0
    line = Transaction.objects.filter(wallet=wallet, sequence=sequence)
    return line.values_list("current_balance_after_micros", flat=True).get()


def _sums(wallet: Wallet, before: int, until: int) -> tuple[int, list[KindSum]]:
    """What came in, in all, and the sum of each kind."""
    stretch = Transaction.objects.filter(wallet=wallet, sequence__range=(before + 1, until))
    rows = (
        stretch.order_by()
        .values("kind")
        .annotate(
            count=Count("pk"),
            micros=WideSum("amount_micros"),
            came_in=WideSum("amount_micros", filter=Q(amount_micros__gt=0)),
        )
    )
    by_kind = {row["kind"]: row for row in rows}
    kinds = [
        KindSum(Kind(kind).label, by_kind[kind]["count"], by_kind[kind]["micros"])
        for kind in Kind.values
        if kind in by_kind
    ]
    return sum(row["came_in"] or 0 for row in by_kind.values()), kinds


# --- the PDF ----------------------------------------------------------------------------------------------------------


@in_source
def pdf(statement: Statement) -> bytes:
    """Only where it `fits_a_pdf`."""
    assert statement.fits_a_pdf
    found = list(lines(statement))
    at = found[-1].posted_at if found else _starts_at(statement.first, statement.wallet)
    return typesetting.pdf("statement", _content(statement, found), at, is_long=len(found) > _LONG)


def file_name(statement: Statement, ending: str) -> str:
    return f"statement-{statement.wallet.wallet_id}-{statement.first}-{statement.last}.{ending}"


def in_words(statement: Statement) -> str:
    return _("%(first)s to %(last)s") % {
        "first": display.day(statement.first),
        "last": display.day(statement.last),
    }


def what_of(line: Transaction) -> str:
    """What the customer may read of a line: not why finance posted it."""
    return " · ".join(filter(None, [line.description, line.reference, str(line.invoice or "")]))


def _content(statement: Statement, found: list[Transaction]) -> dict[str, Any]:
    wallet, currency = statement.wallet, statement.wallet.currency
    seller = parties.seller_on(statement.last)

    def exact(micros: int) -> tuple[str, str]:
        return display.exact_parts(micros, currency)

    return {
        "span": in_words(statement),
        "wallet": wallet.wallet_id,
        "currency": currency,
        "seller": parties.seller_block(seller),
        "customer": parties.customer_block(wallet.organization),
        "facts": [
            ("Wallet", wallet.wallet_id, "code"),
            ("Payment mode", display.mode_words(wallet.mode, wallet.scheme)),
            ("Currency", currency),
            ("Lines", f"{statement.count:,}"),
            ("Times", display.place(wallet.time_zone)),
        ],
        "opening": exact(statement.opening_micros),
        "closing": exact(statement.closing_micros),
        "money_in": display.exact_parts(statement.in_micros, currency, plus=True),
        "money_out": exact(statement.out_micros),
        "kinds": [
            {"kind": str(kind.kind), "count": f"{kind.count:,}", "sum": exact(kind.micros)}
            for kind in statement.kinds
        ],
        "lines": list(_rows(statement, found)),
        "note": "The balance is the current balance: what is paid less what was charged, invoiced or not.",
        "foot": " · ".join(
            filter(None, [seller.name if seller else "", wallet.wallet_id, in_words(statement)])
        ),
    }


def _rows(statement: Statement, found: list[Transaction]) -> Iterator[list[Any]]:
    wallet = statement.wallet
    for line in found:
        here = display.local(line.posted_at, wallet.time_zone)
        yield [
            f"{here.day} {here:%b %Y, %H:%M}",
            str(Kind(line.kind).label),
            what_of(line),
            display.exact_parts(line.amount_micros, wallet.currency, plus=True),
            display.exact_parts(line.current_balance_after_micros, wallet.currency),
        ]
