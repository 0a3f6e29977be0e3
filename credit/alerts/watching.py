"""One round of the watch: wallets that changed, wallets whose time has come, and now and then all of them."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from time import monotonic

from django.db.models import Q

from credit.alerts import feeds
from credit.alerts.looking import look_at
from credit.models import AlertPace, AlertWatch, Wallet

SECONDS = 30  # then the next beat goes on
LEASE = timedelta(seconds=90)
CHUNK = 250
# Whatever a feed may have missed is found by then.
ROUND_EVERY = timedelta(hours=24)


def watch(*, now: Callable[[], datetime]) -> Iterator[dict[str, int]]:
    """What each step did. Where another worker watches already: nothing."""
    if not _leased(now()):
        return
    try:
        ends = monotonic() + SECONDS
        for pks in _to_look_at(now):
            yield look_at(pks, now=now)
            if monotonic() > ends:
                return
    finally:
        AlertPace.objects.filter(pk=1).update(leased_until=None)


def _leased(at: datetime) -> bool:
    AlertPace.objects.bulk_create([AlertPace(pk=1)], ignore_conflicts=True)
    if feeds.begun(at):
        look_at_all(quiet_before=at)
    free = AlertPace.objects.filter(Q(leased_until=None) | Q(leased_until__lte=at), pk=1)
    return bool(free.update(leased_until=at + LEASE))


def look_at_all(*, quiet_before: datetime | None) -> None:
    """A round over every wallet begins. What is crossed on one that has not changed since that instant is not told."""
    AlertPace.objects.bulk_create([AlertPace(pk=1)], ignore_conflicts=True)
    AlertPace.objects.filter(pk=1).update(sweep_after_pk=0, quiet_before=quiet_before)


def _to_look_at(now: Callable[[], datetime]) -> Iterator[list[int]]:
    yield from feeds.changed(now())
    yield from _whose_time_has_come(now)
    yield from _round(now)


def _whose_time_has_come(now: Callable[[], datetime]) -> Iterator[list[int]]:
    while True:
        due = AlertWatch.objects.filter(next_look_at__lte=now()).order_by("next_look_at", "pk")
        if not (pks := list(due.values_list("pk", flat=True)[:CHUNK])):
            return
        yield pks


def _round(now: Callable[[], datetime]) -> Iterator[list[int]]:
    """Over all wallets by pk, from where the last one stopped; its place is kept after each step."""
    pace = AlertPace.objects.get(pk=1)
    if pace.sweep_after_pk is None and (pace.swept_at is None or pace.swept_at <= now() - ROUND_EVERY):
        look_at_all(quiet_before=None)
    while True:
        pace = AlertPace.objects.get(pk=1)
        if (place := pace.sweep_after_pk) is None:
            return
        found = Wallet.objects.filter(pk__gt=place, closed_at=None).order_by("pk")
        pks = list(found.values_list("pk", flat=True)[:CHUNK])
        if pks:
            yield pks
        # Only where nobody has begun a new round meanwhile.
        same = AlertPace.objects.filter(pk=1, sweep_after_pk=place, quiet_before=pace.quiet_before)
        over = {"sweep_after_pk": None, "quiet_before": None, "swept_at": now()}
        same.update(**{"sweep_after_pk": pks[-1]} if pks else over)
