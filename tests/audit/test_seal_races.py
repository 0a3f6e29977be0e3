"""PostgreSQL hands out pks before it commits: nothing is sealed that a slower transaction could still change."""

from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread

import pytest
from django.db import connection, transaction
from django.utils import timezone

from credit.actions import sealing, trail
from credit.actions.seal_checks import Check
from credit.models import Change, JobRun, Seal, Sealed
from tests.pages.people import SYSTEM

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.race,
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer at a time"),
]


def entry(month):
    return trail.of_portal("lock_month", by=SYSTEM, at=timezone.now(), after={"month": month})


def seal_after(minutes):
    return list(sealing.seal(Sealed.CHANGES, now=timezone.now() + timedelta(minutes=minutes)))


@contextmanager
def slow_transaction(write):
    """Has written, on a connection of its own, and commits when the block ends."""
    written, may_commit = Event(), Event()

    def slow():
        with transaction.atomic():
            write()
            written.set()
            may_commit.wait(60)
        connection.close()

    worker = Thread(target=slow)
    worker.start()
    try:
        assert written.wait(60)
        yield
    finally:
        may_commit.set()
        worker.join(20)


def test_a_batch_waits_for_a_transaction_that_could_still_bring_a_lower_number():
    with slow_transaction(lambda: entry("2026-01")):
        entry("2026-02")
        early = [*seal_after(0), *seal_after(5), *seal_after(10)]
    late = seal_after(15)

    assert early == [] and [seal.count for seal in late] == [2]
    assert Check(Sealed.CHANGES).run(now=timezone.now()).fault == ""


def test_a_transaction_that_writes_something_else_holds_no_seal_back():
    """Such as one in another database of the same server, or a long import of customers."""
    with slow_transaction(lambda: JobRun.objects.create(name="Something else", started_at=timezone.now())):
        entry("2026-01")
        made = [*seal_after(0), *seal_after(5)]

    assert [seal.count for seal in made] == [1]


def test_a_number_that_was_drawn_and_given_back_is_no_difference():
    entry("2026-01")
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        entry("2026-02")
        _ = 1 // 0
    entry("2026-03")
    seal_after(0)
    (seal,) = seal_after(5)

    assert seal.count == Change.objects.count() == 2
    assert Check(Sealed.CHANGES).run(now=timezone.now()).fault == ""


def test_two_workers_that_seal_at_once_make_one_chain():
    for number in range(1, 10):
        entry(f"2026-{number:02d}")
    seal_after(0)

    def seal():
        seal_after(5)
        connection.close()

    workers = [Thread(target=seal) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)

    assert list(Seal.objects.values_list("number", "count")) == [(1, 9)]
    assert Check(Sealed.CHANGES).run(now=timezone.now()).number == 1
