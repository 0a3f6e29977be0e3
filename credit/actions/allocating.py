"""Which money pays which invoice, set by set, on wallets whose rows are locked. It moves no money.

What there is for invoices is *free*: the balance as booked + what is open on all positive invoices, drafts too. What
left a wallet on other ways (a withdrawal, charges while it was prepaid) took its oldest money, so the newest sources
that add up to the free amount are the ones that pay; among them the oldest first, and the oldest invoice first.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, Q, Sum, Window
from django.db.models.functions import RowNumber

from credit.actions.writing import insert_rows, update_rows
from credit.models import Allocation, Invoice, Transaction
from credit.terms import Kind

OLDEST_FIRST = "Oldest first"
# Of one wallet and round: what an older source still has counts as credit from earlier; more invoices take more rounds.
MOST_SOURCES = 100
MOST_INVOICES = 200


@dataclass
class Source:
    """A line of money in, with what of it pays nothing yet; `pk` None is credit from earlier.

    A credit note first pays the invoice that it `corrects`; until that is issued it waits, and pays nothing else.
    """

    pk: int | None
    micros: int
    corrects: int | None = None
    waits: bool = False


@dataclass
class Open:
    """An issued invoice with what of it is still to be paid."""

    pk: int
    paid_micros: int
    micros: int


Share = tuple[Open, Source, int]


def concerns(line: Transaction) -> bool:
    """Whether a posted line can change what is paid: money in, or money in that is taken back."""
    if line.counted:
        return False
    if line.amount_micros > 0:
        return line.kind != Kind.ROUNDING or line.invoice is None
    return line.kind == Kind.REVERSAL


def after_posting(lines: Sequence[Transaction], *, at: datetime, by_name: str) -> None:
    """What was taken back pays nothing any more; then the oldest invoices are paid by what is free."""
    taken_back = [line.original_id for line in lines if line.kind == Kind.REVERSAL and line.amount_micros < 0]
    if taken_back:
        end(Allocation.objects.live().filter(line__in=taken_back), at=at, by_name=by_name)
    pay_oldest({line.wallet_id: line.wallet.balance_micros for line in lines}, at=at)


def pay_oldest(balances: Mapping[int, int], *, at: datetime) -> int:
    """Allocates what is free on locked wallets (pk -> balance in micros); the number of allocations made."""
    made, waiting = 0, {pk: free for pk, (free, payable) in free_of(balances).items() if free > 0 < payable}
    while waiting:
        invoices = _oldest_open(waiting)
        sources = _newest_sources(waiting)
        rows: list[Allocation] = []
        for wallet, free in waiting.items():
            shares = plan(invoices.get(wallet, []), sources.get(wallet, []), free)
            rows += [_row(wallet, share, at) for share in shares]
        _write(rows, [one for found in invoices.values() for one in found])
        made += len(rows)
        waiting = _left(waiting, invoices, rows)
    return made


def free_of(balances: Mapping[int, int]) -> dict[int, tuple[int, int]]:
    """Per wallet with an unpaid invoice: (micros free for invoices, micros open on issued ones). One query."""
    left = F("total_micros") - F("paid_micros")
    issued = Sum(left, filter=Q(issued_at__isnull=False))
    unpaid = Invoice.objects.unpaid().filter(wallet__in=list(balances)).order_by().values("wallet_id")
    sums = unpaid.annotate(open=Sum(left), payable=issued).values_list("wallet_id", "open", "payable")
    return {wallet: (balances[wallet] + int(open_), int(payable or 0)) for wallet, open_, payable in sums}


def plan(invoices: Sequence[Open], newest_first: Iterable[Source], free: int) -> Iterator[Share]:
    """Shares that pay the invoices, oldest first, with at most `free` micros. Changes what it was given."""
    covering = _covering(newest_first, free)
    earlier = Source(None, free - sum(source.micros for source in covering))
    oldest_first = [source for source in reversed(covering) if not source.waits]
    yield from _own_credit_notes(invoices, oldest_first)
    yield from _in_order(invoices, [*oldest_first, earlier])


def end(allocations: Any, *, at: datetime, by_name: str) -> list[Allocation]:
    """They pay no longer, and stay as history; what they paid is open again. Micros stay with their source."""
    ended = list(allocations.select_related("invoice").order_by("pk"))
    invoices = {row.invoice_id: row.invoice for row in ended}
    for row in ended:
        row.ended_at, row.ended_by_name = at, by_name
        row.invoice = invoices[row.invoice_id]
        row.invoice.paid_micros -= row.amount_micros
    update_rows(ended, ["ended_at", "ended_by_name"])
    update_rows(list(invoices.values()), ["paid_micros"])
    return ended


# -- the plan


def _covering(newest_first: Iterable[Source], free: int) -> list[Source]:
    """The newest sources, until they add up to what is free; the last one only as far as it is needed."""
    covering: list[Source] = []
    for source in newest_first:
        source.micros = min(source.micros, free)
        free -= source.micros
        if source.micros > 0:
            covering.append(source)
    return covering


def _own_credit_notes(invoices: Sequence[Open], sources: Iterable[Source]) -> Iterator[Share]:
    by_pk = {invoice.pk: invoice for invoice in invoices}
    for source in sources:
        if source.corrects in by_pk:
            yield from _share(by_pk[source.corrects], source)


def _in_order(invoices: Sequence[Open], sources: Iterable[Source]) -> Iterator[Share]:
    left = iter(invoices)
    invoice = next(left, None)
    for source in sources:
        while invoice and source.micros > 0:
            yield from _share(invoice, source)
            if invoice.micros == 0:
                invoice = next(left, None)


def _share(invoice: Open, source: Source) -> Iterator[Share]:
    micros = min(invoice.micros, source.micros)
    invoice.micros -= micros
    invoice.paid_micros += micros
    source.micros -= micros
    if micros > 0:
        yield invoice, source, micros


# -- reading


def _oldest_open(wallets: Iterable[int]) -> dict[int, list[Open]]:
    nth = Window(RowNumber(), partition_by="wallet", order_by=["due_on", "pk"])
    found = Invoice.objects.open().filter(wallet__in=list(wallets)).annotate(nth=nth)
    rows = found.filter(nth__lte=MOST_INVOICES).order_by("wallet_id", "due_on", "pk")
    opened: dict[int, list[Open]] = {}
    for wallet, pk, total, paid in rows.values_list("wallet_id", "pk", "total_micros", "paid_micros"):
        opened.setdefault(wallet, []).append(Open(pk, paid, total - paid))
    return opened


def _newest_sources(wallets: Iterable[int]) -> dict[int, list[Source]]:
    nth = Window(RowNumber(), partition_by="wallet", order_by="-sequence")
    found = Transaction.objects.money_in().filter(wallet__in=list(wallets)).annotate(nth=nth)
    rows = found.filter(nth__lte=MOST_SOURCES).order_by("wallet_id", "-sequence")
    named = ("wallet_id", "pk", "amount_micros", "invoice__corrects", "invoice__corrects__issued_at")
    lines = list(rows.values_list(*named))
    used = _used([pk for _, pk, *_ in lines])
    sources: dict[int, list[Source]] = {}
    for wallet, pk, amount, corrects, issued_at in lines:
        waits = corrects is not None and issued_at is None
        source = Source(pk, amount - used.get(pk, 0), corrects, waits)
        sources.setdefault(wallet, []).append(source)
    return sources


def _used(lines: Sequence[int]) -> dict[int, int]:
    """Micros of each line that pay an invoice already; a line that was taken back has nothing left."""
    live = Allocation.objects.live().filter(line__in=lines).order_by().values("line")
    used = dict(live.annotate(used=Sum("amount_micros")).values_list("line", "used"))
    taken_back = Transaction.objects.filter(pk__in=lines, corrections__kind=Kind.REVERSAL)
    return {**used, **dict(taken_back.values_list("pk", "amount_micros"))}


# -- writing


def _row(wallet: int, share: Share, at: datetime) -> Allocation:
    invoice, source, micros = share
    return Allocation(
        wallet_id=wallet,
        invoice_id=invoice.pk,
        line_id=source.pk,
        amount_micros=micros,
        allocated_at=at,
        by_name=OLDEST_FIRST,
    )


def _write(rows: list[Allocation], invoices: Iterable[Open]) -> None:
    insert_rows(rows)
    paid = {row.invoice_id for row in rows}
    changed = [Invoice(pk=one.pk, paid_micros=one.paid_micros) for one in invoices if one.pk in paid]
    update_rows(changed, ["paid_micros"])


def _left(
    waiting: Mapping[int, int], invoices: Mapping[int, list[Open]], rows: Iterable[Allocation]
) -> dict[int, int]:
    """Wallets with more open invoices than one round takes, and money for them."""
    used: dict[int, int] = {}
    for row in rows:
        used[row.wallet_id] = used.get(row.wallet_id, 0) + row.amount_micros
    full = {wallet for wallet, found in invoices.items() if len(found) == MOST_INVOICES}
    return {
        wallet: free - used[wallet]
        for wallet, free in waiting.items()
        if wallet in full and 0 < used.get(wallet, 0) < free
    }
