"""Two schedulers, two workers on one chunk, a worker killed in any statement, a week of silence: the same books."""

import os
import signal
import sys
import time
import traceback
from datetime import timedelta

import pytest
from celery import current_app
from django.db import connection, connections

from credit.actions import charges, closes, month_end
from credit.models import MonthEndChunk, MonthEndRun, Period, Wallet
from tests.month_end.customers import AFTER, APRIL, BY, at, books, customers, latest_run
from tests.races.together import together

MOST_KILLS = 2000


@pytest.fixture(autouse=True)
def nobody_listens(monkeypatch):
    monkeypatch.setattr(current_app, "send_task", lambda *args, **how: None)


@pytest.fixture
def small_chunks(monkeypatch):
    def of(wallets, few=0):
        monkeypatch.setattr(month_end, "CHUNK_WALLETS", {"postgresql": wallets, "sqlite": wallets})
        monkeypatch.setattr(month_end, "SMALLEST_CHUNK", 1)
        monkeypatch.setattr(month_end, "FEW_CHUNKS", few)

    return of


def all_of_it(now):
    """What a scheduler and a worker do, in one process: a round, then every chunk that is left."""
    list(month_end.drive(now=now))
    for pk in MonthEndChunk.objects.left().order_by("pk").values_list("pk", flat=True):
        month_end.work(pk, now=now)


def group(first, last):
    """The books of some wallets, without what tells two such groups apart."""
    found = books()
    wallets = Wallet.objects.filter(pk__range=(first, last)).order_by("pk")
    rows = {
        name: [(row[0] - first, *row[1:]) for row in found[name] if first <= row[0] <= last]
        for name in ("periods", "lines", "ledger")
    }
    columns = ("balance_micros", "unbilled_micros", "closing_micros", "period_starts_at", "last_sequence")
    return rows | {"wallets": list(wallets.values_list(*columns))}


def closed_undisturbed(wallets):
    """A group of customers closed by one plain call: what every other way must come to."""
    made = customers(wallets)
    pks = [wallet.pk for wallet in made]
    closes.close(wallet_pks=pks, by=BY, now=AFTER)
    return group(pks[0], pks[-1])


# -- killed in any statement


class Death:
    """The process is killed with SIGKILL before its n-th statement, commits included."""

    def __init__(self, n):
        self.left = n

    def step(self):
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def __call__(self, execute, sql, params, many, context):
        self.step()
        return execute(sql, params, many, context)


def run_and_die(n, now):
    """In a process of its own, which is killed before its n-th statement; whether it was alive at the end."""
    connections.close_all()
    pid = os.fork()
    if pid == 0:
        try:
            death = Death(n)
            commit = connection._commit

            def dying_commit():
                death.step()
                commit()
                death.step()

            connection._commit = dying_commit
            with connection.execute_wrapper(death):
                all_of_it(at(now))
            connections.close_all()
            os._exit(0)
        except BaseException:
            traceback.print_exc(file=sys.stderr)
            os._exit(1)
    _, status = os.waitpid(pid, 0)
    assert status in (0, signal.SIGKILL), f"it failed instead of being killed: {status}"
    return status == 0


def written():
    """All that can move forward; asking for a chunk again is no step forward."""
    return (
        list(MonthEndRun.objects.values_list("pk", "started_at", "finished_at")),
        list(MonthEndChunk.objects.values_list("pk", "counts", "finished_at")),
        Period.objects.exclude(closed_at=None).count(),
    )


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_any_statement_leaves_what_the_next_one_finishes(small_chunks):
    """From every state that is reached, killed in its first statement, its second, … until it gets one further."""
    expected = closed_undisturbed(8)
    made = customers(8)
    small_chunks(4)
    n, kills, before, states = 1, 0, written(), 1
    while not run_and_die(n, AFTER + timedelta(seconds=61 * kills)):
        kills += 1
        assert kills < MOST_KILLS
        after = written()
        n, states, before = (n + 1, states, before) if after == before else (1, states + 1, after)

    assert states > 6
    assert kills > 60
    assert group(made[0].pk, made[-1].pk) == expected
    report = MonthEndRun.objects.get().report
    assert (report["wallets"], report["periods"], report["invoices"]) == (8, 8, 6)
    assert (report["differences"], report["failed"], report["errors"]) == ([], 0, [])


# -- at once


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_two_schedulers_and_four_workers_at_once_book_what_one_would(small_chunks):
    expected = closed_undisturbed(24)
    made = customers(24)
    small_chunks(3)
    together(*[lambda: all_of_it(at(AFTER))] * 6)
    assert group(made[0].pk, made[-1].pk) == expected
    run = MonthEndRun.objects.get()
    assert run.finished_at
    assert (run.report["wallets"], run.report["periods"], run.report["invoices"]) == (24, 24, 18)
    assert (run.report["differences"], run.report["failed"]) == ([], 0)
    assert run.report["chunks"] == 8


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_charges_go_on_while_their_month_is_closed_and_nothing_differs(small_chunks):
    made = customers(12)
    small_chunks(2)

    def charge_all():
        for number in range(5):
            for wallet in made:
                moment = at(AFTER + timedelta(seconds=number))
                charges.charge(wallet=wallet, amount="0.1", kind="sms", by=BY, now=moment)

    together(charge_all, charge_all, lambda: all_of_it(at(AFTER)), lambda: all_of_it(at(AFTER)))
    run = MonthEndRun.objects.get()
    assert (run.report["periods"], run.report["differences"], run.report["failed"]) == (12, [], 0)
    assert set(Wallet.objects.values_list("unbilled_micros", flat=True)) == {1_000_000}
    assert not Period.objects.filter(closed_at=None).exists()


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_two_people_who_press_close_now_at_once_make_one_run():
    customers(3)
    pressed = together(*[lambda: month_end.start(kind="close", by=BY, now=at(AFTER)).pk] * 8)
    assert set(pressed) == {MonthEndRun.objects.get().pk}


# -- late


@pytest.mark.django_db
def test_after_a_week_without_workers_the_invoices_are_those_of_an_ordinary_night(small_chunks):
    def april_of(made):
        for wallet in made:
            charges.charge(wallet=wallet, amount="2.5", kind="call", by=BY, now=APRIL + timedelta(days=3))

    on_time = customers(6)
    closes.close(wallet_pks=[wallet.pk for wallet in on_time], by=BY, now=AFTER)
    april_of(on_time)
    late = customers(6)
    april_of(late)
    small_chunks(2)
    all_of_it(at(APRIL + timedelta(days=7)))
    for name in ("periods", "lines", "wallets"):
        mine, theirs = (group(made[0].pk, made[-1].pk)[name] for made in (late, on_time))
        assert mine == theirs, name


# -- real processes on the real broker


def wait_until(done, seconds=180):
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, list(MonthEndChunk.objects.values())
        time.sleep(0.1)


@pytest.mark.django_db(transaction=True)
def test_a_real_worker_closes_what_a_person_asked_for(celery_worker_process, monkeypatch, small_chunks):
    """More than are worked off in the round itself: the chunks go through the broker."""
    monkeypatch.undo()
    small_chunks(50)
    customers(300)
    month_end.start(kind="close", by=BY, now=at(AFTER))
    (run,) = MonthEndRun.objects.all()
    list(month_end.advance(run, now=at(AFTER)))
    wait_until(lambda: latest_run().finished_at)
    report = latest_run().report
    assert (report["wallets"], report["chunks"], report["differences"]) == (300, 6, [])


@pytest.mark.django_db(transaction=True)
def test_what_the_broker_lost_is_done_by_a_real_worker_after_the_next_round(
    celery_worker_process, monkeypatch, small_chunks
):
    """Everything was asked for, and forgotten before a worker saw it."""
    customers(300)
    small_chunks(50)
    run = month_end.start(kind="close", by=BY, now=at(AFTER))
    list(month_end.advance(run, now=at(AFTER)))
    monkeypatch.undo()  # from now on the broker listens
    small_chunks(50)
    list(month_end.advance(run, now=at(AFTER + timedelta(seconds=59))))
    time.sleep(1)
    assert run.chunks.left().count() == 6
    list(month_end.advance(run, now=at(AFTER + timedelta(seconds=61))))
    wait_until(lambda: latest_run().finished_at)
    assert (latest_run().report["wallets"], latest_run().report["differences"]) == (300, [])
