"""Which lines may leave: charges of closed months and the roundings of their invoices, to which nothing points.

Money in and out, invoices of their own, whatever was corrected and its corrections stay: they are few, and somebody
may still refund, reverse or allocate them.
"""

from collections.abc import Iterator
from datetime import date, datetime
from functools import cache
from typing import Any

from django.db.models import F, Q

from credit.archive.lines import NAMES, Line, written
from credit.models import Period, Transaction, Wallet
from credit.periods import month_start
from credit.terms import CHARGES, Kind

WALLETS = 500
MAY_LEAVE = Q(kind__in=CHARGES, invoice=None) | Q(kind=Kind.ROUNDING)
_PK, _SEQUENCE, _WALLET, _POSTED_AT = (
    NAMES.index(name) for name in ("id", "sequence", "wallet_id", "posted_at")
)


@cache
def cutoff(before: date, zone: str) -> datetime:
    """The instant at which the month begins on the wallet's clock."""
    return month_start(before.year, before.month, zone)


def lines_before(before: date, *, after_wallet: int = 0) -> Iterator[Line]:
    """Lines that may leave, by wallet and sequence, of wallets with a pk beyond the given one."""
    while wallets := list(_next_wallets(after_wallet)):
        after_wallet = wallets[-1].pk
        yield from _lines_of(wallets, before)


def _next_wallets(after: int) -> Any:
    columns = ("pk", "wallet_id", "time_zone", "period_starts_at", "period_first_sequence")
    return Wallet.objects.filter(pk__gt=after).order_by("pk").only(*columns)[:WALLETS]


def _lines_of(wallets: list[Wallet], before: date) -> Iterator[Line]:
    pks = [wallet.pk for wallet in wallets]
    names = {wallet.pk: wallet.wallet_id for wallet in wallets}
    still = _needed_from(wallets, before)
    pointed_at = set(
        Transaction.objects.filter(wallet__in=pks, original__isnull=False).values_list(
            "original_id", flat=True
        )
    )
    months = {wallet.pk: cutoff(before, wallet.time_zone) for wallet in wallets}
    old = Transaction.objects.filter(MAY_LEAVE, wallet__in=pks, posted_at__lt=max(months.values()))
    for row in old.order_by("wallet_id", "sequence").values_list(*NAMES).iterator(chunk_size=5000):
        wallet, sequence = row[_WALLET], row[_SEQUENCE]
        is_old = row[_POSTED_AT] < months[wallet] and sequence < still.get(wallet, sequence + 1)
        if is_old and row[_PK] not in pointed_at:
            yield written(names[wallet], row)


def _needed_from(wallets: list[Wallet], before: date) -> dict[int, int]:
    """Wallet's pk -> first line of a period that is not over, not closed or not invoiced yet: it stays whole."""
    needed = {
        wallet.pk: wallet.period_first_sequence for wallet in wallets if wallet.period_starts_at is not None
    }
    zones = {wallet.pk: wallet.time_zone for wallet in wallets}
    earliest = min(cutoff(before, zone) for zone in zones.values())
    unready = Period.objects.filter(
        Q(closed_at=None) | Q(ends_at__gt=earliest) | Q(invoice__isnull=False, invoice__issued_at=None),
        wallet__in=zones,
        first_sequence__lte=F("last_sequence"),
    )
    for period in unready.select_related("invoice").order_by("-first_sequence"):
        if _is_needed(period, cutoff(before, zones[period.wallet_id])):
            needed[period.wallet_id] = min(
                period.first_sequence, needed.get(period.wallet_id, period.first_sequence)
            )
    return needed


def _is_needed(period: Period, month: datetime) -> bool:
    is_draft = period.invoice is not None and period.invoice.issued_at is None
    return period.closed_at is None or period.ends_at > month or is_draft
