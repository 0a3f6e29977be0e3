"""Bulk changes with several workers, a person at the same wallet, and charges beside all or nothing."""

import os
import signal
import subprocess
import sys
import time

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from credit.actions import charges, limits
from credit.actions.refusals import NotDone
from credit.actors import Actor
from credit.bulk import confirming, driving
from credit.models import BulkChange, Change, CreditLimit, Wallet
from tests.bulk.acts import chosen, confirmed, money, states
from tests.conftest import BASE_DIR
from tests.factories import a_wallet
from tests.races.together import together

PATIENCE_SECONDS = 180
FINANCE = Actor.system("Finance")


@pytest.fixture
def boss(transactional_db):
    return Actor.person(User.objects.create_superuser("boss"))


def wallets(count):
    return [a_wallet(permanent_limit="100") for _ in range(count)]


def worker(pk, now=timezone.now):
    def work():
        while not driving.work(pk, now=now, seconds=0):
            pass

    return work


def all_limits():
    return set(Wallet.objects.values_list("permanent_limit_micros", flat=True))


@pytest.mark.race
def test_workers_that_all_believe_to_hold_it_do_every_row_once(boss, monkeypatch):
    monkeypatch.setattr(driving, "HELD_FOR", driving.HELD_FOR * 0)
    change = confirmed(chosen(wallets(40), "raise_limit", boss, percent="10"), boss)

    def until_done():
        while BulkChange.objects.get(pk=change.pk).state == "running":
            try:
                driving.work(change.pk, now=timezone.now, seconds=0)
            except driving.TakenOver:
                continue

    together(*[until_done] * 4)

    assert all_limits() == set(money("110"))
    assert CreditLimit.objects.count() == Change.objects.count() == 40
    assert set(states(change)) == {"done"}


@pytest.mark.race
def test_a_person_who_is_faster_at_a_wallet_wins_and_the_row_says_so(boss):
    chosen_ones = wallets(20)
    change = confirmed(chosen(chosen_ones, "raise_limit", boss, percent="10"), boss)

    def by_hand():
        for wallet in reversed(chosen_ones):
            limits.set_limit(wallet=wallet, amount="500", by=FINANCE, now=timezone.now)

    together(worker(change.pk), by_hand)

    # Whoever came second at a wallet: the row is refused, or the person, who gave no version, came after it.
    assert all_limits() == set(money("500"))
    assert set(states(change)) <= {"done", "refused"}


@pytest.mark.race
def test_a_yes_and_a_discard_at_once_have_one_winner(boss):
    for _ in range(5):
        change = chosen(wallets(2), "raise_limit", boss, percent="10")

        def say_yes(pk=change.pk):
            try:
                confirming.confirm(pk=pk, together=False, harms_confirmed=False, by=boss, now=timezone.now())
            except NotDone:
                return "too late"
            return "yes"

        def discard(pk=change.pk):
            confirming.drop(pk=pk, by=boss, now=timezone.now())

        said, _ = together(say_yes, discard)

        assert (said, BulkChange.objects.get(pk=change.pk).state) in (
            ("yes", "running"),
            ("too late", "dropped"),
        )


@pytest.mark.race
def test_all_or_nothing_beside_charges_neither_hangs_nor_does_half(boss):
    chosen_ones = wallets(30)
    change = confirmed(chosen(chosen_ones, "raise_limit", boss, percent="10"), boss, together=True)

    def charge_backwards():
        for wallet in reversed(chosen_ones):
            charges.charge(wallet=wallet, amount="1", kind="call", by=FINANCE, now=timezone.now)

    together(worker(change.pk), charge_backwards)

    assert all_limits() == set(money("110"))
    assert BulkChange.objects.get(pk=change.pk).state == "done"
    assert set(Wallet.objects.values_list("balance_micros", flat=True)) == set(money("-1"))


def test_a_worker_that_is_killed_really_leaves_each_row_done_or_not_begun(boss, process_environment):
    change = confirmed(chosen(wallets(200), "raise_limit", boss, percent="10"), boss)

    process = started(change.pk, process_environment)
    wait_for_done(change, 20)
    process.send_signal(signal.SIGKILL)
    process.wait()
    done = change.rows.filter(state="done").count()
    assert 20 <= done < 200
    assert Wallet.objects.filter(permanent_limit_micros=money("110")[0]).count() == done

    later = timezone.now() + driving.HELD_FOR
    assert list(BulkChange.objects.to_be_driven(later)) == [change]
    worker(change.pk, now=lambda: max(later, timezone.now()))()

    assert BulkChange.objects.get(pk=change.pk).state == "done"
    assert all_limits() == set(money("110"))
    assert CreditLimit.objects.count() == 200


def started(pk, environment):
    code = f"from credit.tasks import work_on_bulk_change as work; work({pk})"
    command = [sys.executable, "manage.py", "shell", "--verbosity=0", "-c", code]
    return subprocess.Popen(command, cwd=BASE_DIR, env={**os.environ, **environment})


def wait_for_done(change, count):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while change.rows.filter(state="done").count() < count:
        assert time.monotonic() < deadline
        time.sleep(0.02)
