"""A real streaming replica: what is read from it, how old it is said to be, and all that never touches it."""

import json
from datetime import date, timedelta

import pytest
from django.db import connection, connections
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from credit import replica as copy_of_the_database
from credit import tasks
from credit.groups import MANAGER
from credit.models import Wallet
from tests.api.asking import Caller, a_client
from tests.pages.people import HTMX, address, postpaid, prepaid, send, signed_in, text

pytestmark = pytest.mark.django_db(transaction=True)
HEADER = copy_of_the_database.HEADER


def asked_of_the_replica():
    return CaptureQueriesContext(connections["replica"])


def look(person, where):
    """The answer, and what was asked of the replica for it besides its age."""
    with asked_of_the_replica() as asked:
        answer = person.get(where)
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return answer, content.decode(), [query for query in asked.captured_queries if "credit_" in query["sql"]]


@pytest.fixture
def manager(caught_up):
    return signed_in(MANAGER)


@pytest.fixture
def wallet(replica):
    return prepaid(limit="50", paid="100")


def test_the_list_comes_from_the_replica_and_says_how_old_it_is_at_most(manager, wallet, caught_up):
    caught_up()

    answer, page, asked = look(manager, reverse("organizations"))

    assert wallet.wallet_id in page
    assert asked
    assert 1 <= int(answer.headers[HEADER]) <= 60
    assert f"at most {answer.headers[HEADER]} s old" in page


def test_the_rule_gives_the_same_numbers_on_the_replica(wallet, caught_up):
    postpaid(limit="400")
    caught_up()
    now = timezone.now()

    here = list(Wallet.objects.at(now).order_by("pk").values())
    there = list(Wallet.objects.using("replica").at(now).order_by("pk").values())

    assert here == there
    assert len(here) == 2


@pytest.mark.parametrize("page", ["organizations_export", "ledger_csv"])
def test_an_export_is_read_from_the_replica_while_it_is_sent(manager, wallet, caught_up, page):
    caught_up()
    where = address(page, wallet) if page == "ledger_csv" else reverse(page)

    answer, content, asked = look(manager, where)
    with override_settings(REPLICA_OLDEST_SECONDS=0):
        _, from_the_database, nothing = look(manager, where)

    assert answer.headers[HEADER]
    assert asked
    assert nothing == []
    assert content == from_the_database
    assert len(content.splitlines()) == 2


def test_a_replica_that_may_be_too_old_is_not_read(manager, wallet, caught_up):
    caught_up()
    with override_settings(REPLICA_OLDEST_SECONDS=0):
        answer, page, asked = look(manager, reverse("organizations"))

    assert wallet.wallet_id in page
    assert asked == []
    assert HEADER not in answer.headers


@pytest.fixture
def standing_still(replica, caught_up):
    """The replica repeats nothing more, as when its link is slow."""
    caught_up()
    with connections["replica"].cursor() as cursor:
        cursor.execute("SELECT pg_wal_replay_pause()")
        while cursor.execute("SELECT pg_get_wal_replay_pause_state()").fetchone()[0] != "paused":
            pass
    yield
    with connections["replica"].cursor() as cursor:
        cursor.execute("SELECT pg_wal_replay_resume()")


def test_nobody_sees_less_than_they_have_saved(manager, wallet, standing_still, caught_up, replica):
    # The middleware of this client is made while the replica is known, as in a process that knows it.
    person, other = Client(), Client()
    person.cookies = manager.cookies
    other.cookies["sessionid"] = manager.cookies["sessionid"].value
    saved = send(
        person,
        address("add_payment", wallet),
        amount="677",
        received_on=f"{date.today()}",
        method="bank_transfer",
    )
    assert saved.status_code == 302, text(saved)
    assert person.cookies[copy_of_the_database.COOKIE].value

    mine, my_page, asked = look(person, reverse("organizations"))
    _, their_page, their_questions = look(other, reverse("organizations"))

    assert "777.00" in my_page
    assert asked == []
    assert HEADER not in mine.headers
    assert "777.00" not in their_page
    assert their_questions


def test_once_the_replica_has_caught_up_it_is_read_again(manager, wallet, caught_up):
    with connection.cursor() as cursor:
        place = cursor.execute("SELECT pg_current_wal_insert_lsn()").fetchone()[0]
    manager.cookies[copy_of_the_database.COOKIE] = place
    caught_up()

    assert HEADER in look(manager, reverse("organizations"))[0].headers


def test_whatever_stands_in_the_cookie_the_list_is_shown(manager, wallet, caught_up):
    caught_up()
    for nonsense in ("", "x", "0/0; DROP", "FFFFFFFF/FFFFFFFF", "999999999999/1"):
        manager.cookies[copy_of_the_database.COOKIE] = nonsense
        assert look(manager, reverse("organizations"))[0].status_code == 200


def charges_and_holds(wallet):
    caller = Caller(a_client()[1])
    named = {"wallet": wallet.wallet_id, "reference": "call-1"}
    line = {"wallet": wallet.wallet_id, "amount": "1.5", "kind": "call"}
    yield caller.post("charges", line)
    yield caller.post("batches", {"lines": [{"key": "a", **line}, {"key": "b", **line}]}, key=None)
    yield caller.post("reservations", {**named, "amount": "5", "kind": "call"})
    yield caller.post("reservations/commit", {**named, "amount": "2"})
    yield caller.post("payments", {"wallet": wallet.wallet_id, "amount": "10", "reference": "bank 1"})
    yield caller.get(f"wallets/{wallet.wallet_id}")


def test_no_charge_hold_or_payment_asks_the_replica_anything(wallet, caught_up):
    with asked_of_the_replica() as asked:
        answers = list(charges_and_holds(wallet))

    assert [answer.status for answer in answers] == [200] * 6, [answer.body for answer in answers]
    assert asked.captured_queries == []


def test_no_form_preview_or_page_of_an_organization_asks_the_replica_anything(manager, wallet):
    uuid = wallet.organization.uuid
    addresses = [
        address("set_limit", wallet),
        address("add_payment", wallet),
        reverse("organization", args=[uuid]) + f"?wallet={wallet.wallet_id}",
        reverse("jobs"),
    ]
    with asked_of_the_replica() as asked:
        statuses = [manager.get(where).status_code for where in addresses]
        statuses += [manager.post(address("preview_limit", wallet), {"amount": "70"}, **HTMX).status_code]

    assert statuses == [200] * (len(addresses) + 1)
    assert asked.captured_queries == []


def test_no_job_asks_the_replica_anything(wallet):
    ended = postpaid(limit="400")
    Wallet.objects.filter(pk=ended.pk).update(period_ends_at=timezone.now() - timedelta(seconds=1))
    with asked_of_the_replica() as asked:
        done = [
            job()
            for job in (
                tasks.close_due_periods,
                tasks.issue_invoices,
                tasks.reconcile_wallets,
                tasks.book_ended_limits,
            )
        ]

    assert done[0]
    assert asked.captured_queries == []
    assert json.dumps(done)
