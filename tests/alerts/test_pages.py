"""The pages of alerts: who may see and do what, what they say, and what they cost."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from credit.models import AlertEvent, AlertReader, AlertRule, AlertSend, Webhook
from credit.views import alerts
from tests.alerts.watched import a_rule, a_webhook, watched
from tests.factories import an_organization, micros
from tests.pages.people import HTMX, charge, postpaid, said, send, signed_in, somebody, text

pytestmark = pytest.mark.django_db

VIEWER, OFFICER, MANAGER = "Viewer", "Finance officer", "Finance manager"


@pytest.fixture(autouse=True)
def begun(settings):
    settings.CREDIT_SEND_BY_EMAIL = True
    watched()


def an_alert(name="Tatra Telekom", amount="90"):
    wallet = postpaid(limit="100", organization=an_organization(name))
    charge(wallet, amount)
    watched()
    return AlertEvent.objects.latest("pk")


# --- what happened, and the bell --------------------------------------------------------------------------------------


def test_the_list_says_what_happened_to_whom_with_the_numbers_of_that_instant():
    event = an_alert()
    page = text(signed_in(VIEWER).get(reverse("alerts")))
    for words in (
        "Tatra Telekom",
        event.wallet.wallet_id,
        "90 % of the credit limit is used",
        "Usable 10.00 EUR.",
    ):
        assert words in page
    assert "the portal only" in page


def test_the_bell_counts_what_this_person_has_not_read_and_shows_the_latest():
    an_alert()
    client = signed_in(VIEWER)
    bell = client.get(reverse("alert_bell"))
    assert "1 new alert" in bell.content.decode() and "Tatra Telekom" in text(bell)
    client.post(reverse("alerts"), {"up_to": AlertEvent.objects.latest("pk").pk})
    assert "No new alerts" in client.get(reverse("alert_bell")).content.decode()
    assert "1 new alert" in signed_in(OFFICER).get(reverse("alert_bell")).content.decode()


def test_where_more_is_new_than_the_bell_shows_it_says_how_much():
    for number in range(alerts.IN_THE_BELL + 1):
        an_alert(f"Customer {number}")
    client = signed_in(VIEWER)
    shown = text(client.get(reverse("alert_bell")))
    assert "All alerts, 7 new" in shown and shown.count("Customer") == alerts.IN_THE_BELL
    client.post(reverse("alerts"), {"up_to": AlertEvent.objects.order_by("pk")[1].pk})
    assert "new" not in text(client.get(reverse("alert_bell"))).split("All alerts")[1]


def test_reading_goes_only_forward_and_never_beyond_what_there_is():
    event = an_alert()
    client = signed_in(VIEWER)
    client.post(reverse("alerts"), {"up_to": 10**17})
    client.post(reverse("alerts"), {"up_to": 1})
    client.post(reverse("alerts"), {"up_to": "x"})
    assert AlertReader.objects.get().read_up_to == event.pk


def test_the_bell_of_somebody_who_is_signed_out_stays_as_it_is():
    from django.test import Client

    for name in ("alert_bell", "alert_count"):
        assert Client().get(reverse(name), **HTMX).status_code == 204


def test_every_page_has_the_bell_without_asking_for_alerts_itself():
    page = signed_in(VIEWER).get(reverse("organizations")).content.decode()
    assert f'hx-get="{reverse("alert_bell")}"' in page


def test_the_list_by_kind_and_by_wallet_and_an_empty_one():
    event = an_alert()
    other = an_alert("Blocked Ltd", "100")
    client = signed_in(VIEWER)
    assert "Blocked Ltd" not in text(client.get(reverse("alerts"), {"kind": "percent"}))
    assert "Tatra" not in text(client.get(reverse("alerts"), {"wallet": other.wallet.wallet_id}))
    assert "No alert" in text(client.get(reverse("alerts"), {"kind": "ending"}))
    assert client.get(reverse("alerts"), {"kind": "x"}).status_code == 404
    assert event.kind == "percent"


def test_pages_of_alerts_follow_each_other_without_repeating_one():
    event = an_alert()
    AlertEvent.objects.bulk_create(
        [AlertEvent(wallet=event.wallet, at=event.at, kind="blocked", standing="blocked") for _ in range(60)]
    )
    client = signed_in(VIEWER)
    first = client.get(reverse("alerts"))
    second = client.get(reverse("alerts"), {"before": first.context["earlier"]})
    seen = [row["event"].pk for page in (first, second) for row in page.context["rows"]]
    assert len(seen) == len(set(seen)) == 61


@pytest.mark.parametrize(("name", "queries"), [("alerts", 12), ("alert_sends", 13), ("alert_rules", 10)])
def test_a_page_asks_the_same_few_questions_for_one_row_or_fifty(
    django_assert_max_num_queries, name, queries
):
    wallet = an_alert().wallet
    a_rule(wallet)
    events = AlertEvent.objects.bulk_create(
        [
            AlertEvent(wallet=wallet, at=timezone.now(), kind="blocked", standing="blocked", limit_micros=1)
            for _ in range(49)
        ]
    )
    now = timezone.now()
    AlertSend.objects.bulk_create(
        [AlertSend(event=one, audience="staff", recipient="a@b.example", created_at=now, next_try_at=now)
         for one in events]
    )  # fmt: skip
    client = signed_in(MANAGER)
    with django_assert_max_num_queries(queries):
        assert client.get(reverse(name)).status_code == 200


def test_a_name_with_markup_is_shown_as_it_is_written():
    an_alert("<b>Bold</b> & Co")
    client = signed_in(VIEWER)
    for name in ("alerts", "alert_bell"):
        assert "&lt;b&gt;Bold&lt;/b&gt; &amp; Co" in client.get(reverse(name)).content.decode()


# --- rules ------------------------------------------------------------------------------------------------------------


TYPED = {
    "is_on": "on", "percents": "70, 90 %", "amounts": "50.00; 1,000", "days_ahead": "7 1", "tells_blocked": "on",
    "to_staff": "desk@us.example\nsecond@us.example", "hysteresis_percent": "10", "cooldown_minutes": "30",
}  # fmt: skip


def test_a_wallet_gets_a_rule_of_its_own_and_can_follow_the_default_again():
    wallet = postpaid()
    client = signed_in(OFFICER)
    where = reverse("wallet_alerts", args=[wallet.wallet_id])
    assert "So far the default holds" in text(client.get(where))
    assert "are saved" in said(send(client, where, **TYPED))
    rule = AlertRule.objects.get(wallet=wallet)
    assert (rule.percents, rule.days_ahead, rule.tells_recovered) == ([70, 90], [1, 7], False)
    assert rule.usable_micros == [micros("50"), micros("1000")]
    assert rule.to_staff == ["desk@us.example", "second@us.example"]
    assert 'value="70, 90"' in client.get(where).content.decode()
    assert "70 % used" in text(client.get(reverse("alert_rules")))
    assert "default holds again" in said(send(client, reverse("drop_alert_rule", args=[rule.pk])))
    assert not AlertRule.objects.exists()


def test_a_default_for_all_asks_for_no_amount_and_one_for_a_currency_does():
    client = signed_in(OFFICER)
    assert "At usable credit of" not in text(client.get(reverse("default_alert_rule", args=["all"])))
    assert "At usable credit of" in text(client.get(reverse("default_alert_rule", args=["EUR"])))
    assert client.get(reverse("default_alert_rule", args=["XXQ"])).status_code == 404
    assert client.get(reverse("alert_rules"), {"currency": "czk"}).url.endswith("/CZK/")
    said(send(client, reverse("default_alert_rule", args=["EUR"]), **TYPED))
    assert AlertRule.objects.get(currency="EUR").usable_micros == [micros("50"), micros("1000")]


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("percents", "many", "whole numbers"),
        ("percents", "101", "from 1 to 100"),
        ("amounts", "50.005", "too many decimals"),
        ("amounts", "-1", "negative"),
        ("to_staff", "desk", "no e-mail address"),
        ("cooldown_minutes", "", "required"),
    ],
)
def test_what_cannot_be_watched_is_said_at_its_field_and_nothing_is_saved(field, typed, words):
    answer = send(
        signed_in(OFFICER), reverse("wallet_alerts", args=[postpaid().wallet_id]), **{**TYPED, field: typed}
    )
    assert answer.status_code == 422
    assert words in " ".join(answer.context["form"].errors[field])
    assert not AlertRule.objects.exists()


# --- sent, and dead letters -------------------------------------------------------------------------------------------


def a_dead_letter():
    event = an_alert()
    now = timezone.now()
    return AlertSend.objects.create(
        event=event, audience="staff", recipient="desk@us.example", created_at=now, next_try_at=now, tries=10,
        failed_at=now, error="550 No such user",
    )  # fmt: skip


def test_a_dead_letter_is_counted_shown_with_its_reason_and_sent_again():
    dead = a_dead_letter()
    client = signed_in(OFFICER)
    page = text(client.get(reverse("alert_sends"), {"state": "failed"}))
    assert "550 No such user" in page and "Failed 1" in page
    words = said(send(client, reverse("send_alert_again", args=[dead.pk])))
    assert "on its way to desk@us.example" in words
    dead.refresh_from_db()
    assert dead.failed_at is None and dead.tries == 0


def test_what_a_kill_left_open_is_shown_as_that():
    dead = a_dead_letter()
    AlertSend.objects.filter(pk=dead.pk).update(
        failed_at=None, claimed_at=timezone.now() - timedelta(minutes=6)
    )
    client = signed_in(OFFICER)
    assert "Outcome unknown" in text(client.get(reverse("alert_sends")))
    assert "Nobody knows whether it has left" in text(client.get(reverse("send_alert_again", args=[dead.pk])))


# --- webhooks ---------------------------------------------------------------------------------------------------------


def test_a_webhook_is_created_and_its_secret_shown_once(receiver):
    client = signed_in(MANAGER)
    given = {"name": "Tickets", "url": receiver.url, "kinds": ["blocked", "recovered"]}
    shown = client.post(reverse("new_webhook"), given)
    secret = shown.context["secret"]
    assert secret.startswith("whsec_") and secret in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    page = client.get(reverse("webhooks")).content.decode()
    assert "Tickets" in page and secret not in page
    assert Webhook.objects.get().kinds == ["blocked", "recovered"]


def test_a_private_address_is_refused_at_its_field():
    given = {"name": "Inside", "url": "https://127.0.0.1/x", "kinds": ["blocked"]}
    answer = signed_in(MANAGER).post(reverse("new_webhook"), given)
    assert answer.status_code == 422
    assert "inside a network" in answer.context["form"].errors["url"][0]


def test_testing_pausing_resuming_renewing_and_removing(receiver):
    webhook, secret = a_webhook(receiver.url)
    client = signed_in(MANAGER)

    def do(verb):
        where = reverse(f"{verb}_webhook", args=[webhook.pk])
        assert webhook.name in text(client.get(where))
        return client.post(where)

    assert "has taken it" in said(do("test"))
    receiver.status = 500
    assert "It answered 500" in said(do("test"))
    do("pause")
    assert "Paused" in text(client.get(reverse("webhooks")))
    do("resume")
    assert do("secret").context["secret"] != secret
    assert "the old secret signs until" in text(client.get(reverse("webhooks")))
    do("remove")
    assert "No webhook yet" in text(client.get(reverse("webhooks")))
    assert client.get(reverse("test_webhook", args=[webhook.pk])).status_code == 404


# --- rights -----------------------------------------------------------------------------------------------------------


def test_viewers_see_officers_set_rules_and_managers_keep_webhooks(receiver):
    dead = a_dead_letter()
    webhook, _ = a_webhook(receiver.url)
    wallet = dead.event.wallet.wallet_id
    see = [reverse(name) for name in ("alerts", "alert_sends", "alert_rules")]
    rule = [
        reverse("wallet_alerts", args=[wallet]),
        reverse("default_alert_rule", args=["all"]),
        reverse("send_alert_again", args=[dead.pk]),
    ]
    hooks = [reverse("webhooks"), reverse("new_webhook"), reverse("secret_webhook", args=[webhook.pk])]
    allowed = {VIEWER: see, OFFICER: [*see, *rule], MANAGER: [*see, *rule, *hooks]}
    for group, mine in allowed.items():
        client = signed_in(group)
        for where in [*see, *rule, *hooks]:
            assert client.get(where).status_code == (200 if where in mine else 403), (group, where)
    assert somebody(VIEWER).has_perm("credit.view_alertevent")
