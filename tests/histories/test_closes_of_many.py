"""Many wallets, closed in one chunk by the real action: each invoice and each number must be the oracle's.

Schemes, currencies, zones, modes, refunds over months, late usage, negative and zero invoices, and missed months.
"""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit.actions import closes
from tests.desk import FINANCE
from tests.histories.beside import Beside
from tests.histories.paper import invoices_are_the_oracles, leaves_a_straight_past
from tests.histories.steps import SCHEMES, SUPPRESSED, UNSHRUNK, ZONES, lags, step

pytestmark = pytest.mark.django_db

UNITS = {"EUR": 10_000, "JPY": 1_000_000, "IDR": 1_000_000, "KWD": 1_000, "CLF": 100}
LIMIT = 5_000_000_000

kinds = st.sampled_from(["call", "call", "sms", "fax", "hardware", "subscription"])
# Around the half of a unit of every currency above, where rounding tips over.
around_a_half = st.tuples(
    st.integers(0, 40), st.sampled_from([50, 500, 5_000, 500_000]), st.integers(-1, 1)
).map(lambda parts: parts[0] * 1_000_000 + parts[1] + parts[2])
amounts = st.one_of(st.just(0), around_a_half, st.integers(0, 90_000_000))
units = st.integers(1, 50).map(lambda number: number * 1_000_000)
deeds = st.one_of(
    step("charge", amounts, kinds, st.just(True)),
    step("charge", amounts, kinds, st.just(True), lags),
    step("charge", units, kinds, st.just(True)),
    step("refund", st.integers(0, 5), st.one_of(st.none(), amounts, units)),
    step("reverse", st.integers(0, 5)),
    step("pay", units),
    step("change_scheme", st.sampled_from(SCHEMES)),
    step("change_zone", st.sampled_from(ZONES)),
    step("switch", st.sampled_from(SCHEMES), st.just(LIMIT), st.booleans()),
    step("wait_for", st.just("period"), st.sampled_from([-1, 0])),
    step("wait", st.timedeltas(timedelta(0), timedelta(days=25))),
)
customers = st.tuples(
    st.sampled_from(["postpaid", "postpaid", "postpaid", "prepaid"]),
    st.sampled_from(SCHEMES),
    st.sampled_from(ZONES),
    st.sampled_from(sorted(UNITS)),
    st.lists(deeds, min_size=1, max_size=12),
)


def lived(mode, scheme, zone, currency, steps, day):
    one = Beside(mode, scheme, LIMIT, zone, day, currency, UNITS[currency])
    for each in steps:
        one.run(each)
    return one


def close_all(town, now):
    for one in town:
        one.now = now
        one.verbs.close_periods(now)
    closes.close(wallet_pks=[one.desk.wallet.pk for one in town], by=FINANCE, now=now)
    for one in town:
        one.compare("the close")
        assert invoices_are_the_oracles(one.desk.wallet, one.oracle)


def check(people, day, later):
    town = [lived(*person, day) for person in people]
    now = max(one.at for one in town) + later
    for _ in range(2):  # the second time there is nothing left to do
        close_all(town, now)
    close_all(town, now + timedelta(days=45))
    for one in town:
        leaves_a_straight_past(one.desk.wallet)


late = st.sampled_from([timedelta(0), timedelta(days=3), timedelta(days=33), timedelta(days=120)])


@settings(max_examples=12, phases=UNSHRUNK, suppress_health_check=SUPPRESSED, deadline=None)
@given(st.lists(customers, min_size=2, max_size=6), st.integers(0, 365), late)
def test_wallets_that_close_together_get_the_invoices_that_the_oracle_writes(people, day, later):
    check(people, day, later)


@pytest.mark.thorough
@settings(max_examples=1000, suppress_health_check=SUPPRESSED, deadline=None)
@given(st.lists(customers, min_size=2, max_size=12), st.integers(0, 365), late)
def test_a_thousand_towns_get_the_invoices_that_the_oracle_writes(people, day, later):
    check(people, day, later)
