"""The plot of limit against use: its numbers against hand-made sums, its shapes against what they stand for."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from credit import daily_use, plots
from credit.models import Transaction, Wallet
from tests.factories import MARCH, an_organization, micros
from tests.pages.people import charge, fresh, postpaid, prepaid

pytestmark = pytest.mark.django_db


def by_hand(wallet, zone):
    """What each local day ends at, from the lines one by one."""
    ends = {}
    for line in Transaction.objects.filter(wallet=wallet).order_by("sequence"):
        day = line.posted_at.astimezone(ZoneInfo(zone)).date()
        ends[day] = max(0, -line.current_balance_after_micros)
    return ends


@pytest.mark.parametrize(
    "zone", ["UTC", "Europe/Bratislava", "Asia/Kolkata", "America/New_York", "Australia/Lord_Howe"]
)
def test_debt_per_day_is_what_the_lines_add_up_to_in_the_customers_zone(zone):
    organization = an_organization(time_zone=zone)
    wallet = prepaid(organization=organization, limit="5000", paid=None)
    start = datetime(2026, 10, 20, 0, 10, tzinfo=UTC)
    Wallet.objects.filter(pk=wallet.pk).update(created_at=start, latest_at=start)
    for number in range(40):
        charge(fresh(wallet), "1.25", now=start + timedelta(hours=number * 13))
    now = start + timedelta(hours=40 * 13)
    at = Wallet.objects.at(now).get(pk=wallet.pk)
    (line,) = daily_use.read(at, start, now)
    expected = by_hand(wallet, zone)
    for point in line[1:-1]:
        day = (point.at - timedelta(microseconds=1)).astimezone(ZoneInfo(zone)).date()
        known = [value for one, value in sorted(expected.items()) if one <= day]
        assert point.micros == (known[-1] if known else 0), point
    assert line[-1] == daily_use.Point(now, micros("50"))


def test_unbilled_use_starts_from_zero_every_month():
    wallet = postpaid(days=1)
    Wallet.objects.filter(pk=wallet.pk).update(
        period_starts_at=MARCH,
        period_ends_at=datetime(2026, 4, 1, tzinfo=UTC),
        latest_at=MARCH,
        created_at=MARCH,
    )
    for day in (2, 20, 35, 50, 70):
        charge(fresh(wallet), "10", now=MARCH + timedelta(days=day))
    now = MARCH + timedelta(days=71)
    march, april, may = daily_use.read(Wallet.objects.at(now).get(pk=wallet.pk), MARCH, now)
    assert [line[0].micros for line in (march, april, may)] == [0, 0, 0]
    assert [line[-1].micros for line in (march, april, may)] == [micros("20"), micros("20"), micros("10")]


def facts(**changes):
    start = datetime(2026, 9, 1, tzinfo=UTC)
    now = start + timedelta(days=80)
    use = [[daily_use.Point(start, 0), daily_use.Point(now, micros("900"))]]
    held = plots.Span(start - timedelta(days=9), None, micros("1000"))
    raised = plots.Span(now - timedelta(days=2), now + timedelta(days=5), micros("1500"))
    given = {
        "use": use,
        "permanent": [held],
        "temporary": [raised],
        "declines": [(now - timedelta(days=3), 3)],
        "since": start,
        "now": now,
        "until": now + timedelta(days=8),
        "zone": "UTC",
        "use_words": "Unbilled use",
    }
    return plots.Facts(**{**given, **changes})


def test_a_temporary_limit_is_drawn_into_the_future():
    sheet = plots.draw(facts(), 800, 270)
    (path,) = sheet.temporary
    right = float(path.split("H")[1].split("V")[0])
    assert right > sheet.now_x
    assert [label.words for label in sheet.labels if label.look == "lbl-t halo"] == ["1,500 temporary"]


def test_declines_are_rings_with_their_number():
    sheet = plots.draw(facts(), 800, 270)
    assert len(sheet.rings) == 1
    assert "3 declined" in [label.words for label in sheet.labels]


def test_an_unlimited_wallet_has_no_line_for_a_limit():
    held = plots.Span(datetime(2026, 1, 1, tzinfo=UTC), None, None)
    sheet = plots.draw(facts(permanent=[held], temporary=[]), 800, 270)
    assert sheet.limits == []


@pytest.mark.parametrize("highest", ["0.000001", "0.5", "99.99", "1000", "999999999999"])
def test_the_scale_has_a_few_round_steps_for_any_amount(highest):
    line = [
        [
            daily_use.Point(datetime(2026, 9, 1, tzinfo=UTC), 0),
            daily_use.Point(datetime(2026, 9, 9, tzinfo=UTC), micros(highest)),
        ]
    ]
    sheet = plots.draw(facts(use=line, permanent=[], temporary=[], declines=[]), 360, 240)
    assert 2 <= len(sheet.grid) <= 7
    assert all(lower[0] > upper[0] for lower, upper in pairwise(sheet.grid))
