"""Month-end runs: what begins one, how it is cut, what its report says, and that nothing is booked twice."""

from datetime import timedelta
from itertools import pairwise

import pytest
from celery import current_app

from credit.actions import closes, month_end
from credit.actions.refusals import Refused
from credit.actors import Actor
from credit.models import Invoice, JobRun, MonthEndChunk, MonthEndRun, Period, Wallet
from tests.month_end.customers import AFTER, APRIL, BY, MARCH, at, books, customers, latest_run, round_at

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def asked(monkeypatch):
    """The chunks that a worker was asked for; nobody works on them unless the test does."""
    sent = []
    monkeypatch.setattr(current_app, "send_task", lambda name, args=(), **how: sent.append((name, *args)))
    return sent


def in_chunks_of(wallets, monkeypatch, few=0):
    monkeypatch.setattr(month_end, "CHUNK_WALLETS", {"postgresql": wallets, "sqlite": wallets})
    monkeypatch.setattr(month_end, "SMALLEST_CHUNK", 1)
    monkeypatch.setattr(month_end, "FEW_CHUNKS", few)


def work_on_all(asked, instant=AFTER):
    """As workers would, also on what each finished chunk asks for."""
    while asked:
        name, *args = asked.pop(0)
        if name == "credit.tasks.work_on_chunk":
            month_end.work(*args, now=at(instant))


def test_nothing_is_due_before_the_month_ends():
    customers(4)
    assert round_at(APRIL - timedelta(microseconds=1)) == {}
    assert not MonthEndRun.objects.exists()


def test_a_small_month_end_is_over_after_one_round():
    customers(12)
    assert round_at(AFTER) == {"periods": 12, "invoices": 9, "failed": 0}
    run = latest_run()
    assert run.finished_at == AFTER
    assert (run.by_name, run.wallets, run.kind) == ("Month end", 12, "close")
    assert not Period.objects.filter(closed_at=None).exists()
    assert round_at(AFTER) == {}
    assert MonthEndRun.objects.count() == 1


def test_the_report_tells_totals_per_currency_and_kind_and_that_the_books_add_up():
    customers(12)
    round_at(AFTER)
    report = latest_run().report
    assert (report["wallets"], report["periods"], report["invoices"]) == (12, 12, 9)
    assert report["totals"]["EUR"]["call"] == {
        "exact_micros": 1_239_567,
        "rounded_micros": 1_230_000,
        "lines": 3,
    }
    assert report["totals"]["JPY"]["call"]["rounded_micros"] == 1_000_000
    assert report["differences"] == []
    assert (report["differences_found"], report["failed"], report["chunks"]) == (0, 0, 1)
    assert report["longest_chunk_milliseconds"] >= 0
    invoiced = sum(Invoice.objects.values_list("total_micros", flat=True))
    assert invoiced == sum(
        kind["rounded_micros"] for table in report["totals"].values() for kind in table.values()
    )


def test_wallets_are_cut_into_chunks_by_pk_and_each_is_asked_for(asked, monkeypatch):
    customers(25)
    in_chunks_of(10, monkeypatch)
    assert round_at(AFTER) == {"chunks_asked_for": 3}
    chunks = list(latest_run().chunks.all())
    assert [chunk.wallets for chunk in chunks] == [10, 10, 5]
    assert all(one.last_wallet < two.first_wallet for one, two in pairwise(chunks))
    assert asked == [("credit.tasks.work_on_chunk", chunk.pk) for chunk in chunks]
    assert round_at(AFTER) == {"chunks_asked_for": 0}
    work_on_all(asked)
    assert latest_run().report["wallets"] == 25
    assert latest_run().report["differences"] == []


def test_the_broker_holds_a_bounded_number_of_chunks_and_each_one_done_asks_for_the_next(asked, monkeypatch):
    customers(12)
    in_chunks_of(1, monkeypatch)
    monkeypatch.setattr(month_end, "MOST_ASKED", 3)
    assert round_at(AFTER) == {"chunks_asked_for": 3}
    assert len(asked) == 3
    work_on_all(asked)
    assert latest_run().finished_at
    assert list(MonthEndChunk.objects.values_list("tries", flat=True)) == [1] * 12


def test_the_same_books_however_the_wallets_are_cut(asked, monkeypatch):
    customers(9)
    closes.close(wallet_pks=list(Wallet.objects.values_list("pk", flat=True)[:9]), by=BY, now=AFTER)
    at_once = books()
    first = Wallet.objects.latest("pk").pk
    customers(9)
    in_chunks_of(2, monkeypatch)
    round_at(AFTER)
    work_on_all(asked)
    cut = books()
    for name in ("periods", "lines", "ledger"):
        assert [row[1:] for row in cut[name] if row[0] > first] == [row[1:] for row in at_once[name]]


def test_what_the_broker_lost_is_asked_for_again_after_a_minute(asked, monkeypatch):
    customers(6)
    in_chunks_of(2, monkeypatch)
    round_at(AFTER)
    asked.clear()  # the broker has lost everything
    assert round_at(AFTER + timedelta(seconds=59)) == {"chunks_asked_for": 0}
    assert round_at(AFTER + timedelta(seconds=60)) == {"chunks_asked_for": 3}
    work_on_all(asked)
    assert latest_run().report["periods"] == 6
    assert list(MonthEndChunk.objects.values_list("tries", flat=True)) == [2, 2, 2]


def test_without_a_broker_the_rounds_go_on_asking(monkeypatch):
    from kombu.exceptions import OperationalError as BrokerIsAway

    def away(*args, **how):
        raise BrokerIsAway

    monkeypatch.setattr(current_app, "send_task", away)
    customers(4)
    in_chunks_of(2, monkeypatch)
    assert round_at(AFTER) == {"chunks_asked_for": 2}
    assert round_at(AFTER + timedelta(minutes=2)) == {"chunks_asked_for": 2}


def test_a_chunk_that_is_handed_out_twice_books_once(asked, monkeypatch):
    customers(4)
    in_chunks_of(2, monkeypatch)
    round_at(AFTER)
    for _, pk in asked * 2:
        month_end.work(pk, now=at(AFTER))
    assert Period.objects.count() == 4
    assert latest_run().report["periods"] == 4


def test_wallets_that_were_closed_by_hand_meanwhile_are_no_difference(asked, monkeypatch):
    made = customers(6)
    in_chunks_of(3, monkeypatch)
    round_at(AFTER)
    closes.close(wallet_pks=[made[0].pk, made[3].pk], by=BY, now=AFTER)
    work_on_all(asked)
    report = latest_run().report
    assert (report["periods"], report["differences"]) == (4, [])
    assert Period.objects.exclude(closed_at=None).count() == 6


def test_a_charge_that_comes_first_after_midnight_leaves_its_month_to_the_run():
    from credit.actions import charges

    (wallet,) = customers(1)
    charges.charge(wallet=wallet, amount="7", kind="call", by=BY, now=APRIL + timedelta(seconds=1))
    assert Period.objects.get().closed_at is None
    round_at(AFTER)
    assert Period.objects.get().invoice.total_micros == 1_280_000
    assert latest_run().report["totals"]["EUR"]["call"]["lines"] == 1


def test_a_year_of_silence_is_closed_month_by_month_in_smaller_chunks(monkeypatch, asked):
    customers(8)
    in_chunks_of(26, monkeypatch)
    year_later = MARCH + timedelta(days=370)
    round_at(year_later)
    assert {chunk.wallets for chunk in MonthEndChunk.objects.all()} == {2}
    work_on_all(asked, year_later)
    assert Period.objects.exclude(closed_at=None).count() == 8 * 12
    assert latest_run().report["differences"] == []


def test_one_run_of_a_kind_at_a_time():
    customers(2)
    now = at(AFTER)
    first = month_end.start(kind="close", by=BY, now=now)
    assert month_end.start(kind="close", by=BY, now=now) == first
    assert month_end.start(kind="rehearsal", by=BY, now=now) != first
    round_at(AFTER)
    assert month_end.start(kind="close", by=BY, now=now) != first


def test_a_person_starts_a_run_by_a_row_and_the_scheduler_takes_it_up(
    asked, django_capture_on_commit_callbacks
):
    customers(2)
    with django_capture_on_commit_callbacks(execute=True):
        run = month_end.start(kind="close", by=BY, now=at(AFTER))
    assert asked == [("credit.tasks.close_due_periods",)]
    assert run.started_at is None
    asked.clear()  # and the broker loses it
    round_at(AFTER + timedelta(minutes=1))
    assert MonthEndRun.objects.get().report["periods"] == 2


def test_closing_when_nothing_is_due_is_over_at_once():
    customers(2)
    month_end.start(kind="close", by=BY, now=at(MARCH + timedelta(days=20)))
    round_at(MARCH + timedelta(days=20))
    report = latest_run().report
    assert (report["wallets"], report["chunks"], report["differences"]) == (0, 0, [])


def test_starting_a_run_needs_the_right():
    nobody = Actor.client("ERP", frozenset())
    with pytest.raises(Refused, match="may not run the month end"):
        month_end.start(kind="close", by=nobody, now=at(AFTER))
    customers(1)
    run = month_end.start(kind="close", by=BY, now=at(AFTER))
    with pytest.raises(Refused):
        month_end.try_again(run=run, by=nobody, now=at(AFTER))


def test_a_round_that_finds_nothing_asks_little(django_assert_max_num_queries):
    customers(3)
    round_at(AFTER)
    with django_assert_max_num_queries(4):
        round_at(AFTER)


def test_the_job_tells_what_it_did(asked):
    from credit import tasks

    customers(4, since=MARCH)
    tasks.close_due_periods()  # by the real clock all is long due
    assert JobRun.objects.get().counts["invoices"] == 3
