"""Receivables: what finance reads about who owes, for how long, and who goes on spending."""

import csv
from io import StringIO

import pytest
import time_machine
from django.urls import reverse

from credit.actions import statuses
from credit.groups import OFFICER, VIEWER
from credit.models import Wallet
from tests.pages.people import signed_in, text
from tests.reports.owing import FINANCE, NOW, a_customer, invoiced, spends

pytestmark = pytest.mark.django_db

PAGE, CUSTOMERS = "receivables", "receivables_customers"


@pytest.fixture(autouse=True)
def at_noon():
    with time_machine.travel(NOW, tick=False):
        yield


def shown(name=PAGE, group=OFFICER, **asked):
    return signed_in(group).get(reverse(name), asked)


def listed(answer):
    """Wallet IDs in the order of the rows."""
    from re import findall

    return findall(r'id="row-(W-[\d-]+)"', answer.content.decode())


def rows_of(answer):
    return list(csv.DictReader(StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))


def an_overdue_spender(name, amount="100", days_late=10, currency="EUR"):
    wallet = a_customer(name=name, currency=currency)
    invoiced(wallet, amount, days_late)
    spends(wallet, "7", days_ago=1)
    return wallet


def test_the_list_shows_who_is_overdue_and_spends_the_longest_first():
    recent, long = an_overdue_spender("Recent", days_late=3), an_overdue_spender("Long", days_late=80)
    invoiced(a_customer(name="Quiet"), "100", 300)

    answer = shown()

    assert listed(answer) == [long.wallet_id, recent.wallet_id]
    page = text(answer)
    assert "80 days late" in page
    assert "since 26 Apr 2026" in page
    assert "7.00" in page


def test_all_overdue_are_listed_where_they_are_asked_for():
    quiet = a_customer(name="Quiet")
    invoiced(quiet, "100", 300)

    assert listed(shown()) == []
    assert listed(shown(list="all")) == [quiet.wallet_id]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"currency": "USD"}, ["Dollars"]),
        ({"late": "31"}, ["Long"]),
        ({"late": "8"}, ["Long", "Large", "Dollars"]),
        ({"amount": "1000"}, ["Large"]),
        ({"sort": "amount", "currency": "EUR"}, ["Large", "Long", "Recent"]),
    ],
)
def test_the_list_is_narrowed_by_currency_days_and_amount(asked, found):
    made = [
        an_overdue_spender("Recent", days_late=7, amount="100"),
        an_overdue_spender("Long", days_late=31, amount="200"),
        an_overdue_spender("Large", days_late=30, amount="1000"),
        an_overdue_spender("Dollars", days_late=8, currency="USD"),
    ]
    names = {wallet.wallet_id: wallet.organization.name for wallet in made}

    assert [names[wallet_id] for wallet_id in listed(shown(**asked))] == found


@pytest.mark.parametrize(
    "asked", [{"late": "x"}, {"currency": "EUX"}, {"amount": "-1"}, {"who": "all"}, {"sort": "name"}]
)
@pytest.mark.parametrize("name", [PAGE, CUSTOMERS])
def test_an_address_that_cannot_be_read_lists_nothing(asked, name):
    an_overdue_spender("Somebody")

    answer = shown(name, **asked)

    assert listed(answer) == []
    assert "Nothing is listed" in text(answer)


def test_a_place_that_cannot_be_read_leads_to_the_beginning():
    assert shown(after="nonsense").status_code == 302


@pytest.mark.parametrize("sort", ["late", "amount"])
def test_pages_follow_each_other_by_place(monkeypatch, sort):
    from credit.views import overdue_list

    monkeypatch.setattr(overdue_list.OverdueList.page, "__defaults__", (2, "", ""))
    made = [an_overdue_spender(f"Customer {number}", amount="100", days_late=5) for number in range(5)]
    client = signed_in(OFFICER)
    seen, address = [], f"{reverse(PAGE)}?sort={sort}"
    while address:
        answer = client.get(address)
        seen.append(listed(answer))
        following = answer.context["next_url"]
        address = f"{reverse(PAGE)}{following}" if following else ""

    assert [len(page) for page in seen] == [2, 2, 1]
    assert {wallet_id for page in seen for wallet_id in page} == {wallet.wallet_id for wallet in made}
    assert listed(client.get(f"{reverse(PAGE)}{answer.context['previous_url']}")) == seen[1]


def test_totals_stand_per_currency_and_lead_to_the_customers():
    an_overdue_spender("Euro", amount="100", days_late=40)
    an_overdue_spender("Yen", amount="5000", days_late=3, currency="JPY")

    page = text(shown())

    assert "What is due, by age" in page
    assert "EUR – – 100.00 – – – 100.00 100.00" in page
    assert "JPY – 5,000 – – – – 5,000 5,000" in page


def test_the_customers_of_a_class_are_those_with_an_invoice_of_that_age():
    by_days = {
        days: an_overdue_spender(f"Late {days}", days_late=days)
        for days in (-3, 0, 1, 30, 31, 60, 61, 90, 91)
    }
    found = {
        age: {
            days for days, wallet in by_days.items() if wallet.wallet_id in listed(shown(CUSTOMERS, age=age))
        }
        for age in ("current", "d30", "d60", "d90", "older")
    }

    assert found == {"current": {-3, 0}, "d30": {1, 30}, "d60": {31, 60}, "d90": {61, 90}, "older": {91}}


def test_a_customers_row_adds_up_to_the_amount_due():
    wallet = an_overdue_spender("Adds up", amount="100", days_late=40)
    invoiced(wallet, "30", -29)
    spends(wallet, "5", days_ago=0, kind="hardware")

    page = text(shown(CUSTOMERS))

    assert f"{wallet.wallet_id} 30.00 – 100.00 – – 5.00 135.00 EUR" in page


def test_the_menu_offers_what_the_person_may_do():
    wallet = an_overdue_spender("Menu")
    page = shown().content.decode()
    for name, args in [
        ("add_payment", [wallet.wallet_id]),
        ("suspend_organization", [wallet.organization.uuid]),
    ]:
        assert reverse(name, args=args) in page
    seen = shown(group=VIEWER).content.decode()
    assert reverse("add_payment", args=[wallet.wallet_id]) not in seen
    assert reverse("receivables_csv") not in seen


def test_who_would_be_suspended_next_is_told_with_the_day(settings):
    settings.CREDIT_SUSPEND_AFTER_OVERDUE_DAYS = 30
    an_overdue_spender("Next one", days_late=29)

    page = text(shown())

    assert "Suspended next" in page
    assert "oldest invoice due 16 Jun 2026" in page
    assert "on Fri 17 Jul" in page


def test_without_the_setting_nothing_is_said_of_suspension():
    an_overdue_spender("Somebody", days_late=29)

    assert "Suspended next" not in text(shown())


def test_the_export_has_every_row_and_exact_amounts():
    for number in range(3):
        an_overdue_spender(f"=Customer {number}", amount="100.50", days_late=10)

    rows = rows_of(shown("receivables_csv"))

    assert len(rows) == 3
    assert rows[0]["Organization"].startswith("'=Customer")
    assert (rows[0]["Overdue"], rows[0]["Days late"], rows[0]["Spent in 7 days"]) == ("100.50", "10", "7.00")
    assert shown("receivables_csv", group=VIEWER).status_code == 403


def test_the_export_of_customers_adds_up():
    an_overdue_spender("One", amount="100", days_late=40)
    spends(Wallet.objects.get(), "3.5", days_ago=0, kind="hardware")

    (row,) = rows_of(shown("receivables_customers_csv"))

    assert (row["31–60 days"], row["Not on an invoice"], row["Amount due"]) == ("100.00", "3.50", "103.50")


def test_an_empty_portal_says_that_nothing_is_overdue():
    assert "Nobody who is overdue goes on spending" in text(shown())
    assert "Nothing is due" in text(shown(CUSTOMERS))


def test_a_suspended_customer_is_shown_as_suspended_and_can_be_resumed():
    wallet = an_overdue_spender("Stopped")
    statuses.suspend(organization=wallet.organization, by=FINANCE, now=NOW)

    page = shown().content.decode()

    assert "Suspended" in page
    assert reverse("resume_organization", args=[wallet.organization.uuid]) in page


def test_the_page_asks_a_bounded_number_of_questions(django_assert_max_num_queries):
    client = signed_in(OFFICER)
    for number in range(12):
        an_overdue_spender(f"Customer {number}")
    client.get(reverse(PAGE))
    with django_assert_max_num_queries(14):
        client.get(reverse(PAGE))
    with django_assert_max_num_queries(11):
        client.get(reverse(CUSTOMERS))
