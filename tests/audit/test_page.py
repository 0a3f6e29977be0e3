"""The audit trail's page: found by customer, person, verb and span; in words with amounts; also as CSV."""

import csv
from datetime import timedelta
from io import StringIO
from re import findall

import pytest
import time_machine
from django.conf import settings
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from credit.actions import alerts, limits, trail
from credit.actors import Actor
from credit.groups import ADMINISTRATOR, MANAGER, OFFICER, VIEWER
from credit.models import Change
from credit.views import change_words
from tests.api.asking import Caller, a_client
from tests.factories import an_organization
from tests.pages.people import SYSTEM, postpaid, prepaid, signed_in, somebody, text

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_verbs_of_another_test():
    cache.clear()


def shown(group=MANAGER, **asked):
    return signed_in(group).get(reverse("audit"), asked)


def listed(answer):
    return [int(pk) for pk in findall(r'id="entry-(\d+)"', answer.content.decode())]


def a_limit(wallet, amount="150", by=SYSTEM, **more):
    more.setdefault("reason_code", "other")
    limits.set_limit(wallet=wallet, amount=amount, by=by, now=timezone.now, **more)
    return Change.objects.latest("pk")


def eva():
    return Actor.person(somebody(MANAGER))


@pytest.mark.parametrize(
    ("group", "status"), [(VIEWER, 403), (OFFICER, 403), (MANAGER, 200), (ADMINISTRATOR, 200)]
)
def test_managers_and_administrators_read_the_trail_and_nobody_else(group, status):
    change = a_limit(prepaid(limit="100"))

    assert shown(group).status_code == status
    assert signed_in(group).get(reverse("audit_entry", args=[change.pk])).status_code == status
    assert signed_in(group).get(reverse("audit_csv")).status_code == status
    assert signed_in(group).get(reverse("seals")).status_code == status


def test_an_entry_reads_as_words_with_amounts():
    wallet = prepaid(limit="100", organization=an_organization("Kovács Bt."))
    a_limit(wallet, "150", by=eva(), reason_code="contract", reason="Signed today")

    page = text(shown())

    assert "Set credit limit" in page and "Kovács Bt." in page and wallet.wallet_id in page
    assert "Permanent limit: 100.00 EUR → 150.00 EUR" in page
    assert "Contract" in page and "“Signed today”" in page
    assert "permanent_limit_micros" not in page and "{" not in page


def test_the_page_of_an_entry_says_everything_about_it():
    change = a_limit(prepaid(limit="100"), by=eva(), reason="Signed today")

    page = text(signed_in(MANAGER).get(reverse("audit_entry", args=[change.pk])))

    for words in (
        "Set credit limit",
        "100.00 EUR",
        "150.00 EUR",
        "finance-manager",
        "Signed today",
        "Not sealed yet",
    ):
        assert words in page


def test_entries_are_found_by_customer():
    one, other = (
        prepaid(organization=an_organization("Kovács")),
        prepaid(organization=an_organization("Other")),
    )
    mine, theirs = a_limit(one), a_limit(other)
    second = a_limit(postpaid(organization=one.organization), "2000")

    for typed in ("kovacs", str(one.organization.uuid)):
        found = listed(shown(q=typed))
        assert {mine.pk, second.pk} <= set(found) and theirs.pk not in found
    assert mine.pk in listed(shown(q=one.wallet_id)) and second.pk not in listed(shown(q=one.wallet_id))
    assert listed(shown(q="nobody at all")) == []


def test_entries_are_found_by_who_did_it():
    wallet = prepaid()
    client, credential = a_client("Billing engine")
    by_person, by_system = a_limit(wallet, "10", by=eva()), a_limit(wallet, "20")
    Caller(credential).post(
        f"wallets/{wallet.wallet_id}/limit", {"amount": "75", "reason_code": "review", "reason": "Yearly"}
    )
    by_client = Change.objects.latest("pk")

    assert listed(shown(who=f"user-{somebody(MANAGER).pk}")) == [by_person.pk]
    assert listed(shown(who=f"client-{client.pk}")) == [by_client.pk]
    assert by_system.pk in listed(shown(who="system")) and by_client.pk not in listed(shown(who="system"))


def test_entries_are_found_by_verb():
    wallet = prepaid()
    change = a_limit(wallet)

    assert listed(shown(verb="set_limit")) == [change.pk]


def test_a_span_is_of_days_on_the_viewers_clock():
    with time_machine.travel("2026-03-14T22:59:59Z", tick=False):  # 23:59:59 in Bratislava
        wallet = prepaid()
        saturday = a_limit(wallet, "10")
    with time_machine.travel("2026-03-14T23:00:00Z", tick=False):
        sunday = a_limit(wallet, "20")

    with time_machine.travel("2026-03-16T12:00:00Z", tick=False):
        assert listed(shown(since="2026-03-14", until="2026-03-14", verb="set_limit")) == [saturday.pk]
        assert listed(shown(since="2026-03-15", verb="set_limit")) == [sunday.pk]


@pytest.mark.parametrize(
    "asked",
    [
        {"who": "user-999999"}, {"verb": "dance"}, {"since": "yesterday"}, {"colour": "red"},
        {"since": "2026-03-02", "until": "2026-03-01"}, {"after": "nonsense"},
        {"since": "0001-01-01"}, {"until": "9999-12-31"},
    ],
)  # fmt: skip
def test_an_address_that_cannot_be_read_lists_nothing(asked):
    a_limit(prepaid())

    answer = shown(**asked)

    assert listed(answer) == [] and "Nothing is listed" in text(answer)


def test_an_unreadable_search_exports_nothing():
    assert signed_in(MANAGER).get(reverse("audit_csv"), {"verb": "dance"}).status_code == 400


def test_pages_follow_each_other_by_place_forwards_and_back(monkeypatch):
    from credit.views import audit

    monkeypatch.setattr(audit, "PAGE", 2)
    now = timezone.now()
    made = [
        trail.of_portal("lock_month", by=SYSTEM, at=now + timedelta(seconds=at), after={"month": str(at)}).pk
        for at in (3, 1, 2, 2, 0)
    ]
    expected = [made[0], made[3], made[2], made[1], made[4]]
    client, seen, address = signed_in(MANAGER), [], reverse("audit") + "?verb=lock_month"
    while address:
        answer = client.get(address)
        seen += listed(answer)
        following = answer.context["next_url"]
        back = answer.context["previous_url"]
        address = following and reverse("audit") + following
    assert seen == expected
    assert listed(client.get(reverse("audit") + back)) == expected[2:4]


def test_everything_found_is_exported_exactly_and_no_cell_is_a_formula():
    wallet = prepaid(limit="100", organization=an_organization("=Cmd Ltd"))
    a_limit(wallet, "150", by=eva(), reason="+signed")

    answer = signed_in(MANAGER).get(reverse("audit_csv"), {"verb": "set_limit"})

    (row,) = csv.DictReader(StringIO(b"".join(answer.streaming_content).decode("utf-8-sig")))
    assert (row["Organization"], row["Reason"]) == ("'=Cmd Ltd", "'+signed")
    assert (row["Before"], row["After"]) == ("Permanent limit: 100.00 EUR", "Permanent limit: 150.00 EUR")
    assert row["Wallet ID"] == wallet.wallet_id and row["At (UTC)"].endswith("Z")


def test_what_concerns_no_customer_stands_in_the_trail_too():
    a_client("Billing engine", ["read", "charge"])

    page = text(shown(verb="create_api_client"))

    assert "Create API client" in page and "Billing engine" in page and "read, charge" in page


def test_the_page_asks_the_database_as_often_for_thirty_entries_as_for_one(django_assert_max_num_queries):
    wallet = prepaid()
    for number in range(1, 55):
        a_limit(wallet, str(number))
    client = signed_in(MANAGER)

    with django_assert_max_num_queries(14):
        answer = client.get(reverse("audit"))

    assert len(listed(answer)) == 30


def test_a_name_that_means_too_many_customers_asks_for_more_of_it(monkeypatch):
    from credit.views import audit_customers

    monkeypatch.setattr(audit_customers, "MOST_CUSTOMERS", 1)
    monkeypatch.setattr(audit_customers, "MOST_WALLETS", 2)
    one = an_organization("Kovács One")
    mine = [a_limit(prepaid(organization=one)).pk for _ in range(3)]
    assert set(mine) <= set(listed(shown(q="kovacs")))

    a_limit(prepaid(organization=an_organization("Kovács Two")))

    assert "More than 1 customers match" in text(shown(q="kovacs"))


def test_what_stayed_the_same_says_what_an_entry_is_about():
    trail.of_portal(
        "set_authority",
        by=SYSTEM,
        at=timezone.now(),
        before={"group": "Finance officer", "currency": "", "largest_amount_micros": 10_000_000_000},
        after={"group": "Finance officer", "currency": "", "largest_amount_micros": 20_000_000_000},
    )

    page = text(shown(verb="set_authority"))

    assert "Group: Finance officer Largest amount: 10000.00 → 20000.00" in page


def test_amounts_that_an_alert_rule_watches_are_amounts_and_not_micros():
    wish = alerts.Wish(amounts=("25", "100.5"))
    alerts.set_rule(wish=wish, currency="EUR", by=eva(), now=timezone.now)

    page = text(shown(verb="set_alert_rule"))

    assert "Usable: 25.00 EUR, 100.50 EUR" in page and "25000000" not in page


def test_what_was_asked_for_and_its_state_are_words():
    told = {"request": 7, "asked_for": "set_limit", "asked_by": "Eva Horváthová"}
    trail.of_portal(
        "withdraw_request",
        by=SYSTEM,
        at=timezone.now(),
        before={"request_state": "open"},
        after={**told, "request_state": "withdrawn"},
    )

    english = text(shown())
    german = text(signed_in(MANAGER).get(reverse("audit"), headers={"accept-language": "de"}))

    assert "Asked for: set credit limit" in english and "waiting → withdrawn" in english
    assert "set_limit" not in german and "withdrawn" not in german


_RECORDED = r'(?:record|_tell|_turn|_changed|of_portal|_set_status|_on_all_wallets)\(\s*(?:[\w.]+, )*"(\w+)"'


def test_every_deed_that_is_recorded_has_words():
    deeds = {
        verb
        for path in (settings.BASE_DIR / "credit" / "actions").rglob("*.py")
        for verb in findall(_RECORDED, path.read_text())
    }

    assert {"set_limit", "hold_back_invoice", "let_go_invoice", "suspend", "pause_webhook"} <= deeds
    assert [deed for deed in sorted(deeds) if deed not in change_words.VERBS] == []
