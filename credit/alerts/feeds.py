"""Which wallets changed: read off the ends of tables that only grow, by their primary keys (docs/adr/0033).

Whatever changes a wallet's numbers leaves a row in one of them: a ledger line, a step of a hold, a change of a limit,
mode or status, an ended limit's notice, an ended period. So no charge pays for being watched: an index on the wallet's
own `latest_at` would be one more to write for each of them.

A number that is drawn first may be committed last. So rows are read again until no lower one can come any more.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import Max

from credit.models import AlertFeed, Change, CreditLimit, HoldLine, Notice, Period, Transaction, Wallet

# No transaction of the portal stays open longer than this.
LONGEST_TRANSACTION = timedelta(seconds=30)
STEP = 2000

FEEDS: dict[str, type[models.Model]] = {
    "lines": Transaction,
    "holds": HoldLine,
    "limits": CreditLimit,
    "changes": Change,
    "notices": Notice,
    "periods": Period,
}


def begun(now: datetime) -> bool:
    """Starts reading at today's ends; whether that was just done, so that everything is to be looked at once."""
    if AlertFeed.objects.exists():
        return False
    AlertFeed.objects.bulk_create(
        [AlertFeed(name=name, done_pk=end, safe_pk=end, seen_pk=end, seen_at=now) for name, end in _ends()],
        ignore_conflicts=True,
    )
    return True


def _ends() -> Iterator[tuple[str, int]]:
    for name, model in FEEDS.items():
        yield name, _end(model)


def _end(model: type[models.Model]) -> int:
    return model._default_manager.aggregate(end=Max("pk"))["end"] or 0


def changed(now: datetime) -> Iterator[list[int]]:
    """Wallets that changed, a few hundred at a time; what the caller has come back from is not read again."""
    for feed in AlertFeed.objects.order_by("name"):
        yield from _read(feed, FEEDS[feed.name], now)


def _read(feed: AlertFeed, model: type[models.Model], now: datetime) -> Iterator[list[int]]:
    end = _end(model)
    if end == feed.done_pk:
        return
    _age(feed, end, now)
    place, seen = feed.done_pk, set[int]()
    while place < end:
        rows = _rows_after(model, place)
        if not rows:
            break
        place = rows[-1]["pk"]
        new = _wallets_of(rows) - seen
        seen |= new
        yield from _in_chunks(sorted(new))
        _done(feed, min(place, feed.safe_pk))
    if place >= end:
        _done(feed, feed.safe_pk)


def _age(feed: AlertFeed, end: int, now: datetime) -> None:
    """What was the end a while ago is safe by now; remembers today's end for later."""
    if now - feed.seen_at < LONGEST_TRANSACTION:
        return
    feed.safe_pk, feed.seen_pk, feed.seen_at = feed.seen_pk, end, now
    feed.save(update_fields=["safe_pk", "seen_pk", "seen_at"])


def _done(feed: AlertFeed, place: int) -> None:
    AlertFeed.objects.filter(pk=feed.pk, done_pk__lt=place).update(done_pk=place)


def _rows_after(model: type[models.Model], place: int) -> list[dict[str, Any]]:
    names = ["pk", "wallet_id", *(["organization_id"] if model is Change else [])]
    return list(model._default_manager.filter(pk__gt=place).order_by("pk").values(*names)[:STEP])


def _wallets_of(rows: list[dict[str, Any]]) -> set[int]:
    """A change of an organization, such as its suspension, is one of all its wallets."""
    wallets = {row["wallet_id"] for row in rows if row["wallet_id"]}
    whole = {row["organization_id"] for row in rows if not row["wallet_id"] and row["organization_id"]}
    if whole:
        wallets |= set(Wallet.objects.filter(organization__in=whole).values_list("pk", flat=True))
    return wallets


def _in_chunks(pks: list[int], size: int = 250) -> Iterator[list[int]]:
    for start in range(0, len(pks), size):
        yield pks[start : start + size]
