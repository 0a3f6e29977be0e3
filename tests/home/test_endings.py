"""Who will be blocked by the clock alone: the rule at the very instant at which a limit ends."""

import random
from datetime import timedelta

import pytest

from credit.models import Wallet
from credit.reports import endings
from tests.factories import APRIL, MARCH, NOON, a_hold, a_wallet, days, micros

pytestmark = pytest.mark.django_db
A_WEEK = NOON + days(7)
TICK = timedelta(microseconds=1)


def ends(wallet_columns, until=A_WEEK):
    """[(end, usable then)] of one wallet with a temporary limit from the first of March on."""
    temporary = {"temporary_starts_at": MARCH} if "temporary_limit" in wallet_columns else {}
    a_wallet(**temporary, **wallet_columns)
    return [(one.at, one.usable_micros) for one in endings.blocked_until(NOON, until).found]


def test_debt_above_the_permanent_limit_is_blocked_when_the_temporary_one_ends():
    end = NOON + days(3)
    found = ends(
        {"permanent_limit": "100", "temporary_limit": "500", "temporary_ends_at": end, "balance": "-250"}
    )
    assert found == [(end, micros("-150"))]


def test_debt_within_the_permanent_limit_is_not_blocked_and_exactly_all_of_it_is():
    end = NOON + days(3)
    columns = {"permanent_limit": "100", "temporary_limit": "500", "temporary_ends_at": end}
    assert ends({**columns, "balance": "-99.999999"}) == []
    assert ends({**columns, "balance": "-100"}) == [(end, 0)]


def test_who_is_blocked_already_is_not_announced():
    end = NOON + days(3)
    columns = {"permanent_limit": "100", "temporary_limit": "500", "temporary_ends_at": end}
    assert ends({**columns, "balance": "-500"}) == []


def test_a_hold_that_is_over_by_then_no_longer_counts():
    end = NOON + days(3)
    columns = {"permanent_limit": "100", "temporary_limit": "500", "temporary_ends_at": end, "balance": "-50"}
    wallet = a_wallet(temporary_starts_at=MARCH, reserved="80", next_hold_ends_at=NOON + days(2), **columns)
    a_hold(wallet, "80", NOON + days(2))
    assert endings.blocked_until(NOON, A_WEEK).found == []

    Wallet.objects.filter(pk=wallet.pk).update(next_hold_ends_at=NOON + days(4))
    wallet.reservations.update(expires_at=NOON + days(4))
    assert [one.usable_micros for one in endings.blocked_until(NOON, A_WEEK).found] == [micros("-30")]


def test_a_month_that_turns_before_the_end_heals_a_postpaid_wallet():
    columns = {"mode": "postpaid", "permanent_limit": "100", "temporary_limit": "500", "unbilled": "250"}
    before, after = APRIL - days(1), APRIL + days(1)
    assert ends({**columns, "temporary_ends_at": after}, until=APRIL + days(2)) == []
    assert ends({**columns, "temporary_ends_at": before}, until=APRIL + days(2)) == [(before, micros("-150"))]


def test_a_scheduled_limit_that_follows_is_judged_at_its_start_and_at_its_end():
    columns = {
        "permanent_limit": "100",
        "temporary_limit": "500",
        "temporary_ends_at": NOON + days(2),
        "scheduled_starts_at": NOON + days(1),
        "scheduled_ends_at": NOON + days(4),
        "balance": "-250",
    }
    assert ends({**columns, "scheduled_limit": "300"}) == [(NOON + days(4), micros("-150"))]
    Wallet.objects.all().delete()
    assert ends({**columns, "scheduled_limit": "200"}) == [(NOON + days(1), micros("-50"))]


def test_an_unlimited_permanent_limit_never_blocks():
    end = NOON + days(3)
    columns = {"limit_unlimited": True, "temporary_limit": "500", "temporary_ends_at": end}
    assert ends({**columns, "balance": "-400"}) == []


def test_what_ends_later_than_asked_and_what_has_ended_is_left_out():
    columns = {"permanent_limit": "100", "temporary_limit": "500", "balance": "-250"}
    assert ends({**columns, "temporary_ends_at": A_WEEK + TICK}) == []
    assert ends({**columns, "temporary_ends_at": NOON}) == []
    assert ends({**columns, "temporary_ends_at": A_WEEK}) == [(A_WEEK, micros("-150"))]


def test_more_ends_than_are_looked_at_are_said(monkeypatch):
    monkeypatch.setattr(endings, "MOST", 2)
    for number in (3, 1, 2, 4):
        ends(
            {
                "permanent_limit": "100",
                "temporary_limit": "500",
                "temporary_ends_at": NOON + days(number),
                "balance": "-250",
            }
        )
    found = endings.blocked_until(NOON, A_WEEK)
    assert [one.at for one in found.found] == [NOON + days(1), NOON + days(2)]
    assert found.known_until == NOON + days(3)


def test_the_answer_is_that_of_the_rule_asked_wallet_by_wallet_at_each_end(django_assert_max_num_queries):
    draw = random.Random(5)
    for _ in range(80):
        _random_wallet(draw)
    with django_assert_max_num_queries(6):
        found = {
            one.wallet.pk: (one.at, one.usable_micros) for one in endings.blocked_until(NOON, A_WEEK).found
        }
    assert found == _slowly() and len(found) > 10


def _random_wallet(draw):
    hours = lambda least, most: NOON + timedelta(hours=draw.randint(least, most))  # noqa: E731
    columns = {"permanent_limit": str(draw.randrange(0, 300)), "near_percent": 80}
    if draw.random() < 0.8:
        columns |= {
            "temporary_limit": str(draw.randrange(0, 900)),
            "temporary_starts_at": hours(-200, 20),
            "temporary_ends_at": hours(21, 200),
        }
    if draw.random() < 0.4:
        columns |= {
            "scheduled_limit": str(draw.randrange(0, 900)),
            "scheduled_starts_at": hours(-20, 100),
            "scheduled_ends_at": hours(101, 200),
        }
    if draw.random() < 0.5:
        a_wallet(balance=str(-draw.randrange(0, 700)), **columns)
    else:
        period = {"period_starts_at": MARCH, "period_ends_at": hours(30, 190)}
        a_wallet(mode="postpaid", unbilled=str(draw.randrange(-50, 700)), **period, **columns)


def _slowly():
    """For each wallet, each instant at which a temporary limit that runs then is over."""
    found = {}
    for wallet in Wallet.objects.at(NOON):
        if wallet.standing == "blocked":
            continue
        instants = {wallet.temporary_ends_at, wallet.scheduled_starts_at, wallet.scheduled_ends_at} - {None}
        for at in sorted(at for at in instants if NOON < at <= A_WEEK):
            then = Wallet.objects.at(at).get(pk=wallet.pk)
            starts_only = at == wallet.scheduled_starts_at and wallet.limit_ends_at != at
            if then.standing == "blocked" and not starts_only:
                found[wallet.pk] = (at, then.usable_micros)
                break
    return found
