"""Wallets on odd calendars: made, limited, moved, switched and closed around the instants at which clocks jump."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit.actions import modes, wallets
from credit.models import Period, Wallet
from organizations.actions import create_organization
from tests import oracle_calendar
from tests.desk import ACCEPTED, FINANCE, Desk
from tests.factories import micros
from tests.histories.beside import BEGINNING, Beside
from tests.histories.paper import invoices_are_the_oracles, leaves_a_straight_past
from tests.histories.steps import SUPPRESSED, UNSHRUNK
from tests.month_end.test_calendar_zones import ODD, ZONES

pytestmark = pytest.mark.django_db

TICK = timedelta(microseconds=1)
zones = st.one_of(st.sampled_from(ODD), st.sampled_from(ZONES))


def desk_at(instant, zone, **kind):
    """A wallet that the action makes at the instant."""
    organization = create_organization(name="Odd hours", time_zone=zone)
    wallet = wallets.create_wallet(
        organization=organization, currency="EUR", limit="100", by=FINANCE, now=instant, **kind
    )
    return Desk(wallet, instant)


def postpaid_at(instant, zone):
    return desk_at(instant, zone, mode="postpaid", scheme="consolidated")


@st.composite
def odd_instants(draw):
    """An instant within a day of a jump of the zone's clock, or at the jump itself, and the zone."""
    zone = draw(st.sampled_from(ODD))
    jump, *_ = draw(st.sampled_from(list(oracle_calendar.jumps(zone))))
    around = st.timedeltas(-timedelta(days=1), timedelta(days=1))
    return jump + draw(st.one_of(st.sampled_from([-TICK, timedelta(0), TICK]), around)), zone


@settings(max_examples=30, phases=UNSHRUNK, suppress_health_check=SUPPRESSED, deadline=None)
@given(odd_instants())
def test_a_wallet_that_is_made_at_an_odd_instant_has_the_rest_of_its_month(odd):
    instant, zone = odd
    row = Wallet.objects.get(pk=postpaid_at(instant, zone).wallet.pk)
    assert (row.period_starts_at, row.period_ends_at) == (
        instant,
        oracle_calendar.month_end(instant, zone),
    )


@settings(max_examples=30, phases=UNSHRUNK, suppress_health_check=SUPPRESSED, deadline=None)
@given(odd_instants(), st.integers(1, 62), st.sampled_from([0, 1]))
def test_a_temporary_limit_of_some_days_is_in_force_until_its_instant_on_the_customers_clock(odd, days, back):
    instant, zone = odd
    instant -= timedelta(days=days * back)  # so that it is the end that meets the jump
    desk = desk_at(instant, zone, mode="prepaid")
    assert desk.set_limit("150", days=days) == ACCEPTED
    end = oracle_calendar.days_later(instant, days, zone)
    assert desk.read(instant).limit_ends_at == end
    assert desk.is_(at=end - TICK, effective_limit="150")
    assert desk.is_(at=end, effective_limit="100")


@pytest.mark.parametrize(
    ("zone", "instant"),
    [
        ("Asia/Amman", datetime(2011, 3, 31, 22, tzinfo=UTC)),
        ("America/Havana", datetime(2026, 11, 1, 4, tzinfo=UTC)),
        ("America/Havana", datetime(2026, 11, 1, 5, tzinfo=UTC)),  # the same midnight for the second time
        ("Pacific/Apia", datetime(2011, 12, 30, 10, tzinfo=UTC)),
        ("Europe/Bratislava", datetime(2024, 2, 28, 23, tzinfo=UTC)),
        ("Europe/Bratislava", datetime(2024, 2, 29, 23, tzinfo=UTC)),
    ],
)
@pytest.mark.parametrize("ticks", [-1, 0, 1])
def test_a_wallet_may_be_switched_and_closed_at_any_instant_and_no_period_overlaps(zone, instant, ticks):
    desk = postpaid_at(instant - timedelta(days=40), zone)
    assert desk.charge("60") == ACCEPTED
    desk.now = instant + ticks * TICK
    assert desk.do(modes.change_mode, wallet=desk.wallet, to="prepaid", keep_limit=True) == ACCEPTED
    asked = {"to": "postpaid", "scheme": "none", "limit": "100"}
    assert desk.do(modes.change_mode, wallet=desk.wallet, **asked) == ACCEPTED
    assert desk.charge("40") == ACCEPTED
    desk.now += timedelta(days=70)
    assert desk.close_periods() == ACCEPTED
    assert desk.pay("100") == ACCEPTED
    assert desk.do(wallets.close_wallet, wallet=desk.wallet) == ACCEPTED
    leaves_a_straight_past(desk.wallet)
    assert not Period.objects.filter(wallet=desk.wallet, closed_at=None).exists()
    amounts = Period.objects.filter(wallet=desk.wallet).values_list("amount_micros", flat=True)
    assert sum(amounts) == micros("100")


moves = st.lists(
    st.one_of(
        st.tuples(st.just("change_zone"), zones),
        st.tuples(st.just("wait"), st.timedeltas(timedelta(days=1), timedelta(days=40))),
        st.tuples(st.just("wait_for"), st.just("period"), st.sampled_from([-1, 0, 0, 1])),
        st.tuples(st.just("charge"), st.just(("usable", 0)), st.just("call"), st.just(False)),
        st.tuples(st.just("charge"), st.just(1_234_567), st.just("sms"), st.just(False)),
    ),
    min_size=8,
    max_size=25,
)
# The years in which Samoa lost a day, Amman a midnight and Havana had one twice, and those to come.
first_days = st.dates(datetime(2011, 1, 1).date(), datetime(2027, 12, 1).date())


@settings(max_examples=10, phases=UNSHRUNK, suppress_health_check=SUPPRESSED, deadline=None)
@given(zones, first_days, moves)
def test_however_a_customer_moves_every_month_has_one_limit_one_period_and_one_invoice(zone, day, steps):
    days = (day - BEGINNING.date()).days
    beside = Beside("postpaid", "consolidated", 100_000_000, zone, days)
    for step in steps:
        beside.run(step)
    beside.wait(timedelta(days=70))  # some months go by before anybody closes
    beside.run(("close_periods",))
    wallet = beside.desk.wallet
    assert invoices_are_the_oracles(wallet, beside.oracle)
    leaves_a_straight_past(wallet)
    periods = list(Period.objects.filter(wallet=wallet).order_by("starts_at"))
    for one, following in pairwise(periods):
        assert one.ends_at == following.starts_at
        assert following.ends_at - following.starts_at > timedelta(hours=48)
    assert all(period.amount_micros <= 100_000_000 for period in periods)
    # Sixteen hours after its end every zone is in the next month: so each month of the calendar has ended once.
    ends = [period.ends_at + timedelta(hours=16) for period in periods]
    numbers = [end.year * 12 + end.month for end in ends]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
