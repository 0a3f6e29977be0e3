"""Revenue that a job has added up gives the figures of the ledger, whenever it ran and whatever came meanwhile."""

from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest
from django.db import connection

from credit import tasks
from credit.actions import charges, corrections, payments, revenue_days, statuses
from credit.models import JobRun, RevenueDay, RevenueUpTo, Transaction
from credit.reports import revenue
from tests.audit.test_seal_races import slow_transaction
from tests.factories import micros
from tests.races.together import together
from tests.reports.life import Life
from tests.reports.owing import FINANCE
from tests.reports.test_revenue import MARCH, NOON, a_past_customer, charged_around_a_change_of_rate

pytestmark = pytest.mark.django_db(transaction=True)

minutes = count(10, 10)  # the job comes by again later, not at once


def added_up():
    """As the job does it: once to look ahead, and once when that is settled."""
    now = datetime(2026, 4, 2, tzinfo=UTC) + timedelta(minutes=next(minutes))
    first = sum(revenue_days.add_up(now=now))
    return first + sum(revenue_days.add_up(now=now + timedelta(minutes=5)))


def charge(wallet, amount, kind="call", at=NOON):
    charges.charge(wallet=wallet, amount=amount, kind=kind, by=FINANCE, now=at)
    return Transaction.objects.latest("pk")


def from_the_ledger(month):
    """The figures as they are where nothing has been added up."""
    kept = list(RevenueDay.objects.all())
    RevenueDay.objects.all().delete()
    found = revenue.of_month(month)
    RevenueDay.objects.bulk_create(kept)
    return found


def a_busy_month():
    wallet = a_past_customer(scheme="individual")
    call = charge(wallet, "10.5")
    server = charge(wallet, "100", "hardware", at=NOON + timedelta(days=2))
    corrections.refund(transaction=call, amount="2.25", reason="r", by=FINANCE, now=NOON + timedelta(days=3))
    corrections.reverse(transaction=server, reason="r", by=FINANCE, now=NOON + timedelta(days=3))
    payments.record_payment(wallet=wallet, amount="50", by=FINANCE, now=NOON + timedelta(days=4))
    return wallet


def test_a_month_added_up_has_the_figures_of_its_ledger():
    a_busy_month()
    expected = revenue.of_month(MARCH)

    assert added_up() == Transaction.objects.count() == 5

    assert revenue.of_month(MARCH) == expected == from_the_ledger(MARCH)
    assert revenue.differences(MARCH) == []


def test_what_comes_after_the_job_is_in_the_report_at_once_and_once():
    wallet = a_busy_month()
    added_up()
    charge(wallet, "7", at=NOON + timedelta(days=5))
    assert revenue.of_month(MARCH) == from_the_ledger(MARCH)

    assert added_up() == 1

    assert revenue.of_month(MARCH) == from_the_ledger(MARCH)
    assert added_up() == 0


def test_lines_are_added_in_batches_and_once_each(monkeypatch):
    monkeypatch.setattr(revenue_days, "LINES_AT_ONCE", 2)
    a_busy_month()

    assert added_up() == 5

    assert sum(RevenueDay.objects.values_list("lines", flat=True)) == 5
    assert revenue.of_month(MARCH) == from_the_ledger(MARCH)


def test_a_report_of_a_month_added_up_asks_for_no_more_than_before(django_assert_max_num_queries):
    a_busy_month()
    added_up()
    with django_assert_max_num_queries(7):
        revenue.of_month(MARCH)


@pytest.mark.parametrize("before_the_move", [True, False])
def test_a_customer_who_moves_keeps_each_line_in_one_month(before_the_move):
    wallet = a_past_customer(zone="Asia/Singapore", scheme="individual")
    charge(wallet, "1")
    if before_the_move:
        added_up()
    statuses.change_time_zone(
        organization=wallet.organization, time_zone="America/Juneau", by=FINANCE, now=NOON
    )
    at = datetime(2026, 3, 31, 20, tzinfo=UTC)
    charge(wallet, "2", at=at)
    charge(wallet, "4", "hardware", at=at)

    added_up()

    for month in (MARCH, date(2026, 4, 1)):
        assert revenue.of_month(month) == from_the_ledger(month)
        assert revenue.differences(month) == []
    march = {row.kind: row.gross_micros for row in revenue.of_month(MARCH)[0].charges}
    assert march == {"call": micros("1"), "hardware": micros("4")}


@pytest.mark.parametrize("before_the_move", [True, False])
def test_lines_of_a_machine_whose_clock_lags_are_before_a_move_or_after_it(before_the_move):
    wallet = a_past_customer(zone="America/Juneau", scheme="individual")
    at = datetime(2026, 3, 31, 20, tzinfo=UTC)  # the first of April in Singapore
    lagging = at - timedelta(seconds=1)
    charge(wallet, "1", at=at)
    if before_the_move:
        added_up()
    statuses.change_time_zone(
        organization=wallet.organization, time_zone="Asia/Singapore", by=FINANCE, now=lagging
    )
    charge(wallet, "2", at=lagging)
    charge(wallet, "4", "hardware", at=lagging)

    added_up()

    for month in (MARCH, date(2026, 4, 1)):
        assert revenue.differences(month) == []
        assert revenue.of_month(month) == from_the_ledger(month)


def test_a_rate_that_changes_in_mid_month_holds_from_its_day_for_days_added_up():
    charged_around_a_change_of_rate()

    added_up()

    rows = {row.kind: row.tax_micros for row in revenue.of_month(MARCH)[0].charges}
    assert rows == {"hardware": micros("20"), "call": 0}
    assert revenue.of_month(MARCH) == from_the_ledger(MARCH)


def test_a_sum_wider_than_64_bits_stays_exact():
    a_busy_month()
    added_up()
    RevenueDay.objects.filter(kind="call").update(micros=-(10**24) - 1)

    call = next(row for row in revenue.of_month(MARCH)[0].charges if row.kind == "call")

    assert call.own_micros == 10**24 + 1


def test_a_difference_is_named_and_not_repaired():
    a_busy_month()
    added_up()
    RevenueDay.objects.filter(kind="call").update(micros=-1)

    with pytest.raises(revenue_days.NotAsPosted, match=r"2026-03 .* EUR call \(call\)"):
        revenue_days.check(MARCH, now=NOON)

    assert RevenueDay.objects.filter(kind="call", micros=-1).exists()
    assert RevenueUpTo.objects.get().checked_at is None


def test_a_month_that_agrees_is_noted_with_its_instant():
    a_busy_month()
    added_up()

    assert revenue_days.check(MARCH, now=NOON) == 5

    assert RevenueUpTo.objects.get().checked_at == NOON


def test_the_jobs_run_and_say_what_they_did():
    a_busy_month()
    tasks.add_up_revenue()
    tasks.check_revenue()

    assert {run.name: run.error for run in JobRun.objects.all()} == {
        "Add up revenue": "",
        "Check revenue": "",
    }


@pytest.mark.parametrize("seed", range(4))
def test_random_lives_added_up_half_way_and_at_their_end_have_the_figures_of_their_ledgers(seed):
    life = Life(seed, start=datetime(2026, 1, 28, tzinfo=UTC)).lived(days=50, steps=75)
    added_up()
    life.lived(days=50, steps=75)
    months = [date(2026, number, 1) for number in range(1, 6)]
    half_way = [revenue.of_month(month) for month in months]

    added_up()

    assert RevenueUpTo.objects.get().last_pk == Transaction.objects.latest("pk").pk
    assert half_way == [revenue.of_month(month) for month in months]
    assert half_way == [from_the_ledger(month) for month in months]
    assert [revenue.differences(month) for month in months] == [[]] * len(months)


@pytest.mark.race
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_a_line_whose_transaction_ends_late_is_never_passed_over():
    wallet, other = a_past_customer(), a_past_customer(name="Slow s.r.o.")
    with slow_transaction(lambda: charge(other, "3")):  # has drawn its pk, and is not committed
        charge(wallet, "5")
        assert [added_up(), added_up()] == [0, 0]
        assert revenue.of_month(MARCH)[0].total.gross_micros == micros("5")

    assert revenue.of_month(MARCH)[0].total.gross_micros == micros("8")
    assert added_up() == 2
    assert revenue.of_month(MARCH)[0].total.gross_micros == micros("8")
    assert revenue.differences(MARCH) == []


@pytest.mark.race
def test_two_workers_add_every_line_once(monkeypatch):
    monkeypatch.setattr(revenue_days, "LINES_AT_ONCE", 1)
    a_busy_month()
    early, late = (datetime(2026, 5, 1, hour, tzinfo=UTC) for hour in (1, 2))
    seen = sum(revenue_days.add_up(now=early))

    seen += sum(together(*[lambda: sum(revenue_days.add_up(now=late))] * 3))

    assert seen == sum(RevenueDay.objects.values_list("lines", flat=True)) == 5
    assert revenue.differences(MARCH) == []
