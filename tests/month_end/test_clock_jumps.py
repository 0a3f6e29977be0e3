"""Clocks that disagree: a worker an hour behind, a web server ahead, a step back by NTP. The books go forward only."""

import itertools
import random
import threading
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit.actions import closes
from credit.models import CreditLimit, HoldLine, Invoice, Period, Transaction, Wallet
from tests.desk import ACCEPTED, FINANCE, Desk, a_desk
from tests.factories import APRIL, MARCH, micros
from tests.histories.beside import Beside
from tests.histories.paper import invoices_are_the_oracles, items_on_paper, leaves_a_straight_past
from tests.histories.steps import SUPPRESSED, UNSHRUNK, starts, steps
from tests.races.together import together

AN_HOUR = timedelta(hours=1)
MAY = datetime(2026, 5, 1, tzinfo=UTC)


def postpaid(limit="100", **columns):
    return a_desk(mode="postpaid", permanent_limit=limit, now=MARCH, **columns)


@pytest.mark.django_db
class TestOneHourApart:
    def test_a_worker_whose_clock_is_behind_books_no_earlier_than_what_it_finds(self):
        desk = postpaid()
        assert desk.charge("60") == ACCEPTED
        desk.now = APRIL + timedelta(minutes=10)
        assert desk.charge("1") == ACCEPTED
        desk.now -= AN_HOUR
        assert desk.close_periods() == ACCEPTED
        march = Period.objects.get(wallet=desk.wallet)
        assert march.closed_at == march.invoice.created_at == APRIL + timedelta(minutes=10)
        assert desk.is_(at=APRIL + AN_HOUR, due="60", live_unbilled="1", usable="99")

    def test_a_worker_whose_clock_is_ahead_ends_the_month_for_everybody(self):
        desk = postpaid()
        assert desk.charge("60") == ACCEPTED
        desk.now = APRIL + timedelta(minutes=30)
        assert desk.close_periods() == ACCEPTED
        desk.now -= AN_HOUR
        assert desk.charge("100") == ACCEPTED
        assert desk.last_line().period_starts_at == APRIL
        assert desk.last_line().posted_at == APRIL + timedelta(minutes=30)

    def test_the_month_that_began_too_early_does_not_begin_again(self):
        desk = postpaid()
        desk.now = APRIL + AN_HOUR
        assert desk.close_periods() == ACCEPTED
        desk.now = APRIL - timedelta(minutes=1)
        assert desk.charge("100") == ACCEPTED
        desk.now = APRIL
        assert desk.charge("0.01") == "credit_limit_exceeded"
        desk.now = APRIL + timedelta(days=29)
        assert (desk.close_periods(), desk.charge("0.01")) == (ACCEPTED, "credit_limit_exceeded")
        desk.now = MAY
        assert desk.charge("100") == ACCEPTED

    def test_a_closed_period_is_neither_closed_again_nor_opened_by_a_clock_that_jumps_back(self):
        desk = postpaid()
        assert desk.charge("60.004") == ACCEPTED
        desk.now = APRIL
        assert desk.close_periods() == ACCEPTED
        booked = Period.objects.values().get(wallet=desk.wallet)
        for back in (timedelta(seconds=1), AN_HOUR, timedelta(days=20), timedelta(days=400)):
            desk.now = APRIL - back
            assert (desk.close_periods(), desk.charge("1")) == (ACCEPTED, ACCEPTED)
            assert Period.objects.values().get(wallet=desk.wallet) == booked
        assert Invoice.objects.filter(wallet=desk.wallet).count() == 1
        assert desk.is_(at=APRIL, due="60", live_unbilled="4")

    def test_a_hold_that_has_expired_on_the_row_stays_expired_when_the_clock_jumps_back(self):
        desk = a_desk("100")
        assert desk.reserve("30", life=AN_HOUR) == ACCEPTED
        ends_at = desk.now + AN_HOUR
        desk.now = ends_at
        assert desk.charge("100") == ACCEPTED
        desk.now = ends_at - timedelta(minutes=30)
        assert desk.commit("30") == "reservation_expired"
        assert desk.charge("0.01") == "credit_limit_exceeded"

    def test_a_temporary_limit_that_has_ended_on_the_row_stays_ended_when_the_clock_jumps_back(self):
        desk = a_desk("10")
        ends_at = desk.now + AN_HOUR
        assert desk.set_limit("50", ends_at=ends_at) == ACCEPTED
        desk.now = ends_at
        assert desk.charge("10") == ACCEPTED
        desk.now = ends_at - timedelta(minutes=30)
        assert desk.charge("0.01") == "credit_limit_exceeded"
        assert desk.set_limit("7") == ACCEPTED
        assert CreditLimit.objects.open().get(wallet=desk.wallet).starts_at == ends_at


# A clock that is right, one behind, one ahead, and steps of NTP; a step is taken by whoever's turn it is.
wrong_by = st.sampled_from(
    [
        timedelta(0),
        timedelta(0),
        -AN_HOUR,
        -timedelta(seconds=1),
        -timedelta(days=2),
        AN_HOUR,
        timedelta(minutes=5),
        -timedelta(days=40),
    ]
)


class Jumping(Beside):
    """A history in which each step is taken by a clock of its own; what was booked must never change again."""

    def __init__(self, *start):
        super().__init__(*start)
        self.booked, self.latest = {}, self.now

    def take(self, step, wrong):
        self.now += wrong
        self.run(step)
        self.now -= wrong
        self.goes_forward_only()

    def goes_forward_only(self):
        wallet = self.desk.wallet
        now_booked = {
            period["starts_at"]: period
            for period in Period.objects.filter(wallet=wallet, closed_at__isnull=False).values()
        }
        assert now_booked.items() >= self.booked.items()
        latest = Wallet.objects.values_list("latest_at", flat=True).get(pk=wallet.pk)
        assert latest >= self.latest
        self.booked, self.latest = now_booked, latest


def rises(instants):
    return all(one <= other for one, other in pairwise(instants))


@pytest.mark.django_db
@settings(max_examples=20, phases=UNSHRUNK, suppress_health_check=SUPPRESSED, deadline=None)
@given(starts, st.lists(st.tuples(steps, wrong_by), min_size=8, max_size=25))
def test_whatever_the_clocks_say_every_answer_and_number_is_the_oracles(start, life):
    beside = Jumping(*start)
    for step, wrong in life:
        beside.take(step, wrong)
    wallet = beside.desk.wallet
    assert rises(
        Transaction.objects.filter(wallet=wallet).order_by("sequence").values_list("posted_at", flat=True)
    )
    assert rises(HoldLine.objects.filter(wallet=wallet).order_by("pk").values_list("at", flat=True))
    leaves_a_straight_past(wallet)
    beside.now = beside.at + timedelta(days=40)
    beside.run(("close_periods",))
    assert invoices_are_the_oracles(wallet, beside.oracle)


class WrongClock:
    """Shares the time of all, in steps of seconds over a month end, but is off by what it is off by."""

    _time = itertools.count()
    _lock = threading.Lock()

    def __init__(self, start, offs, seed):
        self._start, self._offs, self._draw = start, offs, random.Random(seed)

    def __call__(self):
        with self._lock:
            passed = timedelta(seconds=next(self._time))
        return self._start + passed + self._draw.choice(self._offs)


def actors(desk, seed):
    """Two web servers, a third one ahead, and two workers of which one is an hour behind."""
    start = APRIL - timedelta(seconds=40)
    WrongClock._time = itertools.count()
    offs = [[timedelta(0)], [-AN_HOUR, timedelta(0)], [timedelta(seconds=30)], [-AN_HOUR], [timedelta(0)]]
    clocks = [WrongClock(start, off, seed + number) for number, off in enumerate(offs)]

    def spend(clock):
        mine = Desk(desk.wallet, clock)
        return [mine.charge("9.005") for _ in range(12)]

    def close(clock):
        return [closes.close(wallet_pks=[desk.wallet.pk], by=FINANCE, now=clock) for _ in range(8)]

    return [lambda c=clock: spend(c) for clock in clocks[:3]] + [
        lambda c=clock: close(c) for clock in clocks[3:]
    ]


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", range(4))
def test_actors_whose_clocks_disagree_never_spend_a_months_limit_twice(seed):
    desk = postpaid("60")
    together(*actors(desk, seed))
    desk.now = APRIL + AN_HOUR
    assert desk.close_periods() == ACCEPTED
    lines = Transaction.objects.filter(wallet=desk.wallet).order_by("sequence")
    assert rises(lines.values_list("posted_at", flat=True))
    assert Period.objects.filter(wallet=desk.wallet).count() == 1
    for line in lines.filter(counted=True):
        assert (line.posted_at < APRIL) == (line.period_starts_at < APRIL)
    for first_instant in (MARCH, APRIL):
        spent = lines.filter(period_starts_at=first_instant).values_list("amount_micros", flat=True)
        assert -sum(spent) <= micros("60")
    assert items_on_paper(desk.wallet) == lines.filter(counted=True).count()
    assert desk.books_are_straight()
