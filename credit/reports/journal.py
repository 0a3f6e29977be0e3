"""The books as a plain-text journal that hledger reads: each ledger line is one transaction, as docs/books.md shows.

A wallet is a liability: what the customer has with us is owed to the customer, so the signs are those of the ledger
turned round. After each line stands the balance that the ledger carries, as an assertion: hledger adds it up again.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby, islice
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from credit.models import Transaction, Wallet
from credit.money import MICROS
from credit.reports import local_days
from credit.reports.kinds import ACCOUNTS, items
from credit.reports.local_days import LocalClock
from credit.terms import Kind

OPENING = "equity:opening balances"
BEGINNING = datetime.min.replace(tzinfo=UTC)
WALLETS_AT_ONCE = 500
LINES_AT_ONCE = 2000
# What ends a description or a tag for hledger, and what would end the line.
_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029;|]+")
_BREAKS_A_TAG = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029;|,:]+")
_NO_LINES: tuple[int, Iterator[dict[str, Any]]] = (0, iter(()))
_LINE = (
    "pk", "wallet_id", "sequence", "posted_at", "kind", "amount_micros", "current_balance_after_micros",
    "reference", "description", "reason", "original_id",
)  # fmt: skip


@dataclass(frozen=True)
class Span:
    """Local days, both included; None is open. What was posted after `now` is left out."""

    since: date | None
    until: date | None
    now: datetime

    def begins(self, clock: LocalClock) -> datetime:
        return clock.begins(self.since) if self.since else BEGINNING

    def ends(self, clock: LocalClock) -> datetime:
        over = self.now + timedelta(microseconds=1)
        return min(clock.begins(self.until + timedelta(days=1)), over) if self.until else over


def journal(wallets: QuerySet[Wallet], span: Span) -> Iterator[str]:
    """The text in pieces: wallets in the order of their pk, each one's lines in the order of its ledger."""
    yield _head(wallets, span)
    latest = 0
    while chunk := list(wallets.filter(pk__gt=latest).order_by("pk")[:WALLETS_AT_ONCE]):
        latest = chunk[-1].pk
        yield from _accounts_of(chunk, span)


def _head(wallets: QuerySet[Wallet], span: Span) -> str:
    asked = f"{span.since or 'the beginning'} to {span.until or 'now'}"
    currencies = wallets.order_by("currency").values_list("currency", flat=True).distinct()
    accounts = dict.fromkeys([OPENING, *ACCOUNTS.values()])
    return "".join(
        [
            f"; The books of the portal, {asked}, as of {span.now:%Y-%m-%d %H:%M:%S} UTC\n",
            "decimal-mark .\n\n",
            *(f"commodity 1000.000000 {currency}\n" for currency in currencies),
            "\n",
            *(f"account {account}\n" for account in accounts),
        ]
    )


def _accounts_of(wallets: list[Wallet], span: Span) -> Iterator[str]:
    clocks = local_days.clocks(wallets)
    openings = _openings(clocks, span)
    every = groupby(_lines(clocks, span), key=lambda line: line["wallet_id"])
    found, lines = next(every, _NO_LINES)
    for wallet in wallets:
        yield f"\naccount {account_of(wallet)}\n"
        own = lines if found == wallet.pk else iter(())
        yield from _entries(wallet, clocks[wallet.pk], own, openings.get(wallet.pk, 0), span)
        if found == wallet.pk:
            found, lines = next(every, _NO_LINES)


def account_of(wallet: Wallet) -> str:
    return f"liabilities:customers:{wallet.currency}:{wallet.wallet_id}"


# --- reading ----------------------------------------------------------------------------------------------------------


def _openings(clocks: dict[int, LocalClock], span: Span) -> dict[int, int]:
    """What a wallet had before the span, from the last line before it."""
    if span.since is None:
        return {}
    found: dict[int, int | None] = {}
    for begins, pks in _by_instant(clocks, span.since):
        before = Transaction.objects.filter(wallet=OuterRef("pk"), posted_at__lt=begins).newest_first()
        last = Subquery(before.values("current_balance_after_micros")[:1])
        found |= dict(Wallet.objects.filter(pk__in=pks).annotate(had=last).values_list("pk", "had"))
    return {pk: micros or 0 for pk, micros in found.items()}


def _by_instant(clocks: dict[int, LocalClock], day: date) -> Iterator[tuple[datetime, list[int]]]:
    """Wallets on one clock begin the day at one instant: a few questions for hundreds of wallets."""
    begins = {pk: clock.begins(day) for pk, clock in clocks.items()}
    for at, pks in groupby(sorted(begins, key=lambda pk: (begins[pk], pk)), key=lambda pk: begins[pk]):
        yield at, list(pks)


def _lines(clocks: dict[int, LocalClock], span: Span) -> Iterator[dict[str, Any]]:
    """Of all the wallets in one go, in the ledger's own order; each with the kind of its item."""
    begins = {pk: span.begins(clock) for pk, clock in clocks.items()}
    ends = {pk: span.ends(clock) for pk, clock in clocks.items()}
    rows = Transaction.objects.filter(
        wallet__in=list(clocks), posted_at__gte=min(begins.values()), posted_at__lt=max(ends.values())
    )
    read = rows.order_by("wallet_id", "sequence").values(*_LINE).iterator(chunk_size=LINES_AT_ONCE)
    inside = (
        line for line in read if begins[line["wallet_id"]] <= line["posted_at"] < ends[line["wallet_id"]]
    )
    while batch := list(islice(inside, LINES_AT_ONCE)):
        kinds = items(line["original_id"] for line in batch if line["original_id"])
        for line in batch:
            line["item"] = kinds.get(line["original_id"], line["kind"])
            yield line


# --- writing ----------------------------------------------------------------------------------------------------------


def _entries(
    wallet: Wallet, clock: LocalClock, lines: Iterator[dict[str, Any]], had: int, span: Span
) -> Iterator[str]:
    account, currency = account_of(wallet), wallet.currency
    if had and span.since:
        yield _opening(span.since, account, had, currency, "Opening balance")
    day, over = date.min, BEGINNING
    for line in lines:
        if line["posted_at"] >= over:
            day = clock.day_of(line["posted_at"])
            over = clock.begins(day + timedelta(days=1))
        before = line["current_balance_after_micros"] - line["amount_micros"]
        if before != had:  # older lines are no longer in the database
            yield _opening(
                day, account, before, currency, "Balance of earlier lines, which are in the archive"
            )
        had = line["current_balance_after_micros"]
        yield _entry(day, account, wallet.wallet_id, currency, line)


def _opening(day: date, account: str, micros: int, currency: str, words: str) -> str:
    return (
        f"\n{day} {words}\n"
        f"    {account}  {_text(-micros)} {currency} = {_text(-micros)} {currency}\n"
        f"    {OPENING}  {_text(micros)} {currency}\n"
    )


def _entry(day: date, account: str, wallet_id: str, currency: str, line: dict[str, Any]) -> str:
    words = _BREAKS.sub(" ", line["description"] or line["reason"]).strip() or Kind(line["kind"]).label
    reference = _BREAKS_A_TAG.sub(" ", line["reference"]).strip()
    tags = f"wallet:{wallet_id}, kind:{line['kind']}" + (f", reference:{reference}" if reference else "")
    micros, after = line["amount_micros"], line["current_balance_after_micros"]
    return (
        f"\n{day} ({line['sequence']}) {words}\n"
        f"    ; {tags}\n"
        f"    {account}  {_text(-micros)} {currency} = {_text(-after)} {currency}\n"
        f"    {ACCOUNTS[line['item']]}  {_text(micros)} {currency}\n"
    )


def _text(micros: int) -> str:
    """Exact, with all six decimals: -1500000 -> "-1.500000"."""
    whole, fraction = divmod(abs(micros), MICROS)
    return f"{'-' if micros < 0 else ''}{whole}.{fraction:06d}"
