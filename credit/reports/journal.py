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

from credit.archive import telling
from credit.models import ArchivedLines, Transaction, Wallet
from credit.money import MICROS
from credit.reports import local_days
from credit.reports.kinds import ACCOUNTS, items
from credit.reports.local_days import LocalClock
from credit.terms import Kind

IN_THE_ARCHIVE = "Lines that are in the archive"
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


@dataclass(frozen=True)
class Place:
    """After which line a wallet stood where; of archived lines, the instant before which they were posted."""

    sequence: int
    micros: int
    before: datetime = BEGINNING


NOWHERE = Place(0, 0)


class InTheArchive(ValueError):
    """Lines of the span are in a file: what was written without them would be taken for the whole."""


def refuse_archived(since: date | None) -> None:
    """From the beginning is possible always: what is in the archive is carried as one amount."""
    archive = telling.latest()
    if archive and since and since < archive[0]:
        day = f"{archive[0].day} {archive[0]:%B %Y}"
        raise InTheArchive(
            f"Charges before {day} are in the archive ({archive[1]}). Begin there, or at the beginning."
        )


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
    archived = _archived(list(clocks))
    starts = _starts(clocks, archived, span)
    every = groupby(_lines(clocks, span), key=lambda line: line["wallet_id"])
    found, lines = next(every, _NO_LINES)
    for wallet in wallets:
        yield f"\naccount {account_of(wallet)}\n"
        own = lines if found == wallet.pk else iter(())
        start = starts.get(wallet.pk, NOWHERE)
        yield from _entries(wallet, clocks[wallet.pk], own, start, archived.get(wallet.pk), span)
        if found == wallet.pk:
            found, lines = next(every, _NO_LINES)


def account_of(wallet: Wallet) -> str:
    return f"liabilities:customers:{wallet.currency}:{wallet.wallet_id}"


# --- reading ----------------------------------------------------------------------------------------------------------


def _starts(clocks: dict[int, LocalClock], archived: dict[int, Place], span: Span) -> dict[int, Place]:
    """Where a wallet stood before the span: after its last line before it, in the ledger or in the archive."""
    if span.since is None:
        return {}
    found: dict[int, Place] = {}
    for begins, pks in _by_instant(clocks, span.since):
        last = Transaction.objects.filter(wallet=OuterRef("pk"), posted_at__lt=begins).newest_first()
        lines = Transaction.objects.filter(
            pk__in=Wallet.objects.filter(pk__in=pks).values(last=Subquery(last.values("pk")[:1]))
        )
        for pk, sequence, micros in lines.values_list(
            "wallet_id", "sequence", "current_balance_after_micros"
        ):
            found[pk] = Place(sequence, micros)
    return {pk: max(found.get(pk, NOWHERE), archived.get(pk, NOWHERE), key=_sequence) for pk in clocks}


def _sequence(place: Place) -> int:
    return place.sequence


def _archived(pks: list[int]) -> dict[int, Place]:
    """Where the latest lines of each wallet that are in the archive leave it."""
    last = ArchivedLines.objects.filter(wallet=OuterRef("pk")).order_by("-first_sequence")
    parts = ArchivedLines.objects.filter(
        pk__in=Wallet.objects.filter(pk__in=pks).values(last=Subquery(last.values("pk")[:1]))
    )
    rows = parts.values_list("wallet_id", "last_sequence", "current_balance_after_micros", "posted_before")
    return {pk: Place(*place) for pk, *place in rows}  # type: ignore[arg-type]


def _by_instant(clocks: dict[int, LocalClock], day: date) -> Iterator[tuple[datetime, list[int]]]:
    """Wallets on one clock begin the day at one instant: a few questions for hundreds of wallets."""
    begins = {pk: clock.begins(day) for pk, clock in clocks.items()}
    for at, pks in groupby(sorted(begins, key=lambda pk: (begins[pk], pk)), key=lambda pk: begins[pk]):
        yield at, list(pks)


def _lines(clocks: dict[int, LocalClock], span: Span) -> Iterator[dict[str, Any]]:
    """Of all the wallets in one go, in the ledger's own order; each with the kind of its item."""
    begins = {pk: span.begins(clock) for pk, clock in clocks.items()}
    ends = {pk: span.ends(clock) for pk, clock in clocks.items()}
    # From the first to the last pk: that is one walk along the ledger's index, in its order.
    rows = Transaction.objects.filter(
        wallet__gte=min(clocks),
        wallet__lte=max(clocks),
        posted_at__gte=min(begins.values()),
        posted_at__lt=max(ends.values()),
    )
    read = rows.order_by("wallet_id", "sequence").values(*_LINE).iterator(chunk_size=LINES_AT_ONCE)
    inside = (line for line in read if _is_inside(line, begins, ends))
    while batch := list(islice(inside, LINES_AT_ONCE)):
        kinds = items(line["original_id"] for line in batch if line["original_id"])
        for line in batch:
            line["item"] = kinds.get(line["original_id"], line["kind"])
            yield line


def _is_inside(line: dict[str, Any], begins: dict[int, datetime], ends: dict[int, datetime]) -> bool:
    pk = line["wallet_id"]  # may be one that was not asked for, or has been made meanwhile
    return pk in begins and begins[pk] <= line["posted_at"] < ends[pk]


# --- writing ----------------------------------------------------------------------------------------------------------


def _entries(
    wallet: Wallet,
    clock: LocalClock,
    lines: Iterator[dict[str, Any]],
    start: Place,
    archived: Place | None,
    span: Span,
) -> Iterator[str]:
    account, currency = account_of(wallet), wallet.currency
    had, seen = start.micros, start.sequence
    if had and span.since:
        yield _carried(span.since, account, 0, had, currency, "Opening balance")
    day, over = date.min, BEGINNING
    for line in lines:
        if line["posted_at"] >= over:
            day = clock.day_of(line["posted_at"])
            over = clock.begins(day + timedelta(days=1))
        before = line["current_balance_after_micros"] - line["amount_micros"]
        if before != had:
            yield _carried(day, account, had, before, currency, IN_THE_ARCHIVE)
        had, seen = line["current_balance_after_micros"], line["sequence"]
        yield _entry(day, account, wallet.wallet_id, currency, line)
    if archived and archived.sequence > seen and archived.micros != had:
        last_day = clock.day_of(archived.before - timedelta(microseconds=1))
        yield _carried(last_day, account, had, archived.micros, currency, IN_THE_ARCHIVE)


def _carried(day: date, account: str, had: int, has: int, currency: str, words: str) -> str:
    return (
        f"\n{day} {words}\n"
        f"    {account}  {_text(had - has)} {currency} = {_text(-has)} {currency}\n"
        f"    {OPENING}  {_text(has - had)} {currency}\n"
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
