"""The scheduled jobs: thin tasks over one action each. The clock has decided already; the jobs write it down.

Each works in bounded chunks of one short transaction, can be run twice, late, in parallel or half way, and catches up
after any silence: what is due is found by an index, and what is done is no longer due.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from time import monotonic

from celery import shared_task
from django.conf import settings
from django.db import OperationalError
from django.utils import timezone

from credit.actions import (
    copies,
    deliveries,
    dunning,
    exposures,
    invoices,
    jobs,
    limits,
    month_end,
    months,
    notes,
    reconciliation,
    reminders,
    reservations,
    revenue_days,
    sealing,
)
from credit.actions.seal_checks import Check
from credit.actors import Actor
from credit.alerts import pruning, sending, watching
from credit.bulk import driving
from credit.models import BulkChange, Upload, Wallet
from credit.usage_files import receiving, working

CHUNK = 200
COPIES_TOLD = timedelta(hours=1)  # a run every 20 s has something to copy
SENDING_SECONDS = 50  # then the next beat's request goes on
SENT_TOGETHER = 20
BULK_SECONDS = 50
UPLOAD_SECONDS = 60  # then other jobs get their turn, and the broker does not take the task for lost
SEALS_AT_ONCE = 200  # of each chain
LONGEST_RUN = 5000  # chunks; the next beat goes on with what is left

_FAULTS = {
    "autoretry_for": (OperationalError,),
    "retry_backoff": True,
    "retry_jitter": True,
    "max_retries": 5,
}


@shared_task(**_FAULTS)
def book_ended_limits() -> dict[str, int]:
    by = Actor.system("End of temporary limits")

    def book(pks: list[int]) -> dict[str, int]:
        return {"wallets": limits.book_ended(wallet_pks=pks, by=by, now=timezone.now)}

    return _run("Book ended limits", limits.due, book)


@shared_task(**_FAULTS)
def release_expired_holds() -> dict[str, int]:
    by = Actor.system("End of reservations")

    def book(pks: list[int]) -> dict[str, int]:
        return {"wallets": reservations.book_expired(wallet_pks=pks, by=by, now=timezone.now)}

    return _run("Release timed-out reservations", partial(Wallet.objects.passed, "next_hold_ends_at"), book)


@shared_task(**_FAULTS)
def close_due_periods() -> dict[str, int]:
    """One round of the month end: looks by an index, begins what is due, asks for its chunks, finishes what is done."""

    def chunks() -> Iterator[dict[str, int]]:
        yield from month_end.drive(now=timezone.now)
        yield from months.drive(now=timezone.now)

    return jobs.run(name="Close ended periods", chunks=chunks(), now=timezone.now)


@shared_task(**_FAULTS)
def work_on_chunk(pk: int) -> dict[str, int]:
    """One chunk of a month end or of its rehearsal; its run says what became of it."""
    return month_end.work(pk, now=timezone.now)


@shared_task(**_FAULTS)
def issue_invoices() -> dict[str, int]:
    def chunks() -> Iterator[dict[str, int]]:
        for _ in range(LONGEST_RUN):
            if not (issued := invoices.issue(now=timezone.now())):
                return
            yield {"invoices": issued}

    return jobs.run(name="Issue invoices", chunks=chunks(), now=timezone.now)


@shared_task(**_FAULTS)
def reconcile_wallets() -> dict[str, int]:
    def chunks() -> Iterator[dict[str, int]]:
        latest = 0
        while pks := list(
            Wallet.objects.filter(pk__gt=latest).order_by("pk").values_list("pk", flat=True)[:CHUNK]
        ):
            latest = pks[-1]
            yield reconciliation.reconcile(wallet_pks=pks, now=timezone.now())

    return jobs.run(name="Reconcile wallets", chunks=chunks(), now=timezone.now)


@shared_task(**_FAULTS)
def suspend_overdue() -> dict[str, int]:
    """Nobody where CREDIT_SUSPEND_AFTER_OVERDUE_DAYS is 0."""
    by = Actor.system("Overdue")

    def chunks() -> Iterator[dict[str, int]]:
        for _ in range(LONGEST_RUN):
            if not (pks := dunning.due(timezone.now(), CHUNK)):
                return
            for pk in pks:
                yield dunning.suspend_overdue(organization_pk=pk, by=by, now=timezone.now)

    return jobs.run(name="Suspend the overdue", chunks=chunks(), now=timezone.now)


@shared_task(**_FAULTS)
def send_documents() -> dict[str, int]:
    """For a while; several workers may send at once, since each delivery is claimed."""
    ends = monotonic() + SENDING_SECONDS

    def chunks() -> Iterator[dict[str, int]]:
        while monotonic() < ends and (pks := deliveries.due(timezone.now(), SENT_TOGETHER)):
            for pk in pks:
                if outcome := deliveries.send(pk=pk, now=timezone.now):
                    yield {outcome: 1}

    return jobs.run(name="Send documents", chunks=chunks(), now=timezone.now)


@shared_task(**_FAULTS)
def remind_overdue() -> dict[str, int]:
    mark = reminders.Mark()

    def chunks() -> Iterator[dict[str, int]]:
        while (made := reminders.queue_due(mark=mark, now=timezone.now())) is not None:
            yield {"reminders": made}

    return jobs.run(name="Remind of overdue invoices", chunks=chunks(), now=timezone.now)


@shared_task(**_FAULTS)
def count_exposure() -> dict[str, int]:
    def chunks() -> Iterator[dict[str, int]]:
        yield exposures.take(now=timezone.now())

    return jobs.run(name="Count exposure", chunks=chunks(), now=timezone.now)


@shared_task(**_FAULTS)
def watch_wallets() -> dict[str, int]:
    """Looks for a while at what changed; one worker at a time, the others find nothing to do."""

    def chunks() -> Iterator[dict[str, int]]:
        yield from watching.watch(now=timezone.now)
        if removed := pruning.prune(timezone.now()):
            yield {"old alerts removed": removed}

    return jobs.run(name="Watch wallets", chunks=chunks(), now=timezone.now)


@shared_task(**_FAULTS)
def send_alert_mails() -> dict[str, int]:
    return jobs.run(name="Send alerts", chunks=_alerts(by_mail=True), now=timezone.now)


@shared_task(**_FAULTS)
def call_webhooks() -> dict[str, int]:
    """Apart from mail: a receiver that does not answer holds nobody else up."""
    return jobs.run(name="Call webhooks", chunks=_alerts(by_mail=False), now=timezone.now)


def _alerts(*, by_mail: bool) -> Iterator[dict[str, int]]:
    ends = monotonic() + SENDING_SECONDS
    while monotonic() < ends and (pks := sending.due(timezone.now(), SENT_TOGETHER, by_mail=by_mail)):
        for pk in pks:
            yield sending.send(pk=pk, now=timezone.now)


@shared_task(**_FAULTS)
def import_upload(pk: int) -> None:
    """Works on one usage file for a while, and asks for the rest of it."""
    upload = working.take(pk, now=timezone.now)
    if upload is None:
        return
    by = Actor.measured(upload.by_user) if upload.by_user else Actor.system(upload.by_name)
    with suppress(working.TakenOver):
        is_over = working.work_off(
            upload,
            lambda: receiving.stored_at(upload),
            by=by,
            now=timezone.now,
            seconds=UPLOAD_SECONDS,
        )
        if not is_over:
            receiving.ask_a_worker(pk)


@shared_task(**_FAULTS)
def drive_uploads() -> dict[str, int]:
    """Asks again for what nobody works on, and removes stored files that are no longer needed."""

    def chunks() -> Iterator[dict[str, int]]:
        waiting = Upload.objects.to_be_driven(timezone.now()).values_list("pk", flat=True)[:CHUNK]
        for pk in waiting:
            receiving.ask_a_worker(pk)
        yield {"usage_files": len(waiting), "stored_files_removed": receiving.tidy(timezone.now())}

    return jobs.run(name="Take up usage files", chunks=chunks(), now=timezone.now)


@shared_task(**_FAULTS)
def seal_what_is_written() -> dict[str, int]:
    def chunks() -> Iterator[dict[str, int]]:
        for of in settings.CREDIT_SEALED:
            for seal in islice(sealing.seal(of, now=timezone.now()), SEALS_AT_ONCE):
                yield {f"{of}_sealed": seal.count}

    return jobs.run(name="Seal the audit trail", chunks=chunks(), now=timezone.now)


@shared_task(**_FAULTS)
def book_kept_promises() -> dict[str, int]:
    def chunks() -> Iterator[dict[str, int]]:
        while booked := notes.book_kept(limit=CHUNK):
            yield {"promises_kept": booked}

    return jobs.run(name="Book kept promises", chunks=chunks(), now=timezone.now)


class NotAsSealed(Exception):
    """What is stored is not what was sealed."""


@shared_task(**_FAULTS)
def verify_seals() -> dict[str, int]:
    """A difference is an error of the run, and stands on the audit trail's page."""

    def chunks() -> Iterator[dict[str, int]]:
        for of in settings.CREDIT_SEALED:
            check = Check(of).run(now=timezone.now())
            yield {f"seals_of_{of}": check.number}
            if check.fault:
                raise NotAsSealed(check.fault)

    return jobs.run(name="Verify the seals", chunks=chunks(), now=timezone.now)


@shared_task(**_FAULTS)
def work_on_bulk_change(pk: int) -> None:
    """Previews or runs one bulk change for a while, and asks for the rest of it."""
    with suppress(driving.TakenOver):
        if not driving.work(pk, now=timezone.now, seconds=BULK_SECONDS):
            driving.ask_a_worker(pk)


@shared_task(**_FAULTS)
def drive_bulk_changes() -> dict[str, int]:
    """Asks again for what nobody works on, and discards previews that nobody said yes to."""

    def chunks() -> Iterator[dict[str, int]]:
        waiting = BulkChange.objects.to_be_driven(timezone.now()).values_list("pk", flat=True)[:CHUNK]
        for pk in waiting:
            driving.ask_a_worker(pk)
        yield {"bulk_changes": len(waiting), "previews_discarded": driving.tidy(timezone.now())}

    return jobs.run(name="Take up bulk changes", chunks=chunks(), now=timezone.now)


def _run(
    name: str, due: Callable[[datetime, int], list[int]], book: Callable[[list[int]], dict[str, int]]
) -> dict[str, int]:
    def chunks() -> Iterator[dict[str, int]]:
        for _ in range(LONGEST_RUN):
            if not (pks := due(timezone.now(), CHUNK)):
                return
            yield book(pks)

    return jobs.run(name=name, chunks=chunks(), now=timezone.now)


@shared_task(**_FAULTS)
def refresh_copies() -> dict[str, int]:
    """What lists pick their rows by; they are asked to be no older than a minute."""
    chunks = copies.refresh(now=timezone.now)
    return jobs.run(name="Copy numbers for lists", chunks=chunks, now=timezone.now, kept=COPIES_TOLD)


@shared_task(**_FAULTS)
def add_up_revenue() -> dict[str, int]:
    """For a while; the next run goes on where this one stops."""

    def chunks() -> Iterator[dict[str, int]]:
        ends = monotonic() + SENDING_SECONDS
        for lines in revenue_days.add_up(now=timezone.now()):
            yield {"ledger_lines": lines}
            if monotonic() > ends:
                return

    return jobs.run(name="Add up revenue", chunks=chunks(), now=timezone.now)


@shared_task(**_FAULTS)
def check_revenue() -> dict[str, int]:
    """The running month and the one before; a difference is an error of the run."""

    def chunks() -> Iterator[dict[str, int]]:
        for month in revenue_days.months_to_check(timezone.now()):
            yield {"ledger_lines": revenue_days.check(month, now=timezone.now())}

    return jobs.run(name="Check revenue", chunks=chunks(), now=timezone.now)
