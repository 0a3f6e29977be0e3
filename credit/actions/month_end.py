"""Month-end runs: a row first, cut into chunks, worked off by any number of workers, finished with a report.

Every step is a row that is written once, so two beats, a killed worker or a broker that forgets everything change
nothing: what is not finished is asked for again, and what is booked is no longer due.
"""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from celery import current_app
from django.db import connection, transaction
from django.db.models import F, Min, Q
from kombu.exceptions import OperationalError as BrokerIsAway

from credit.actions import closes, month_end_chunks, rehearsal
from credit.actions.month_end_reports import report_of
from credit.actions.refusals import require
from credit.actors import Actor
from credit.languages import Said as _
from credit.models import MonthEndChunk, MonthEndRun, RunKind, Wallet
from credit.models.month_end import ChunkQuerySet

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]

# Small enough that no charge waits long for one: SQLite lets one writer in at a time, so there a chunk is shorter.
CHUNK_WALLETS = {"postgresql": 1000, "sqlite": 100}
SMALLEST_CHUNK = 25
FEW_CHUNKS = 5
MOST_ASKED = 200  # chunks in the broker at a time; each that is done asks for the next
ASKED_AGAIN_AFTER = timedelta(seconds=60)
# A wallet that cannot be closed needs a person; until then it must not fill the list with runs.
TRIED_AGAIN_AFTER = timedelta(minutes=15)
CHUNKS_KEPT = timedelta(days=90)
BY = Actor.system("Month end")

# The wallets with a period that ends by an instant, cut by pk: (first, last, wallets) of each chunk.
_RANGES = """
    SELECT MIN(id), MAX(id), COUNT(*) FROM (
        SELECT id, (ROW_NUMBER() OVER (ORDER BY id) - 1) / %s AS chunk FROM (
            SELECT id FROM credit_wallet WHERE period_ends_at <= %s
            UNION SELECT wallet_id FROM credit_period WHERE closed_at IS NULL AND ends_at <= %s
        ) AS due
    ) AS numbered GROUP BY chunk ORDER BY 1
"""


def start(*, kind: str, by: Actor, now: Clock) -> MonthEndRun:
    """The open run of the kind, else a new one; beat or a worker takes it up. Refused(not_authorized)."""
    require(by, "credit.run_month_end", _("run the month end"))
    run = _opened(kind, by, now())
    transaction.on_commit(ask_for_a_round)
    return run


def try_again(*, run: MonthEndRun, by: Actor, now: Clock) -> MonthEndRun:
    """Asks at once for what failed: by its chunks while the run is open, else by a new run."""
    require(by, "credit.run_month_end", _("run the month end"))
    if run.finished_at:
        return start(kind=run.kind, by=by, now=now)
    run.chunks.left().exclude(error="").update(asked_at=None, tries=0)
    transaction.on_commit(ask_for_a_round)
    return run


def drive(*, now: Clock) -> Iterator[dict[str, int]]:
    """One round, as beat asks for it: begins what is due, and brings every open run forward."""
    _begin_if_due(now())
    for run in list(MonthEndRun.objects.filter(finished_at=None)):
        yield from advance(run, now=now)


def advance(run: MonthEndRun, *, now: Clock) -> Iterator[dict[str, int]]:
    """Cuts the run, asks for its chunks, finishes it once nothing is left.

    A run of few chunks is worked off here: a small installation closes at once, with nobody else to ask.
    """
    _cut(run, now)
    asked = _take(run, now(), MOST_ASKED)
    if run.wallets <= _most_wallets() * FEW_CHUNKS:
        yield from (work(pk, now=now) for pk in asked)
    else:
        yield {"chunks_asked_for": len(asked)}
        ask(asked)
    finish(run, now=now)


def work(pk: int, *, now: Clock) -> dict[str, int]:
    """Works a chunk off, asks for the next, and finishes the run after the last. Nothing if it is done already."""
    chunk = MonthEndChunk.objects.select_related("run").filter(pk=pk, finished_at=None).first()
    if chunk is None or chunk.run.finished_at:
        return {}
    work_off = rehearsal.work_off if chunk.run.kind == RunKind.REHEARSAL else month_end_chunks.work_off
    done = work_off(chunk, now=now)
    ask(_next_after(chunk, now()))
    finish(chunk.run, now=now)
    return done


def ask(pks: list[int]) -> None:
    """Without a broker the chunks wait for the next round, which asks again."""
    for pk in pks:
        if not _sent("credit.tasks.work_on_chunk", pk):
            return


def ask_for_a_round() -> None:
    _sent("credit.tasks.close_due_periods")


def finish(run: MonthEndRun, *, now: Clock) -> None:
    """Writes the report once nothing of the run is left."""
    if run.chunks.left().exists():
        return
    with transaction.atomic():
        run = MonthEndRun.objects.select_for_update().get(pk=run.pk)
        if run.finished_at or run.started_at is None or run.chunks.left().exists():
            return
        run.finished_at = now()
        run.report = report_of(run)
        run.save(update_fields=["finished_at", "report"])
    _tidy(now())


# -- beginning


def _begin_if_due(now: datetime) -> None:
    """A run, if something has ended that is more than what has failed a moment ago."""
    latest = MonthEndRun.objects.filter(kind=RunKind.CLOSE).order_by("-asked_at", "-pk").first()
    if latest and not latest.finished_at:
        return
    failed: set[int] = set()
    if latest and latest.finished_at and latest.finished_at > now - TRIED_AGAIN_AFTER:
        failed = set(latest.report["failed_wallets"])
        if latest.report["failed"] > len(failed):
            return
    if _is_due(now, failed):
        with transaction.atomic():
            _opened(RunKind.CLOSE, BY, now)
            # Asked again now that no other can begin: another scheduler's run may have closed it all meanwhile.
            transaction.set_rollback(not _is_due(now, failed))


def _is_due(now: datetime, failed: set[int]) -> bool:
    return bool(set(closes.due(now, len(failed) + 1)) - failed)


def _opened(kind: str, by: Actor, at: datetime) -> MonthEndRun:
    """The unique constraint is the memory: of two who begin at once, one makes the row."""
    until = rehearsal.until(at) if kind == RunKind.REHEARSAL else at
    run = MonthEndRun(kind=kind, until=until, asked_at=at, by_user=by.user, by_name=by.name)
    MonthEndRun.objects.bulk_create([run], ignore_conflicts=True)
    runs = MonthEndRun.objects.filter(kind=kind)
    return runs.filter(finished_at=None).first() or runs.latest("pk")


def _cut(run: MonthEndRun, now: Clock) -> None:
    """Into chunks of wallets by pk. What is due is read before the row is locked: it may be ten million."""
    if run.started_at:
        return
    ranges = _ranges(run.until)
    with transaction.atomic():
        locked = MonthEndRun.objects.select_for_update().get(pk=run.pk)
        if locked.started_at is None:
            chunks = [
                MonthEndChunk(run=run, first_wallet=first, last_wallet=last, wallets=wallets)
                for first, last, wallets in ranges
            ]
            MonthEndChunk.objects.bulk_create(chunks, batch_size=1000)
            locked.wallets = sum(chunk.wallets for chunk in chunks)
            locked.started_at = now()
            locked.save(update_fields=["wallets", "started_at"])
    run.started_at, run.wallets = locked.started_at, locked.wallets


def _ranges(until: datetime) -> list[tuple[int, int, int]]:
    instant = connection.ops.adapt_datetimefield_value(until)
    with connection.cursor() as cursor:
        cursor.execute(_RANGES, [_chunk_size(until), instant, instant])
        return cursor.fetchall()


def _chunk_size(until: datetime) -> int:
    """Wallets that were silent for months have as many periods each; a chunk is as long as its periods."""
    ended = Wallet.objects.filter(period_ends_at__lte=until)
    oldest = ended.aggregate(oldest=Min("period_ends_at"))["oldest"]
    months = 1 + (until - oldest).days // 28 if oldest else 1
    return max(_most_wallets() // months, SMALLEST_CHUNK)


def _most_wallets() -> int:
    return CHUNK_WALLETS[connection.vendor]


# -- asking


def _take(run: MonthEndRun, now: datetime, most: int) -> list[int]:
    """Chunks that nobody was asked for, or so long ago that the request is lost, up to what the broker should hold."""
    lost = now - ASKED_AGAIN_AFTER
    waiting = run.chunks.left().filter(asked_at__gt=lost).count()
    to_ask = run.chunks.left().filter(Q(asked_at=None) | Q(asked_at__lte=lost)).order_by("first_wallet")
    return _asked(to_ask[: max(most - waiting, 0)], now)


def _next_after(chunk: MonthEndChunk, now: datetime) -> list[int]:
    """Found by pk, close behind the one that is done: the broker holds as many as before, and no scan is needed."""
    later = MonthEndChunk.objects.left().filter(pk__gt=chunk.pk, run=chunk.run_id, asked_at=None)
    return _asked(later.order_by("pk")[:1], now)


def _asked(chunks: ChunkQuerySet, now: datetime) -> list[int]:
    pks = list(chunks.values_list("pk", flat=True))
    if pks:
        MonthEndChunk.objects.filter(pk__in=pks).update(asked_at=now, tries=F("tries") + 1)
    return pks


def _sent(task: str, *args: int) -> bool:
    try:
        current_app.send_task(task, args, retry=False)
    except (BrokerIsAway, OSError) as error:
        log.warning("%s waits for the scheduler: %s", task, error)
        return False
    return True


def _tidy(now: datetime) -> None:
    """Reports are kept; how each of their chunks went is not."""
    old = MonthEndRun.objects.filter(finished_at__lt=now - CHUNKS_KEPT)
    MonthEndChunk.objects.filter(run__in=old.values("pk")).delete()
