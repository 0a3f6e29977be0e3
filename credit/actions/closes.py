"""The close: ended periods become invoices. Twice, late, in parallel or half way, the books are the same."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction

from credit.actions.books import Account, Books, Now, opened
from credit.actions.close_postgresql import NEAR_ITS_PERIOD, close_at_once
from credit.actions.writing import update_rows
from credit.actors import Actor
from credit.invoicing import monthly_invoice, rounding_left
from credit.models import InvoiceKind, Period, Wallet
from credit.terms import Kind, Scheme

# Said so that each period steps into the index for its own lines, whatever the planner believes about the tables.
_LINES = """
    FROM credit_transaction AS line WHERE line.wallet_id = period.wallet_id
    AND line.sequence BETWEEN period.first_sequence AND period.last_sequence
    AND line.period_starts_at = period.starts_at
"""
_PER_KIND = {  # no value is written into the texts: they are constant
    "postgresql": f"""
        SELECT period.id, sums.kind, sums.total, sums.lines FROM credit_period AS period CROSS JOIN LATERAL (
            SELECT line.kind, SUM(line.amount_micros) AS total, COUNT(*) AS lines {_LINES}
            AND {NEAR_ITS_PERIOD.format(period="period")} GROUP BY line.kind
        ) AS sums WHERE period.id IN (SELECT value::bigint FROM json_array_elements_text(%s::json))
    """,  # noqa: S608
    "sqlite": f"""
        SELECT period.id, line.kind, SUM(line.amount_micros), COUNT(*)
        FROM (SELECT * FROM credit_period WHERE id IN (SELECT value FROM json_each(%s))) AS period
        CROSS JOIN credit_transaction AS line {_LINES.partition("AS line")[2]} GROUP BY period.id, line.kind
    """,  # noqa: S608
}

# Per period: kind of transaction -> (exact micros owed, number of lines).
Amounts = dict[int, dict[str, tuple[int, int]]]


# Wallets in one transaction: no charge may wait long for it. SQLite lets one writer in at a time.
FEWEST_AT_ONCE, MOST_AT_ONCE = 10, 100
# A transaction may take 50 ms on PostgreSQL: half of them is left to a busy machine. On SQLite a charge waits 100 ms.
AIMED_SECONDS = {"postgresql": 0.025, "sqlite": 0.05}


class Pace:
    """How many wallets the next transaction closes: from the last one's time. It begins with few and doubles.

    Months of many lines, or a busy machine, make transactions of fewer wallets, not longer ones.
    """

    def __init__(self, vendor: str) -> None:
        self.seconds = AIMED_SECONDS[vendor]
        self.wallets = MOST_AT_ONCE // 4

    def took(self, wallets: int, seconds: float) -> None:
        fitting = int(wallets * self.seconds / max(seconds, 0.001))
        # One slow transaction says little: the next transaction is at least half as long, and at most twice.
        near = min(max(fitting, wallets // 2), wallets * 2)
        self.wallets = min(max(near, FEWEST_AT_ONCE), MOST_AT_ONCE)


@dataclass
class Closed:
    """What a close booked. Totals by (currency, kind): exact micros owed, the same as invoiced, ledger lines."""

    wallets: int = 0
    periods: int = 0
    invoices: int = 0
    totals: dict[tuple[str, str], tuple[int, int, int]] = field(default_factory=dict)

    def as_counts(self) -> dict[str, int]:
        return {"wallets": self.wallets, "periods": self.periods, "invoices": self.invoices}

    def add(self, currency: str, kind: str, exact: int, rounded: int, lines: int) -> None:
        so_far = self.totals.get((currency, kind), (0, 0, 0))
        self.totals[currency, kind] = (so_far[0] + exact, so_far[1] + rounded, so_far[2] + lines)


def due(now: datetime, limit: int) -> list[int]:
    """Wallets with an ended period that is not closed, by index: rows past their end, and rows already ended."""
    ended = Period.objects.filter(closed_at=None).order_by("wallet_id").values_list("wallet_id", flat=True)
    found = [*Wallet.objects.passed("period_ends_at", now, limit), *ended[:limit]]
    return list(dict.fromkeys(found))[:limit]


def close(*, wallet_pks: Sequence[int], by: Actor, now: Now) -> Closed:
    """Books every ended period of the wallets, oldest first, in one transaction."""
    with transaction.atomic():
        if connection.vendor != "postgresql":
            return close_one_by_one(wallet_pks, by, now)
        booked, instant = close_at_once(wallet_pks, by=by, now=now)
        closed = close_one_by_one(booked.others, by, instant) if booked.others else Closed()
    closed.wallets += booked.wallets
    closed.periods += booked.periods
    closed.invoices += booked.invoices
    for total in booked.totals:
        closed.add(*total)
    return closed


def set_for_many() -> None:
    """For the transaction of a job that closes many wallets (PostgreSQL; ADR 54).

    It does not wait for its log to be on the disk, so that nobody waits for its wallets meanwhile: what a power cut
    takes back is due again, and an answered charge that came later has taken the close to the disk with it. And
    PostgreSQL keeps the plans of foreign keys per connection. Made while the tables of a first month end are still
    empty, they would read all of a table that grows by a thousand rows a chunk.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('synchronous_commit', 'off', true), set_config('enable_seqscan', 'off', true)"
            )


def pause_after(seconds: float) -> float:
    """Seconds that whoever closes chunk after chunk then leaves the database to charges."""
    return seconds * settings.CREDIT_CLOSE_PAUSE_PERCENT / 100


def close_one_by_one(wallet_pks: Sequence[int], by: Actor, now: Now) -> Closed:
    """The portable way, for every wallet that has something else to book first."""
    with opened(wallet_pks, by=by, now=now) as books:
        return close_ended(books)


def close_ended(books: Books) -> Closed:
    """Closes what has ended on the locked wallets; also for a verb that needs the books closed first."""
    books.write_lines()
    open_periods = Period.objects.filter(wallet__in=list(books.accounts), closed_at=None)
    periods = list(open_periods.order_by("wallet_id", "starts_at"))
    amounts = _amounts(periods)
    closed = Closed(wallets=len({period.wallet_id for period in periods}), periods=len(periods))
    for period in periods:
        _close(books.accounts[period.wallet_id], period, amounts[period.pk], closed)
    books.write_lines()  # an invoice must exist before its period names it
    for period in periods:
        period.invoice = period.invoice  # it has a pk now
    update_rows(periods, ["closed_at", "invoice"])
    return closed


def _amounts(periods: list[Period]) -> Amounts:
    """Read by the ledger's own index: a period's lines lie between two sequence numbers of its wallet."""
    amounts: Amounts = defaultdict(dict)
    filled = [period.pk for period in periods if period.first_sequence <= period.last_sequence]
    with connection.cursor() as cursor:
        cursor.execute(_PER_KIND[connection.vendor], [json.dumps(filled)])
        for pk, kind, total, lines in cursor.fetchall():
            amounts[pk][kind] = (-int(total), lines)
    return amounts


def _close(account: Account, period: Period, per_kind: dict[str, tuple[int, int]], closed: Closed) -> None:
    """The amount leaves closing and, rounded per kind, is on the balance; what rounding changed is a line per kind."""
    wallet = account.wallet
    # The exact amount goes to the balance; each rounding line then carries it to the rounded one.
    wallet.closing_micros -= period.amount_micros
    wallet.balance_micros -= period.amount_micros
    period.closed_at = account.at
    account.touch()
    if not per_kind:
        return
    kind = InvoiceKind.STATEMENT if period.scheme == Scheme.NONE else InvoiceKind.MONTHLY
    invoice, lines = monthly_invoice(wallet, kind, per_kind, account.at, (period.starts_at, period.ends_at))
    period.invoice = account.books.invoice(invoice, lines)
    for micros in rounding_left(lines):
        account.post(Kind.ROUNDING, micros, invoice=invoice)
    closed.invoices += 1
    for line in lines:
        closed.add(wallet.currency, line.kind, line.exact_micros, line.rounded_micros, line.count)
