"""A client lists what it asked for, newest first, page by page, by state; never what others asked for."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from credit.actions import requests
from credit.models import ChangeRequest
from tests.govern.people import a_manager
from tests.govern.test_asked_over_http import a_caller, asks
from tests.pages.people import prepaid

pytestmark = pytest.mark.django_db


@pytest.fixture
def wallet():
    return prepaid(limit="100")


@pytest.fixture
def billing(wallet):
    return a_caller()


def numbers(answer):
    return [one["request"] for one in answer.body["requests"]]


def asked_for(caller, wallet, *amounts):
    return [asks(caller, wallet, amount).body["request"] for amount in amounts]


def test_a_client_without_requests_lists_none(billing):
    answer = billing.get("requests")
    assert (answer.status, answer.body) == (200, {"requests": [], "next": None})


def test_the_newest_stands_first_and_reads_as_it_does_by_its_number(billing, wallet):
    first, second = asked_for(billing, wallet, "20000", "30000")
    answer = billing.get("requests")
    assert numbers(answer) == [second, first]
    assert answer.body["requests"][1] == billing.get(f"requests/{first}").body


def test_pages_follow_one_another_also_when_something_is_asked_meanwhile(billing, wallet):
    made = asked_for(billing, wallet, "20000", "30000", "40000")
    page = billing.get("requests", limit=2)
    asked_for(billing, wallet, "50000")
    rest = billing.get(page.body["next"].removeprefix("/api/v1/"))
    assert numbers(page) + numbers(rest) == made[::-1]
    assert rest.body["next"] is None


def test_by_state_on_every_page(billing, wallet):
    made = asked_for(billing, wallet, "20000", "30000", "40000")
    rejected = ChangeRequest.objects.get(pk=made[1])
    requests.reject(request=rejected, words="No", by=a_manager(), now=timezone.now)
    page = billing.get("requests", state="open", limit=1)
    rest = billing.get(page.body["next"].removeprefix("/api/v1/"))
    assert numbers(page) + numbers(rest) == [made[2], made[0]]
    assert numbers(billing.get("requests", state="rejected")) == [made[1]]


def test_an_unknown_state_or_parameter_is_refused_by_name(billing):
    for asked in ({"state": "waiting"}, {"status": "open"}, {"limit": 501}, {"after": -1}):
        answer = billing.get("requests", **asked)
        assert (answer.status, answer.body["field"]) == (422, next(iter(asked)))


def test_requests_of_other_clients_are_not_listed(billing, wallet):
    asked_for(billing, wallet, "20000")
    assert numbers(a_caller("Policy").get("requests")) == []


def of_requests(captured):
    """Who calls is looked up again by the clock, so that is not counted."""
    return [one for one in captured if "credit_changerequest" in one["sql"] or "credit_wallet" in one["sql"]]


def test_a_page_asks_for_its_requests_in_one_question(billing, wallet):
    made = asked_for(billing, wallet, *(str(amount) for amount in range(30_000, 33_000, 1_000)))
    with CaptureQueriesContext(connection) as captured:
        assert numbers(billing.get("requests")) == made[::-1]
    assert len(of_requests(captured.captured_queries)) == 1
