"""The exposure page: figures per currency and state that add up, their age, and downloads."""

import csv
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from credit.actions import exposures
from credit.models import Exposure
from credit.reports import exposure
from tests.factories import a_wallet, micros
from tests.pages.people import ago, signed_in, text

pytestmark = pytest.mark.django_db


def page(query="", group="Viewer"):
    return signed_in(group).get(reverse("exposure") + query)


def downloaded(name):
    answer = signed_in("Finance officer").get(reverse(name))
    body = b"".join(answer.streaming_content).decode().removeprefix("\ufeff")
    return list(csv.DictReader(StringIO(body)))


def some_wallets():
    a_wallet(permanent_limit="1000", balance="-250.000001")
    a_wallet(limit_unlimited=True, balance="-70")
    month = {"period_starts_at": ago(days=9), "period_ends_at": ago(days=-9)}
    a_wallet(mode="postpaid", permanent_limit="400", unbilled="390", balance="-12", **month)
    a_wallet(currency="JPY", permanent_limit="5000")
    exposures.take(now=timezone.now())


def test_each_block_of_states_adds_up_to_the_figures_of_the_currency():
    some_wallets()
    answer = page("?currency=EUR")
    chosen = answer.context["chosen"]
    assert (chosen.limits_micros, chosen.due_micros) == (micros("1400"), micros("12"))
    assert chosen.used_micros == micros("250.000001") + micros("70") + micros("390")
    names = ("wallets", "limits_micros", "used_micros", "unbilled_micros", "due_micros")
    for _title, parts in answer.context["groups"]:
        for name in names:
            assert sum(getattr(part, name) for part in parts) == getattr(chosen, name)


def test_the_share_leaves_out_what_no_limit_bounds():
    some_wallets()
    assert "45 %" in text(page("?currency=EUR")).replace("\u202f", " ")  # 640 of 1,400
    assert "70.00 used" in text(page())


def test_a_state_leads_to_the_list_of_as_many_wallets():
    a_wallet(permanent_limit="7", closed_at=ago(days=1))
    a_wallet(permanent_limit="7", organization_status="suspended")
    some_wallets()
    client = signed_in("Viewer")
    for _title, parts in client.get(reverse("exposure") + "?currency=EUR").context["groups"]:
        for part in (part for part in parts if part.query):
            listed = client.get(reverse("organizations") + part.query)
            assert len(listed.context["rows"]) == part.wallets, part.words


def test_the_page_says_when_it_was_counted_and_that_it_is_late(monkeypatch):
    monkeypatch.setattr(exposure, "FEW", 0)
    a_wallet(permanent_limit="1000")
    exposures.take(now=timezone.now() - timedelta(minutes=20))
    words = text(page())
    assert "20 minutes ago" in words.replace("\xa0", " ") and "Late" in words


def test_without_any_count_few_wallets_are_counted_at_once():
    a_wallet(permanent_limit="1000")
    words = text(page())
    assert "Counted just now" in words and "1,000.00" in words
    assert not Exposure.objects.exists()


def test_a_fresh_portal_and_one_that_was_not_counted_yet_are_told_apart(monkeypatch):
    assert "There is no wallet yet" in text(page())
    monkeypatch.setattr(exposure, "FEW", 0)
    a_wallet()
    words = text(page(group="Finance officer"))
    assert "Nothing was counted yet" in words and "Look at the jobs" in words


def test_over_time_is_drawn_from_the_second_day_on():
    some_wallets()
    assert "The first count is of" in text(page())
    exposures.take(now=timezone.now() - timedelta(days=3))
    answer = page("?currency=EUR&span=365")
    assert [len(sheet.lines) for _look, sheet in answer.context["plots"]] == [3, 3]
    assert "Show as a table" in text(answer)


def test_what_the_address_cannot_mean_is_said_and_nothing_is_chosen():
    some_wallets()
    answer = page("?currency=XXX")
    assert answer.context["chosen"] is None
    assert "“XXX” is not possible for currency." in text(answer)


def test_the_page_needs_its_right_and_a_download_that_of_exports():
    client = Client()
    client.force_login(User.objects.create(username="new"))
    assert client.get(reverse("exposure")).status_code == 403
    viewer = signed_in("Viewer")
    assert viewer.get(reverse("exposure_csv")).status_code == 403
    assert viewer.get(reverse("exposure_days_csv")).status_code == 403
    assert "Export CSV" not in text(viewer.get(reverse("exposure")))


def test_downloads_have_exact_figures_by_state_and_by_day():
    some_wallets()
    exposures.take(now=timezone.now() - timedelta(days=1))
    states = downloaded("exposure_csv")
    prepaid = next(row for row in states if row["Limit is"] == "permanent" and row["Used"] == "250.000001")
    assert (prepaid["Currency"], prepaid["Payment mode"], prepaid["Wallets"]) == ("EUR", "prepaid", "1")
    days = downloaded("exposure_days_csv")
    assert [row["Currency"] for row in days] == ["EUR", "JPY", "EUR", "JPY"]
    assert days[0]["Used without a limit"] == "70.00"


def test_the_page_asks_as_many_queries_for_one_currency_as_for_ten():
    client = signed_in("Viewer")

    def queries():
        exposures.take(now=timezone.now())
        client.get(reverse("exposure"))
        with CaptureQueriesContext(connection) as asked:
            answer = client.get(reverse("exposure"))
        return len(asked), text(answer)

    a_wallet(permanent_limit="100")
    for_one, _words = queries()
    for code in ("USD", "JPY", "GBP", "CZK", "PLN", "HUF", "SEK", "NOK", "DKK"):
        a_wallet(currency=code, permanent_limit="100")
    for_ten, words = queries()
    assert for_one == for_ten <= 10
    assert "All 10 currencies" in words
