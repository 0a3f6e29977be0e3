"""One chunk of a close: its wallets in short transactions, then the same books added up once more by other means."""

import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.db import InterfaceError, OperationalError, connection, transaction

from credit.actions import closes, readding
from credit.actions.month_end_reports import added, told
from credit.actors import Actor
from credit.models import MonthEndChunk, Period, Wallet

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]
Due = tuple[int, datetime]  # a wallet's pk, and where its oldest period to close starts

BY = Actor.system("Month end")
TRIES = 3  # then the run goes on without the wallets that cannot be closed


def work_off(chunk: MonthEndChunk, *, now: Clock) -> dict[str, int]:
    """Closes the chunk's wallets and checks what was booked. Counts: periods, invoices, and wallets that failed.

    A fault of the database is raised for the worker to try again; what is booked stays booked, and counted.
    """
    failed: dict[int, str] = {}
    due = sorted(_due(chunk).items())
    pace = closes.Pace(connection.vendor)
    while due:
        some, due = due[: pace.wallets], due[pace.wallets :]
        failed |= _close_or_split(chunk, some, now, pace)
    counts = _finish(chunk, failed, now)
    return {"periods": counts.get("periods", 0), "invoices": counts.get("invoices", 0), "failed": len(failed)}


def _due(chunk: MonthEndChunk) -> dict[int, datetime]:
    """Wallets by pk with the first instant of the oldest period to close; nothing that is closed meanwhile."""
    first, last, until = chunk.first_wallet, chunk.last_wallet, chunk.run.until
    running = Wallet.objects.filter(pk__gte=first, pk__lte=last, period_ends_at__lte=until)
    ended = Period.objects.filter(wallet__gte=first, wallet__lte=last, closed_at=None, ends_at__lte=until)
    starts: dict[int, datetime] = {}
    rows = [*running.values_list("pk", "period_starts_at"), *ended.values_list("wallet_id", "starts_at")]
    for pk, starts_at in rows:
        assert starts_at is not None
        starts[pk] = min(starts_at, starts.get(pk, starts_at))
    return starts


def _close_or_split(
    chunk: MonthEndChunk, due: Sequence[Due], now: Clock, pace: closes.Pace
) -> dict[int, str]:
    """One wallet that cannot be closed must not keep the others: halves, until it stands alone with its error."""
    try:
        _close(chunk, due, now, pace)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        if len(due) == 1:
            log.exception("Wallet %s could not be closed", due[0][0])
            return {due[0][0]: f"{type(error).__name__}: {error}"}
        half = len(due) // 2
        first, second = due[:half], due[half:]
        return _close_or_split(chunk, first, now, pace) | _close_or_split(chunk, second, now, pace)
    return {}


def _close(chunk: MonthEndChunk, due: Sequence[Due], now: Clock, pace: closes.Pace) -> None:
    """The close, and what it says it has booked, in one transaction: counted exactly once, whoever is killed."""
    pks, oldest = [pk for pk, _ in due], min(starts_at for _, starts_at in due)
    began = time.monotonic()
    with transaction.atomic():
        held = MonthEndChunk.objects.select_for_update().get(pk=chunk.pk)
        if held.finished_at:
            return
        closes.set_for_many()
        at = now()
        closed = closes.close(wallet_pks=pks, by=BY, now=now)
        booked = Period.objects.filter(wallet__in=pks, starts_at__gte=oldest, closed_at__gte=at).order_by()
        held.counts = added(
            held.counts, {**told(closed), "booked": list(booked.values_list("pk", flat=True))}
        )
        held.save(update_fields=["counts"])
    # With its commit: the wallets are locked until then.
    took = time.monotonic() - began
    pace.took(len(due), took)
    chunk.milliseconds = max(chunk.milliseconds or 0, round(took * 1000))
    time.sleep(closes.pause_after(took))


def _finish(chunk: MonthEndChunk, failed: dict[int, str], now: Clock) -> dict[str, Any]:
    """Done once its books add up again and nothing failed, or failed too often; else it is tried again."""
    said = MonthEndChunk.objects.get(pk=chunk.pk).counts
    differences = readding.differences(said)
    with transaction.atomic():
        held = MonthEndChunk.objects.select_for_update().get(pk=chunk.pk)
        if held.finished_at or held.counts != said:
            return said  # another worker was here meanwhile
        held.milliseconds = max(chunk.milliseconds or 0, held.milliseconds or 0)
        held.error = "\n".join(f"wallet {pk}: {words}" for pk, words in failed.items())
        if not failed or held.tries >= TRIES:
            held.finished_at = now()
            held.counts = {name: value for name, value in said.items() if name != "booked"}
            held.counts |= {"differences": differences, "failed_wallets": list(failed)}
        held.save(update_fields=["error", "counts", "milliseconds", "finished_at"])
    return held.counts
