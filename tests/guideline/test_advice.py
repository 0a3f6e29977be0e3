"""The guideline beside the form: from the wallet's own history, by mode and scheme."""

from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from credit.actions import charges, closes, payments, wallets
from credit.actors import Actor
from credit.groups import MANAGER, OFFICER
from credit.guideline import advice
from credit.models import Wallet
from credit.money import to_decimal
from credit.views import guideline
from tests.factories import an_organization, micros
from tests.pages.people import signed_in

pytestmark = pytest.mark.django_db
BY = Actor.system("Tests")
ZONE = ZoneInfo("Europe/Bratislava")


def at(month, day=1, hour=12):
    return datetime(2026, month, day, hour, tzinfo=ZONE)


def opened(mode, now, **details):
    organization = an_organization(time_zone="Europe/Bratislava")
    return wallets.create_wallet(
        organization=organization, currency="EUR", mode=mode, by=BY, now=now, **details
    )


def charge(wallet, amount, now, kind="call"):
    charges.charge(wallet=wallet, key=f"{now} {kind} {amount}", amount=amount, kind=kind, by=BY, now=now)


def pay(wallet, amount, now):
    payments.record_payment(wallet=wallet, amount=amount, by=BY, now=now)


def close(wallet, now):
    closes.close(wallet_pks=[wallet.pk], by=BY, now=now)


def advised(wallet, now, days=None):
    return advice.for_wallet(Wallet.objects.at(now).get(pk=wallet.pk), now, days)


@pytest.fixture
def consolidated():
    """Opened in mid-March; 100 a month, 10 of it a subscription; June begins."""
    wallet = opened("postpaid", at(2, 14), scheme="consolidated", limit="1000")
    for month in (2, 3, 4, 5):
        charge(wallet, "90.004", at(month, 20))
        charge(wallet, "10", at(month, 21), kind="subscription")
        close(wallet, at(month + 1, 1, 3))
    return wallet


def test_a_consolidated_wallet_is_judged_by_its_whole_months(consolidated):
    found = advised(consolidated, at(6, 2))
    assert [(span.label, span.micros) for span in found.history.spans] == [
        ("Mar", 100_004_000),
        ("Apr", 100_004_000),
        ("May", 100_004_000),
    ]
    assert found.micros == 110_000_000  # 105.0042, rounded up to what a person would say
    assert "the running month" in found.history.leaves_out


def test_an_individual_wallet_is_judged_by_its_usage_alone():
    wallet = opened("postpaid", at(2), scheme="individual", limit="1000")
    for month in (2, 3, 4):
        charge(wallet, "50", at(month, 20))
        charge(wallet, "400", at(month, 21), kind="hardware")
        close(wallet, at(month + 1, 1, 3))
    found = advised(wallet, at(5, 2))
    assert [span.micros for span in found.history.spans] == [50_000_000] * 2  # February began at noon
    assert found.micros is None
    close(wallet, at(5, 1, 4))
    charge(wallet, "50", at(5, 20))
    close(wallet, at(6, 1, 3))
    assert advised(wallet, at(6, 2)).micros == 53_000_000


def test_a_temporary_limit_covers_the_days_on_top_of_what_is_used():
    wallet = opened("prepaid", at(1), limit="500")
    for day in range(1, 29):
        charge(wallet, "10", at(4, day))
    now = at(4, 28, 13)
    found = advised(wallet, now, days=7)
    assert [span.micros for span in found.history.spans] == [
        0,
        0,
        70_000_000,
        70_000_000,
        70_000_000,
        70_000_000,
    ]
    assert found.used_micros == 280_000_000
    step = 70_000_000 // 5
    needed = 280_000_000 + 70_000_000 * 105 // 100 + 2 * step
    assert needed <= found.micros <= needed + 10_000_000


def test_the_customers_own_money_comes_before_any_limit():
    wallet = opened("prepaid", at(1))
    pay(wallet, "1000", at(1, 2))
    for day in range(1, 29):
        charge(wallet, "1", at(4, day))
    assert advised(wallet, at(4, 28, 13), days=7).micros == 0


def test_a_permanent_prepaid_limit_lasts_until_the_usual_top_up():
    wallet = opened("prepaid", at(1), limit="100")
    for day in range(1, 29):
        if day in (2, 12, 22):
            pay(wallet, "200", at(4, day, 11))
        charge(wallet, "5", at(4, day))
    found = advised(wallet, at(4, 28, 13))
    assert found.history.covers == "the charges of 10 days"
    assert found.history.spans[-1].micros == 50_000_000


def test_too_little_history_is_said(consolidated):
    new = opened("postpaid", at(5, 20), scheme="consolidated", limit="10")
    assert advised(new, at(6, 2)).micros is None
    assert "this wallet has 0" in advised(new, at(6, 2)).missing
    prepaid = opened("prepaid", at(5, 20))
    assert "three payments" in advised(prepaid, at(6, 2)).missing


def test_the_panel_shows_the_guideline_and_follows_the_days(consolidated, django_assert_max_num_queries):
    client = signed_in(OFFICER)
    page = client.get(reverse("set_limit", args=[consolidated.wallet_id])).content.decode()
    assert "Guideline" in page
    wallet = opened("prepaid", datetime.now(ZONE) - timedelta(days=90), limit="500")
    for days_ago in range(40, 0, -1):
        charge(wallet, "10", datetime.now(ZONE) - timedelta(days=days_ago))
    address = reverse("preview_limit", args=[wallet.wallet_id])
    with django_assert_max_num_queries(30):
        shown = client.post(address, {"amount": "600", "days": "7", "limit_is": "amount"}).content.decode()
    assert 'data-for="id_amount"' in shown
    assert "the charges of 7 days" in shown
    assert "400.00 used now" in shown
    ends_at = f"{timezone.now() + timedelta(days=6, hours=12):%Y-%m-%dT%H:%M}"
    until = client.post(address, {"amount": "600", "ends_at": ends_at, "limit_is": "amount"}).content.decode()
    assert "the charges of 7 days" in until, "an exact end is so many days too"


def test_how_far_a_typed_amount_goes_beyond_the_guideline_is_said(consolidated):
    client = signed_in(OFFICER)
    address = reverse("preview_limit", args=[consolidated.wallet_id])
    figure = to_decimal(advised(consolidated, timezone.now()).micros)

    def shown(amount):
        return client.post(address, {"amount": str(amount), "limit_is": "amount"}).content.decode()

    assert "What is typed is 0.50 EUR above it." in shown(figure + Decimal("0.50"))
    for amount in (figure, figure - 1, "", "ten", "1e99"):
        assert "above it" not in shown(amount)


def test_the_running_month_is_a_dashed_bar_beside_those_that_the_figure_rests_on(consolidated):
    now = datetime.now(ZONE)
    charge(consolidated, "60", now)
    page = signed_in(OFFICER).get(reverse("set_limit", args=[consolidated.wallet_id])).content.decode()
    assert (page.count('class="p-bar"'), page.count('class="p-bar-open"')) == (3, 1)
    assert f">{now:%b}*</text>" in page and f"{now:%b} so far 60.00" in page and "* So far." in page


def test_a_prepaid_wallet_has_no_running_month():
    wallet = opened("prepaid", datetime.now(ZONE) - timedelta(days=200), limit="500")
    for days_ago in range(190, 0, -10):
        pay(wallet, "10", datetime.now(ZONE) - timedelta(days=days_ago))
        charge(wallet, "10", datetime.now(ZONE) - timedelta(days=days_ago))
    page = signed_in(OFFICER).get(reverse("set_limit", args=[wallet.wallet_id])).content.decode()
    assert 'class="p-bar"' in page and "p-bar-open" not in page and "So far." not in page


def test_a_month_that_has_ended_but_is_not_booked_is_left_out(consolidated):
    charge(consolidated, "900", at(6, 20))
    assert [span.label for span in advised(consolidated, at(7, 2)).history.spans] == ["Mar", "Apr", "May"]


def test_the_guideline_is_there_for_everybody_who_sets_limits(consolidated):
    page = signed_in(MANAGER).get(reverse("set_limit", args=[consolidated.wallet_id])).content.decode()
    assert "Use 110.00" in page or "Use 110" in page


@pytest.mark.parametrize(
    ("amount", "under_the_bar"),
    [
        ("0", "0"), ("0.4", "<1"), ("1", "1"), ("9.94", "9.9"), ("9.96", "10"), ("19.85", "20"), ("62.5", "63"),
        ("599.65", "600"), ("999.4", "999"), ("999.6", "1k"), ("1540", "1.5k"), ("1550", "1.6k"), ("23400", "23k"),
        ("950000", "950k"), ("999500", "1M"), ("4100000", "4.1M"), ("7000000000", "7G"),
    ],
)  # fmt: skip
def test_the_figure_under_a_bar_is_rounded_and_short(amount, under_the_bar):
    assert guideline._compact(micros(amount)) == under_the_bar
