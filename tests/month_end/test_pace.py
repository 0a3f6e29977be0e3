"""How many wallets one transaction of a close takes: none may last long, whatever their months hold."""

import pytest

from credit.actions import closes
from credit.actions.closes import AIMED_SECONDS, FEWEST_AT_ONCE, Pace
from credit.models import Period
from tests.month_end.customers import AFTER, customers, latest_run, round_at

VENDORS = ("postgresql", "sqlite")


def after(pace, *, per_wallet, transactions):
    """The sizes of so many transactions in which each wallet takes this many seconds."""
    sizes = []
    for _ in range(transactions):
        sizes.append(pace.wallets)
        pace.took(pace.wallets, pace.wallets * per_wallet)
    return sizes


@pytest.mark.parametrize("vendor", VENDORS)
def test_it_begins_with_few_and_doubles_while_transactions_are_short(vendor):
    assert after(Pace(vendor), per_wallet=0.0001, transactions=4) == [25, 50, 100, 100]


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("per_wallet", [0.0002, 0.0005, 0.001, 0.002])
def test_it_settles_where_a_transaction_takes_the_time_that_is_aimed_at(vendor, per_wallet):
    size = after(Pace(vendor), per_wallet=per_wallet, transactions=8)[-1]

    assert size * per_wallet <= AIMED_SECONDS[vendor]
    assert size == 100 or (size + 1) * per_wallet > AIMED_SECONDS[vendor] * 0.99


def test_half_of_the_fifty_milliseconds_of_a_transaction_is_left_to_a_busy_machine():
    assert AIMED_SECONDS["postgresql"] * 2 <= 0.05
    assert AIMED_SECONDS["sqlite"] * 2 <= 0.1


def test_months_of_very_many_lines_still_go_on_a_few_at_a_time():
    assert after(Pace("postgresql"), per_wallet=10, transactions=3)[-1] == FEWEST_AT_ONCE


def test_one_slow_transaction_halves_only_the_next_transaction():
    pace = Pace("postgresql")
    pace.wallets = 100

    pace.took(100, 0.3)

    assert after(pace, per_wallet=0.0002, transactions=2) == [50, 100]


def test_a_clock_that_stood_still_stops_nothing():
    pace = Pace("postgresql")

    pace.took(25, 0.0)

    assert pace.wallets == 50


@pytest.mark.django_db
def test_a_month_end_is_closed_in_short_transactions_and_leaves_nobody_out(monkeypatch):
    sizes, close = [], closes.close
    monkeypatch.setattr(
        closes, "close", lambda **said: sizes.append(len(said["wallet_pks"])) or close(**said)
    )
    monkeypatch.setattr(Pace, "took", lambda pace, wallets, seconds: None)
    customers(60)

    round_at(AFTER)

    assert sizes == [25, 25, 10]
    assert not Period.objects.filter(closed_at=None).exists()
    assert latest_run().report["wallets"] == 60
