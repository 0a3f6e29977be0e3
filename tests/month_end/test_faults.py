"""What goes wrong in a month end: wallets that cannot be closed, faults, kills, and books that do not add up."""

from datetime import timedelta

import pytest
from celery import current_app
from django.db import OperationalError, connection

from credit.actions import closes, month_end, month_end_chunks
from credit.models import InvoiceLine, MonthEndChunk, MonthEndRun, Period, Transaction, Wallet
from tests.append_only import may_be_emptied
from tests.month_end.customers import AFTER, APRIL, BY, MARCH, at, customers, latest_run, round_at
from tests.month_end.test_runs import in_chunks_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def asked(monkeypatch):
    """The chunks that a worker was asked for; nobody works on them unless the test does."""
    sent = []
    monkeypatch.setattr(current_app, "send_task", lambda name, args=(), **how: sent.append((name, *args)))
    return sent


@pytest.fixture
def broken(monkeypatch):
    """Wallets that cannot be closed, as if something nobody has thought of stood in their rows."""
    pks = set()
    close = closes.close

    def closing(*, wallet_pks, **more):
        if pks & set(wallet_pks):
            raise ValueError("nobody has thought of this")
        return close(wallet_pks=wallet_pks, **more)

    monkeypatch.setattr(closes, "close", closing)
    return pks


def test_one_wallet_that_cannot_be_closed_does_not_keep_the_others(broken):
    made = customers(8)
    broken.add(made[5].pk)
    round_at(AFTER)
    assert Period.objects.exclude(closed_at=None).count() == 7
    run = latest_run()
    assert run.finished_at is None
    chunk = run.chunks.get()
    assert chunk.error == f"wallet {made[5].pk}: ValueError: nobody has thought of this"


def test_after_three_tries_the_run_ends_and_names_what_failed_and_waits_before_the_next(broken):
    made = customers(4)
    broken.add(made[1].pk)
    for minutes in range(4):
        round_at(AFTER + timedelta(minutes=minutes))
    run = MonthEndRun.objects.get()
    assert run.finished_at == AFTER + timedelta(minutes=2)
    assert (run.report["periods"], run.report["failed"], run.report["failed_wallets"]) == (3, 1, [made[1].pk])
    assert "nobody has thought of this" in run.report["errors"][0]
    assert run.report["differences"] == []

    customers(1, since=MARCH)  # something else that is due begins a run at once
    round_at(AFTER + timedelta(minutes=5))
    assert MonthEndRun.objects.count() == 2


def test_what_failed_is_closed_by_itself_once_it_can_be(broken):
    made = customers(4)
    broken.add(made[1].pk)
    for minutes in range(4):
        round_at(AFTER + timedelta(minutes=minutes))
    broken.clear()
    round_at(AFTER + timedelta(minutes=16))
    assert MonthEndRun.objects.count() == 1
    round_at(AFTER + timedelta(minutes=18))
    assert latest_run().report["periods"] == 1
    assert not Period.objects.filter(closed_at=None).exists()


def test_trying_again_asks_at_once(broken):
    made = customers(4)
    broken.add(made[1].pk)
    round_at(AFTER)
    broken.clear()
    month_end.try_again(run=latest_run(), by=BY, now=at(AFTER))
    round_at(AFTER)
    assert MonthEndRun.objects.get().report["periods"] == 4


def test_a_fault_of_the_database_leaves_the_chunk_to_the_next_try(monkeypatch, asked):
    customers(4)
    in_chunks_of(4, monkeypatch)
    round_at(AFTER)
    ((_, pk),) = asked

    def away(**names):
        raise OperationalError("the connection is lost")

    with monkeypatch.context() as fault:
        fault.setattr(closes, "close", away)
        with pytest.raises(OperationalError):
            month_end.work(pk, now=at(AFTER))
    assert MonthEndChunk.objects.get().finished_at is None
    month_end.work(pk, now=at(AFTER))
    assert latest_run().report["periods"] == 4


def test_a_worker_that_dies_between_booking_and_checking_loses_no_figure(monkeypatch, asked):
    class Killed(BaseException):
        pass

    def die(*_):
        raise Killed

    customers(4)
    in_chunks_of(4, monkeypatch)
    round_at(AFTER)
    ((_, pk),) = asked
    with monkeypatch.context() as kill:
        kill.setattr(month_end_chunks, "_finish", die)
        with pytest.raises(Killed):
            month_end.work(pk, now=at(AFTER))
    assert Period.objects.exclude(closed_at=None).count() == 4
    month_end.work(pk, now=at(AFTER + timedelta(minutes=2)))
    report = latest_run().report
    assert (report["periods"], report["invoices"], report["differences"]) == (4, 3, [])
    assert report["totals"]["EUR"]["call"]["exact_micros"] == 1_234_568


def test_a_close_that_books_something_wrong_is_found(monkeypatch):
    """Each of these would be a fault of ours; the report must not say that all is well."""
    made = customers(4)
    close = closes.close

    def closing(**names):
        closed = close(**names)
        with may_be_emptied(connection):  # the database itself would refuse it
            InvoiceLine.objects.filter(invoice__wallet=made[0], kind="call").update(exact_micros=1_234_568)
        Wallet.objects.filter(pk=made[3].pk).update(balance_micros=1)
        return closed

    monkeypatch.setattr(closes, "close", closing)
    round_at(AFTER)
    report = latest_run().report
    assert report["differences_found"] == 3
    assert any(
        "the ledger has (1234567, 1), the invoice (1234568, 1)" in words for words in report["differences"]
    )
    assert any(f"Wallet {made[3].wallet_id}" in words for words in report["differences"])
    assert any("the close said" in words for words in report["differences"])


def test_a_line_outside_its_periods_range_is_found(monkeypatch):
    """The check reads the ledger by the period that a line carries, not by the range that the close reads."""
    (wallet,) = customers(1)
    close = closes.close

    def closing(**names):
        line = Transaction.objects.get(wallet=wallet, kind="sms")
        Period.objects.create(
            wallet=wallet,
            starts_at=MARCH,
            ends_at=APRIL,
            scheme="consolidated",
            amount_micros=1_234_567,
            first_sequence=1,
            last_sequence=line.sequence - 1,
            recorded_at=APRIL,
        )
        Wallet.objects.filter(pk=wallet.pk).update(
            period_starts_at=APRIL,
            period_ends_at=APRIL + timedelta(days=30),
            unbilled_micros=0,
            closing_micros=1_284_567,
            period_first_sequence=3,
        )
        return close(**names)

    monkeypatch.setattr(closes, "close", closing)
    round_at(AFTER)
    assert any(
        "sms: the ledger has (50000, 1), the invoice (0, 0)" in words
        for words in latest_run().report["differences"]
    )
