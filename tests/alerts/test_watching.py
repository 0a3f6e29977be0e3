"""From a charge, a payment, a limit or the clock to an alert: what changed is found, and looked at by the one rule."""

from datetime import timedelta

import pytest
from django.utils import timezone

from credit import tasks
from credit.actions import alerts, limits, payments, reservations, statuses
from credit.actions.refusals import BadInput, Refused
from credit.actors import Actor
from credit.alerts import feeds
from credit.models import AlertEvent, AlertFeed, AlertPace, AlertSend, AlertWatch, Change, JobRun
from tests.alerts.watched import a_rule, told, watched
from tests.factories import micros
from tests.pages.people import SYSTEM, ago, charge, postpaid, prepaid

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def begun():
    """The watch has begun, before anything that the test does."""
    assert watched() == 0


def pay(wallet, amount):
    payments.record_payment(wallet=wallet, amount=amount, by=SYSTEM, now=timezone.now())


def test_a_charge_that_takes_a_wallet_to_its_threshold_is_told_once():
    wallet = postpaid(limit="100")
    charge(wallet, "79.99")
    assert watched() == 0
    charge(wallet, "0.01")
    assert watched() == 1
    assert watched() == 0
    event = AlertEvent.objects.get()
    assert (event.kind, event.threshold, event.used_percent) == ("percent", 80, 80)
    assert (event.usable_micros, event.limit_micros) == (micros("20"), micros("100"))


def test_blocked_then_paid_is_told_as_blocked_and_as_recovered():
    wallet = prepaid(limit="100", paid="50")
    watched()
    charge(wallet, "150")
    watched()
    assert told() == ["blocked"]
    assert AlertWatch.objects.get(wallet=wallet).blocked_since is not None
    pay(wallet, "150")
    watched()
    assert told() == ["blocked", "recovered"]
    assert not AlertWatch.objects.filter(blocked_since__isnull=False).exists()


def test_a_hold_counts_like_a_charge():
    wallet = postpaid(limit="100")
    reservations.reserve(wallet=wallet, amount="85", reference="call-1", by=SYSTEM, now=timezone.now())
    assert watched() == 1


def test_a_lower_limit_is_looked_at():
    wallet = postpaid(limit="1000")
    charge(wallet, "90")
    assert watched() == 0
    limits.set_limit(wallet=wallet, amount="100", by=SYSTEM, now=timezone.now())
    assert watched() == 1


def test_suspending_an_organization_is_told_of_all_its_wallets():
    first = postpaid(limit="100")
    postpaid(limit="100", organization=first.organization)
    charge(first, "1")
    watched()
    statuses.suspend(organization=first.organization, reason="unpaid", by=SYSTEM, now=timezone.now())
    watched()
    assert set(told()) == {"blocked"}


def test_a_new_wallet_into_which_nothing_was_paid_is_no_alert_but_running_dry_is():
    wallet = prepaid(paid="")
    assert watched() == 0
    pay(wallet, "10")
    assert watched() == 0
    charge(wallet, "10")
    watched()
    assert told() == ["blocked"]


def test_the_clock_alone_raises_what_is_about_to_end_without_any_other_job(time_machine):
    a_rule(days_ahead=(3,))
    watched()
    wallet = prepaid(limit="10", paid="5")
    now = timezone.now()
    limits.set_limit(wallet=wallet, amount="100", days=10, by=SYSTEM, now=now)
    charge(wallet, "50")
    assert watched() == 0
    time_machine.move_to(now + timedelta(days=7, minutes=61))  # clocks may have changed in between
    assert watched() == 1
    event = AlertEvent.objects.get()
    assert (event.kind, event.threshold, event.falls_back_to_micros) == ("ending", 3, micros("10"))
    time_machine.move_to(now + timedelta(days=10, minutes=61))
    watched()
    assert told() == ["ending", "blocked"]


def test_what_was_so_before_the_watch_began_is_latched_and_not_told():
    AlertFeed.objects.all().delete()
    wallet = postpaid(limit="100")
    charge(wallet, "95")
    assert watched() == 0
    assert AlertWatch.objects.get(wallet=wallet).latches["percent:80"]["is_quiet"]
    charge(wallet, "5")
    watched()
    assert told() == ["blocked"]


def test_a_new_default_does_not_tell_everybody_about_the_past():
    wallet = postpaid(limit="100")
    charge(wallet, "60")
    watched()
    a_rule(percents=(50,))
    assert watched() == 0
    charge(wallet, "1")
    assert watched() == 0


def test_a_wallets_own_rule_is_looked_at_at_once():
    wallet = postpaid(limit="100")
    charge(wallet, "60")
    watched()
    a_rule(wallet, percents=(50,))
    watched()
    assert told() == ["percent"]


def test_a_wallets_own_rule_goes_before_that_of_its_currency_and_that_before_the_one_for_all():
    mine, euro, crown = (postpaid(limit="100"), postpaid(limit="100"), postpaid(limit="100", currency="CZK"))
    a_rule(percents=(90,))
    alerts.set_rule(wish=alerts.Wish(percents=(70,)), currency="EUR", by=SYSTEM, now=timezone.now)
    a_rule(mine, percents=(50,))
    watched()
    for wallet in (mine, euro, crown):
        charge(wallet, "95")
    watched()
    seen = {event.wallet_id: event.threshold for event in AlertEvent.objects.all()}
    assert seen == {mine.pk: 50, euro.pk: 70, crown.pk: 90}


def test_a_wallet_may_be_left_out_of_all_alerts():
    wallet = postpaid(limit="100")
    a_rule(wallet, is_on=False)
    charge(wallet, "100")
    assert watched() == 0


def test_nothing_is_told_twice_though_what_was_read_is_read_again():
    wallet = postpaid(limit="100")
    charge(wallet, "90")
    for _ in range(4):
        watched()
    AlertFeed.objects.update(done_pk=0, safe_pk=0)
    watched()
    assert told() == ["percent"]


def test_a_row_that_was_committed_after_a_later_one_is_not_overlooked(time_machine):
    """The place in a table only moves on to what was its end half a minute ago."""
    wallet = postpaid(limit="100")
    charge(wallet, "10")
    watched()
    lines = AlertFeed.objects.get(name="lines")
    assert lines.done_pk == 0
    time_machine.move_to(timezone.now() + feeds.LONGEST_TRANSACTION)
    watched()
    time_machine.move_to(timezone.now() + feeds.LONGEST_TRANSACTION)
    watched()
    lines.refresh_from_db()
    assert lines.done_pk > 0


def test_a_daily_round_finds_what_no_table_told_of(time_machine):
    # In the middle of a month: a day on from its last one, the limit is fresh and nobody is blocked.
    time_machine.move_to((timezone.now() + timedelta(days=31)).replace(day=14))
    wallet = postpaid(limit="100")
    charge(wallet, "10")
    watched()
    type(wallet).objects.filter(pk=wallet.pk).update(permanent_limit_micros=micros("10"))
    AlertFeed.objects.update(done_pk=10**9)
    assert watched() == 0
    time_machine.move_to(timezone.now() + timedelta(hours=25))
    watched()
    assert told() == ["blocked"]


def test_while_one_worker_watches_another_does_nothing():
    charge(postpaid(limit="100"), "90")
    AlertPace.objects.update(leased_until=timezone.now() + timedelta(seconds=30))
    assert watched() == 0
    AlertPace.objects.update(leased_until=ago(seconds=1))
    assert watched() == 1


def test_the_job_says_what_it_did():
    charge(postpaid(limit="100"), "90")
    assert tasks.watch_wallets()["alerts"] == 1
    assert JobRun.objects.filter(name="Watch wallets", error="").exists()


def test_a_look_at_many_wallets_that_finds_nothing_asks_five_times_and_writes_nothing(
    django_assert_num_queries,
):
    from credit.alerts.looking import look_at

    pks = [postpaid(limit="100").pk for _ in range(5)]
    with django_assert_num_queries(5):
        assert look_at(pks, now=timezone.now) == {"wallets": 5, "alerts": 0}


# --- who is told ------------------------------------------------------------------------------------------------------


def test_it_goes_to_the_customers_address_for_bills_and_to_finance_each_once(settings):
    settings.CREDIT_SEND_BY_EMAIL = True
    wallet = postpaid(limit="100")
    wallet.organization.billing_email = "bills@tatra.example"
    wallet.organization.save()
    a_rule(wallet, to_customer=True, to_staff=["desk@us.example", "DESK@us.example", "bills@tatra.example"])
    charge(wallet, "90")
    watched()
    seen = [(send.audience, send.recipient) for send in AlertSend.objects.order_by("pk")]
    assert seen == [("customer", "bills@tatra.example"), ("staff", "desk@us.example")]


def test_a_portal_that_sends_no_mail_tells_in_the_portal_only(settings):
    settings.CREDIT_SEND_BY_EMAIL = False
    wallet = postpaid(limit="100")
    a_rule(wallet, to_staff=["desk@us.example"])
    charge(wallet, "90")
    assert watched() == 1
    assert not AlertSend.objects.exists()


# --- rules ------------------------------------------------------------------------------------------------------------


def test_setting_and_dropping_a_rule_is_kept_in_the_audit_trail():
    wallet = postpaid(limit="100")
    rule = a_rule(wallet, percents=(90, 50))
    alerts.drop_rule(rule=rule, by=SYSTEM, now=timezone.now)
    kept = Change.objects.filter(wallet=wallet, verb__contains="alert_rule").order_by("pk")
    assert [(change.verb, change.after.get("percents")) for change in kept] == [
        ("set_alert_rule", [50, 90]),
        ("drop_alert_rule", None),
    ]


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"percents": (0,)}, "percents"),
        ({"percents": (101,)}, "percents"),
        ({"percents": (1, 2, 3, 4, 5, 6)}, "percents"),
        ({"days_ahead": (61,)}, "days_ahead"),
        ({"amounts": ("0",)}, "amounts"),
        ({"amounts": ("1.005",)}, "amounts"),
        ({"to_staff": ["desk"]}, "to_staff"),
        ({"hysteresis_percent": 51}, "hysteresis_percent"),
        ({"cooldown_minutes": -1}, "cooldown_minutes"),
    ],
)
def test_what_cannot_be_watched_names_its_field(wish, field):
    with pytest.raises(BadInput) as refused:
        a_rule(postpaid(), **wish)
    assert refused.value.field == field


def test_an_amount_for_every_currency_is_refused():
    with pytest.raises(BadInput, match="need a currency"):
        a_rule(amounts=("50",))


def test_setting_a_rule_needs_the_right():
    nobody = Actor.client("Somebody", frozenset())
    with pytest.raises(Refused, match="may not set alert rules"):
        alerts.set_rule(wish=alerts.Wish(), by=nobody, now=timezone.now)
