"""Ending a thousand temporary limits at once writes what settling one wallet writes, row by row."""

import random
from datetime import timedelta

import pytest

from credit.actions import limits
from credit.actions.books import opened
from credit.models import CreditLimit, Notice, Wallet
from tests.desk import FINANCE, Desk
from tests.factories import NOON, a_wallet, days

pytestmark = pytest.mark.django_db
BOOKED_AT = NOON + days(40)


def a_desk_with_limits(seed):
    """Temporary limits that ended, run, were superseded or come later; holds beside some. One seed: twins."""
    draw = random.Random(seed)
    mode = draw.choice(
        [{}, {}, {"mode": "postpaid", "permanent_limit": "100", "period_ends_at": NOON + days(90)}]
    )
    desk = Desk(a_wallet(latest_at=NOON - days(9), **mode), NOON)
    for _ in range(draw.randrange(5)):
        desk.now += timedelta(days=draw.choice([0, 1, 9]), hours=draw.randrange(5))
        start = draw.choice([None, None, desk.now + days(draw.choice([2, 12, 50]))])
        amount = draw.choice(["50", "1500.5", "0", "12345678.01"])
        desk.set_limit(amount, days=draw.choice([1, 5, 20, 60]), starts_at=start, confirmed=True)
        if draw.random() < 0.15:
            desk.reserve("1", life=days(2))
    if draw.random() < 0.1:
        desk.now = BOOKED_AT + days(10)  # its clock is ahead of the job's
        desk.pay("5")
    return desk


@pytest.fixture(autouse=True)
def temporary_limits_for_postpaid(settings):
    settings.CREDIT_TEMPORARY_LIMIT_FOR_POSTPAID = True


def rows_of(wallet):
    own = {"id", "wallet_id", "organization_id", "limit_id"}
    tables = [
        Wallet.objects.filter(pk=wallet.pk),
        CreditLimit.objects.filter(wallet=wallet).order_by("pk"),
        Notice.objects.filter(wallet=wallet).order_by("pk"),
    ]
    told = [[{name: row[name] for name in row.keys() - own} for row in rows.values()] for rows in tables]
    notices = list(Notice.objects.filter(wallet=wallet).order_by("pk").values_list("limit__ends_at", "text"))
    return [*told, notices]


@pytest.mark.parametrize("seed", range(3))
def test_limits_that_ended_are_booked_together_as_they_are_one_by_one(seed):
    ours, twins = ([a_desk_with_limits(f"{seed} {number}") for number in range(60)] for _ in range(2))
    due = limits.due(BOOKED_AT, 1000)
    mine = [desk.wallet.pk for desk in ours if desk.wallet.pk in due]
    assert 20 < len(mine) < 60

    assert limits.book_ended(wallet_pks=mine, by=FINANCE, now=BOOKED_AT) == len(mine)
    with opened([desk.wallet.pk for desk in twins if desk.wallet.pk in due], by=FINANCE, now=BOOKED_AT):
        pass

    for desk, twin in zip(ours, twins, strict=True):
        assert rows_of(desk.wallet) == rows_of(twin.wallet)
    assert limits.due(BOOKED_AT, 1000) == []


def test_a_limit_that_still_runs_is_not_touched():
    desk = Desk(a_wallet(), NOON)
    desk.set_limit("50", days=5)
    before = rows_of(desk.wallet)
    just_before = NOON + days(5) - timedelta(microseconds=1)
    assert limits.book_ended(wallet_pks=[desk.wallet.pk], by=FINANCE, now=just_before) == 0
    assert rows_of(desk.wallet) == before
    assert limits.book_ended(wallet_pks=[desk.wallet.pk], by=FINANCE, now=NOON + days(5)) == 1


def test_how_many_limits_ended_does_not_change_how_many_queries_book_them(django_assert_max_num_queries):
    ours = [Desk(a_wallet(), NOON) for _ in range(50)]
    for desk in ours:
        desk.set_limit("50", days=5)
    with django_assert_max_num_queries(10):
        limits.book_ended(wallet_pks=[desk.wallet.pk for desk in ours], by=FINANCE, now=BOOKED_AT)
    assert Notice.objects.count() == 50
