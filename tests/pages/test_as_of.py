"""As of a past instant: what the customer could spend then, and the events that made it so."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from credit import past
from credit.actions import limits
from credit.display import as_link, to_the_second
from credit.groups import OFFICER, VIEWER
from credit.models import CreditLimit, Decline, Transaction, Wallet
from tests.pages.people import SYSTEM, ago, charge, close, postpaid, prepaid, signed_in, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def viewer():
    return signed_in(VIEWER)


def as_of(client, wallet, instant, status=200):
    typed = instant if isinstance(instant, str) else as_link(instant)
    address = reverse("organization", args=[wallet.organization.uuid])
    answer = client.get(address, {"wallet": wallet.wallet_id, "as_of": typed})
    assert answer.status_code == status
    return text(answer)


def test_a_past_instant_shows_limit_and_usable_as_they_were(viewer):
    wallet = prepaid(limit="100", paid="10")
    limits.set_limit(wallet=wallet, amount="300", reason_code="other", by=SYSTEM, now=ago(days=3))
    charge(wallet, "150", now=ago(days=2))
    words = as_of(viewer, wallet, ago(days=5))
    assert "This is the past" in words
    assert "Usable then 110.00 EUR" in words
    assert "Usable then 310.00 EUR" in as_of(viewer, wallet, ago(days=2, hours=12))
    assert "Usable then 160.00 EUR" in as_of(viewer, wallet, ago(days=1))


def test_nothing_can_be_changed_in_the_past():
    officer, wallet = signed_in(OFFICER), prepaid(limit="100")
    address = reverse("organization", args=[wallet.organization.uuid])
    shown = officer.get(address, {"wallet": wallet.wallet_id, "as_of": as_link(ago(days=1))}).content.decode()
    assert reverse("set_limit", args=[wallet.wallet_id]) not in shown
    assert reverse("add_payment", args=[wallet.wallet_id]) not in shown


def test_the_events_stand_around_the_instant_newest_first(viewer):
    wallet, instant = prepaid(limit="100", paid="10"), ago(days=2)
    charge(wallet, "5", now=ago(days=4))
    limits.set_limit(wallet=wallet, amount="300", reason_code="other", by=SYSTEM, now=ago(days=3))
    charge(wallet, "7", now=ago(days=1))
    told = as_of(viewer, wallet, instant).partition("What made it so")[2]
    after, _, before = told.partition(to_the_second(instant, wallet.time_zone))
    assert "−7.00" in after
    assert "−7.00" not in before
    places = [before.index(part) for part in ("Permanent limit: 300.00 EUR", "−5.00", "Payment")]
    assert places == sorted(places)


def test_an_event_leads_to_how_it_stood_right_after_it(viewer):
    wallet = prepaid(limit=None, paid="100")
    charge(wallet, "30", now=ago(days=1))
    line = Transaction.objects.get(wallet=wallet, amount_micros__lt=0)
    assert "Usable then 70.00 EUR" in as_of(viewer, wallet, line.posted_at)
    assert "Usable then 100.00 EUR" in as_of(viewer, wallet, line.posted_at - timedelta(microseconds=1))
    address = reverse("organization", args=[wallet.organization.uuid])
    html = viewer.get(address, {"wallet": wallet.wallet_id, "as_of": ""}).content.decode()
    assert f"as_of={as_link(line.posted_at)}" in html


def test_a_decline_is_seen_beside_what_was_usable(viewer):
    wallet = prepaid(limit=None, paid="10")
    charge(wallet, "25", now=ago(days=1))
    decline = Decline.objects.get(wallet=wallet)
    words = as_of(viewer, wallet, decline.at)
    assert "Usable then 10.00 EUR" in words
    assert "Declined: " in words
    assert "25.00 EUR" in words


def test_a_temporary_limit_that_nobody_has_booked_away_has_ended_by_the_clock(viewer):
    wallet = prepaid(limit="100", paid="10")
    limits.set_limit(
        wallet=wallet, amount="500", ends_at=ago(days=2), reason_code="other", by=SYSTEM, now=ago(days=4)
    )
    assert CreditLimit.objects.filter(wallet=wallet, ended_at=None, slot="temporary").exists()
    assert "Usable then 510.00 EUR" in as_of(viewer, wallet, ago(days=3))
    words = as_of(viewer, wallet, ago(days=1))
    assert "Usable then 110.00 EUR" in words
    assert "Temporary limit: 500.00 EUR, expired" in words


def test_postpaid_unbilled_of_a_month_that_is_closed_now(viewer):
    wallet = postpaid(limit="1000", days=70)
    charge(wallet, "500", now=ago(days=65))
    close(wallet)
    words = as_of(viewer, wallet, ago(days=64, hours=23))
    assert "Unbilled 500.00" in words
    assert "Usable then 500.00 EUR" in words
    assert "The period ended" in as_of(viewer, wallet, ago(days=30))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("tomorrow", "not readable"),
        ("2999-01-01T00:00", "not readable"),
        ("2026-13-45T00:00:00.000000Z", "not readable"),
        ("0001-01-01T00:00:00.000000Z", "not readable"),
        ("9999-12-31T23:59:59.999999Z", "not readable"),
        ("2001-01-01T00:00:00.000000Z", "was created"),
    ],
)
def test_an_instant_that_cannot_be_shown_says_why_and_keeps_what_was_typed(viewer, typed, said):
    wallet = prepaid()
    assert said in as_of(viewer, wallet, typed, status=422)


def test_the_future_is_refused_with_where_to_look(viewer):
    wallet = prepaid()
    said = as_of(viewer, wallet, timezone.now() + timedelta(hours=1), status=422)
    assert "That is in the future" in said


def test_it_asks_a_bounded_number_of_questions(viewer, django_assert_max_num_queries):
    wallet = prepaid(limit="100", paid="10")
    for _ in range(40):
        charge(wallet, "0.10", now=ago(days=1))
    row = Wallet.objects.get(pk=wallet.pk)
    with django_assert_max_num_queries(26):
        as_of(viewer, row, ago(hours=1))


@pytest.mark.parametrize("looked_up", [1, 3, 32])
def test_the_last_line_posted_by_an_instant_is_found_however_many_are_looked_up_at_once(
    looked_up, monkeypatch
):
    monkeypatch.setattr(past, "_LOOKED_UP", looked_up)
    wallet = prepaid(limit="100", paid="10")
    for minutes in (50, 40, 40, 40, 30, 20, 20, 10):
        charge(wallet, "0.10", now=ago(minutes=minutes))
    wallet = Wallet.objects.get(pk=wallet.pk)
    lines = list(Transaction.objects.filter(wallet=wallet).values_list("sequence", "posted_at"))
    for _, at in lines:
        for instant in (at - timedelta(microseconds=1), at, at + timedelta(microseconds=1)):
            posted = [sequence for sequence, posted_at in lines if posted_at <= instant]
            assert past.last_sequence_by(wallet, instant) == max(posted, default=0)
