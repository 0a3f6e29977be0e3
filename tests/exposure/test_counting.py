"""Exposure is what a person with a pencil would add up: wallet by wallet, by the rule, currency by currency."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings

from credit.actions import exposures
from credit.models import Exposure, ExposureLine, Wallet
from credit.reports import exposure
from tests.factories import APRIL, MARCH, NOON, a_hold, a_wallet, an_organization, days, micros
from tests.histories.beside import Beside
from tests.histories.steps import SUPPRESSED, UNSHRUNK, histories
from tests.pages.people import charge, close, postpaid
from tests.reports.life import Life

pytestmark = pytest.mark.django_db
SUMS = ("limits_micros", "used_micros", "unbilled_micros", "due_micros")


def pencil(now):
    """{(currency, mode, standing, limit state): [wallets, limits, used, unbilled, due]}, added up in Python."""
    sums = defaultdict(lambda: [0, 0, 0, 0, 0])
    for wallet in Wallet.objects.at(now):
        if wallet.closed_at is not None:
            continue
        figures = sums[wallet.currency, wallet.mode, wallet.standing, wallet.limit_state]
        parts = (1, wallet.effective_limit_micros or 0, wallet.used_micros, wallet.live_unbilled_micros)
        for place, value in enumerate((*parts, wallet.due_micros)):
            figures[place] += value
    return dict(sums)


def counted(now):
    return {
        (each.currency, line.mode, line.standing, line.limit_state): [
            line.wallets,
            *[getattr(line, name) for name in SUMS],
        ]
        for each, lines in exposure.count(now)
        for line in lines
    }


def stored():
    return {
        (line.exposure.currency, line.mode, line.standing, line.limit_state): [
            line.wallets,
            *[getattr(line, name) for name in SUMS],
        ]
        for line in ExposureLine.objects.select_related("exposure")
    }


def one(currency="EUR"):
    return Exposure.objects.get(currency=currency)


@pytest.mark.parametrize("seed", range(4))
def test_the_count_is_the_sum_over_all_wallets_at_every_instant_of_their_lives(seed):
    life = Life(seed)
    for _ in range(4):
        life.lived(20)
        for ahead in (timedelta(0), timedelta(hours=7), timedelta(days=3), timedelta(days=45)):
            assert counted(life.now + ahead) == pencil(life.now + ahead)
    exposures.take(now=life.now)
    assert stored() == pencil(life.now)


def test_the_count_is_what_the_oracle_reads_from_the_whole_histories_of_all():
    lives = []

    @settings(max_examples=12, phases=UNSHRUNK, suppress_health_check=SUPPRESSED, deadline=None)
    @given(histories)
    def lived(history):
        start, steps = history
        beside = Beside(*start)
        for step in steps:
            beside.run(step)
        lives.append(beside)

    lived()
    latest = max(life.at for life in lives)
    for t in (latest, latest + timedelta(days=9), latest + timedelta(days=40)):
        open_ones = [life.oracle for life in lives if not life.oracle.closed(t)]
        each = exposure.count(t)[0][0]
        assert each.wallets == len(open_ones)
        assert each.limits_micros == sum(oracle.limit(t) or 0 for oracle in open_ones)
        assert each.used_micros == sum(oracle.used(t) for oracle in open_ones)
        assert each.unbilled_micros == sum(oracle.unbilled(t) for oracle in open_ones)
        assert each.due_micros == sum(oracle.due(t) for oracle in open_ones)
        assert each.unlimited_wallets == sum(oracle.limit(t) is None for oracle in open_ones)


def test_sums_are_exact_where_they_no_longer_fit_into_64_bits():
    whose = an_organization(time_zone="UTC")
    for _ in range(12):
        a_wallet(whose, permanent_limit="999999999999.99", balance="-1799999999999.999999")
    a_wallet(whose, mode="postpaid", permanent_limit="1", unbilled="-0.000001")

    exposures.take(now=NOON)

    assert one().limits_micros == 12 * 999_999_999_999_990_000 + 1_000_000 > 2**63
    assert one().used_micros == 12 * 1_799_999_999_999_999_999
    assert one().unbilled_micros == -1


def test_currencies_are_never_added():
    a_wallet(currency="EUR", permanent_limit="100")
    a_wallet(currency="JPY", permanent_limit="5000")

    exposures.take(now=NOON)

    assert one("EUR").limits_micros == micros("100")
    assert one("JPY").limits_micros == micros("5000")


def test_an_unlimited_wallet_counts_by_its_use_and_is_told_apart():
    a_wallet(limit_unlimited=True, balance="-70")
    a_wallet(permanent_limit="100", balance="-20")

    exposures.take(now=NOON)

    assert (one().wallets, one().unlimited_wallets) == (2, 1)
    assert one().limits_micros == micros("100")
    assert one().used_micros == micros("90")
    assert one().unlimited_used_micros == micros("70")


def test_a_closed_wallet_grants_nothing():
    a_wallet(permanent_limit="100", closed_at=MARCH)

    assert exposure.count(NOON) == []


def test_the_clock_decides_a_limit_that_ended_and_a_hold_that_expired_no_longer_count():
    wallet = a_wallet(
        permanent_limit="100",
        temporary_limit="900",
        temporary_starts_at=MARCH,
        temporary_ends_at=NOON,
        reserved="30",
        next_hold_ends_at=NOON,
    )
    a_hold(wallet, "30", NOON)
    before = exposure.count(NOON - timedelta(microseconds=1))[0][0]
    after = exposure.count(NOON)[0][0]

    assert (before.limits_micros, before.used_micros) == (micros("900"), micros("30"))
    assert (after.limits_micros, after.used_micros) == (micros("100"), 0)


def test_a_month_that_turned_is_no_longer_unbilled_and_is_due_once_it_is_closed():
    wallet = postpaid(limit="100", days=40)
    charge(wallet, "40", now=wallet.period_starts_at + days(1))
    turned = wallet.period_ends_at

    exposures.take(now=turned - timedelta(microseconds=1))
    assert (one().unbilled_micros, one().due_micros, one().used_micros) == (micros("40"), 0, micros("40"))
    exposures.take(now=turned)
    assert (one().unbilled_micros, one().due_micros, one().used_micros) == (0, 0, 0)
    close(wallet, now=turned)
    exposures.take(now=turned)
    assert (one().unbilled_micros, one().due_micros, one().used_micros) == (0, micros("40"), 0)


def test_a_second_count_on_a_day_replaces_the_first_and_another_day_adds_one():
    wallet = a_wallet(permanent_limit="100")
    gone = a_wallet(currency="USD", permanent_limit="7")
    exposures.take(now=NOON)
    Wallet.objects.filter(pk=wallet.pk).update(permanent_limit_micros=micros("300"))
    Wallet.objects.filter(pk=gone.pk).update(closed_at=NOON)
    exposures.take(now=NOON + timedelta(hours=1))

    assert [(each.currency, each.limits_micros) for each in Exposure.objects.all()] == [
        ("EUR", micros("300"))
    ]
    assert one().taken_at == NOON + timedelta(hours=1)

    exposures.take(now=NOON + days(1))
    assert [str(each.day) for each in exposure.history("EUR", NOON.date(), APRIL.date())] == [
        "2026-03-14",
        "2026-03-15",
    ]
    assert ExposureLine.objects.count() == 2


def test_a_day_is_one_of_the_portals_own_time_zone():
    a_wallet(permanent_limit="100")

    exposures.take(now=datetime(2026, 3, 14, 23, 30, tzinfo=UTC))  # half past midnight in Bratislava

    assert str(one().day) == "2026-03-15"


def test_a_total_is_the_sum_of_its_states():
    Life(9).lived(30)
    exposures.take(now=datetime(2026, 3, 1, tzinfo=UTC))

    for each in Exposure.objects.all():
        for name in ("wallets", *SUMS):
            assert getattr(each, name) == sum(getattr(line, name) for line in each.lines.all())


def test_the_newest_count_is_read_and_said_to_be_late_once_it_is(django_assert_num_queries):
    a_wallet(permanent_limit="100")
    exposures.take(now=NOON)
    with django_assert_num_queries(1):
        fresh = exposure.newest(NOON + timedelta(minutes=10))
    assert (fresh.taken_at, fresh.is_late) == (NOON, False)


def test_few_wallets_are_counted_at_once_where_no_job_has_run():
    a_wallet(permanent_limit="100")

    found = exposure.newest(NOON)

    assert [each.limits_micros for each in found.exposures] == [micros("100")]
    assert (found.taken_at, found.is_late) == (NOON, False)
    assert [line.limit_state for line in found.lines_of(found.exposures[0])] == ["permanent"]


def test_many_wallets_are_never_counted_by_a_page(monkeypatch):
    monkeypatch.setattr(exposure, "FEW", 0)
    a_wallet(permanent_limit="100")

    assert exposure.newest(NOON).exposures == []
    exposures.take(now=NOON)
    late = exposure.newest(NOON + timedelta(hours=2))
    assert (late.taken_at, late.is_late) == (NOON, True)
