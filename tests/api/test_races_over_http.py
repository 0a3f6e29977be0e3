"""Several callers at once, each in its own thread with its own connection."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import monotonic

import pytest
from django.db import connection, connections, transaction

from credit.models import Decline, Transaction, Wallet
from tests.api.asking import Caller, a_client
from tests.desk import a_desk

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

AT_ONCE = 6


@pytest.fixture
def credential():
    return a_client()[1]


@pytest.fixture
def wallet():
    return a_desk(balance="100", permanent_limit="50").wallet


def in_threads(ask, times=AT_ONCE):
    """The answers of `ask(number)`, each asked from a thread of its own at the same moment."""
    go = Event()

    def one(number):
        try:
            go.wait(60)
            return ask(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(times) as pool:
        waiting = [pool.submit(one, number) for number in range(times)]
        go.set()
        return [each.result(60) for each in waiting]


def test_duplicates_in_flight_get_the_first_ones_answer(credential, wallet):
    answers = in_threads(lambda number: Caller(credential).charge(wallet, "12.50", key="same"))

    assert {answer.status for answer in answers} == {200}
    assert len({str(answer.body) for answer in answers}) == 1
    assert sum(answer.headers.get("Idempotent-Replayed") == "true" for answer in answers) == AT_ONCE - 1
    assert Transaction.objects.filter(wallet=wallet, kind="call").count() == 1


def test_together_they_never_take_more_than_is_usable(credential, wallet):
    answers = in_threads(lambda number: Caller(credential).charge(wallet, "40", key=f"k{number}"))

    assert sorted(answer.status for answer in answers) == [200] * 3 + [402] * 3
    assert Wallet.objects.get(pk=wallet.pk).balance_micros == -20_000_000
    assert Decline.objects.filter(wallet=wallet).count() == 3


def test_same_batch_at_once_is_posted_once(credential, wallet):
    lines = [
        {"wallet": wallet.wallet_id, "amount": "1", "kind": "sms", "key": f"line-{number}"}
        for number in range(20)
    ]
    answers = in_threads(lambda number: Caller(credential).batch(lines), times=4)

    assert {answer.body["accepted"] for answer in answers} == {20}
    assert Transaction.objects.filter(wallet=wallet, kind="sms").count() == 20


def test_wait_for_a_locked_wallet_ends_with_409_and_nothing_stored(credential, wallet, settings):
    settings.CREDIT_API_LOCK_TIMEOUT_SECONDS = 1
    locked, asked = Event(), Event()

    def hold():
        try:
            with transaction.atomic():
                list(Wallet.objects.filter(pk=wallet.pk).locked())
                locked.set()
                asked.wait(60)
        finally:
            connections.close_all()

    def ask():
        try:
            locked.wait(60)
            return Caller(credential).charge(wallet, "1", key="k1")
        finally:
            connections.close_all()

    began = monotonic()
    with ThreadPoolExecutor(2) as pool:
        holding, asking = pool.submit(hold), pool.submit(ask)
        answer = asking.result(30)
        took = monotonic() - began
        asked.set()
        holding.result(30)

    assert (answer.status, answer.reason, answer.headers["Retry-After"]) == (409, "busy", "1")
    assert took < 15, "the first request of a client waits no longer than any other, not SQLite's 20 seconds"
    assert Transaction.objects.filter(wallet=wallet, kind="call").count() == 0
    assert Caller(credential).charge(wallet, "1", key="k1").status == 200


def test_broken_database_is_503_and_the_same_key_may_be_sent_again(credential, wallet, monkeypatch):
    from django.db import OperationalError

    from credit.actions import charges

    def broken(**asked):
        raise OperationalError("server closed the connection unexpectedly")

    with monkeypatch.context() as patched:
        patched.setattr(charges, "post", broken)
        answer = Caller(credential).charge(wallet, "1", key="k1")

    assert (answer.status, answer.reason, answer.headers["Retry-After"]) == (503, "unavailable", "5")
    assert Caller(credential).charge(wallet, "1", key="k1").status == 200


def test_unforeseen_error_is_a_problem_without_its_details(credential, wallet, monkeypatch):
    from credit.actions import charges

    def broken(**asked):
        raise RuntimeError("secret of the inside")

    monkeypatch.setattr(charges, "post", broken)
    answer = Caller(credential).charge(wallet, "1")

    assert (answer.status, answer.reason, answer.is_problem) == (500, "internal_error", True)
    assert "inside" not in str(answer.body)


def test_lock_timeout_is_set_once_per_connection(credential, wallet, settings):
    settings.CREDIT_API_LOCK_TIMEOUT_SECONDS = 3
    connection.close()
    caller = Caller(credential)
    caller.read(wallet)
    asked = "SHOW lock_timeout" if connection.vendor == "postgresql" else "PRAGMA busy_timeout"
    with connection.cursor() as cursor:
        cursor.execute(asked)
        assert cursor.fetchone()[0] in ("3s", 3000)
    connection.close()
