"""Simulated customers go through the same actions as real ones: the books stay straight, and no limit is passed."""

import random
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from credit.actions import reconciliation
from credit.demo import people, traffic
from credit.demo.traffic import Traffic
from credit.models import Decline, Payment, Reservation, Transaction, Wallet
from tests.pages.people import postpaid, prepaid

pytestmark = pytest.mark.django_db


class Clock:
    def __init__(self):
        self.at = timezone.now()

    def __call__(self):
        return self.at


def customers(wallets, chance):
    ids = [wallet.wallet_id for wallet in wallets]
    return traffic.customers(timezone.now(), len(ids), chance, ids)


def test_customers_at_work_come_to_their_limit_and_never_pass_it():
    wallets = [
        prepaid(limit="50", paid="20"),
        prepaid(paid="30"),
        postpaid(limit="100"),
        postpaid(limit="60"),
    ]
    chance, clock = random.Random(7), Clock()
    going = Traffic(customers(wallets, chance), chance, clock, run="test")
    told = []
    for _ in range(250):
        told += going.step()
        clock.at += timedelta(seconds=1)
        usable = Wallet.objects.at(clock.at, "usable_micros").values_list("usable_micros", flat=True)
        assert min(usable) >= 0
    told += going.hang_up()
    declined = [said for said in told if said.is_declined]
    assert declined
    assert len(declined) == Decline.objects.count() == going.counts["declined"]
    assert Payment.objects.filter(reference__startswith="test-payment").count() == going.counts["payments"]
    assert not Reservation.objects.live(clock.at).exists()
    pks = [wallet.pk for wallet in wallets]
    assert reconciliation.reconcile(wallet_pks=pks, now=clock.at)["differences"] == 0


def test_the_same_seed_makes_the_same_day():
    def day(seed):
        wallet = prepaid(limit="500", paid="100")
        chance = random.Random(seed)
        going = Traffic(customers([wallet], chance), chance, Clock(), run=f"{seed}-{wallet.pk}")
        for _ in range(30):
            list(going.step())
        list(going.hang_up())
        lines = Transaction.objects.filter(wallet=wallet).order_by("sequence")
        return list(lines.values_list("kind", "amount_micros"))

    assert day(3) == day(3) != day(4)


def run(*arguments, **options):
    out = StringIO()
    call_command("simulate_traffic", *arguments, stdout=out, **options)
    return out.getvalue()


def test_traffic_is_only_made_in_a_demo():
    prepaid()
    with pytest.raises(CommandError, match="not the demo’s"):
        run(seconds=1)


def test_it_runs_for_some_seconds_and_says_what_happened():
    people.sign_up()
    wallet = prepaid(limit="50")
    told = run(wallet.wallet_id, seconds=1, rate=50, seed=1)
    assert "1 customers at work" not in told
    assert "1 customer at work" in told
    assert wallet.wallet_id in told
    assert "Stopped. " in told
    assert Transaction.objects.filter(wallet=wallet, by_name="Simulated traffic").exists()


def test_a_wallet_that_is_not_there_is_named():
    people.sign_up()
    with pytest.raises(CommandError, match="W-0000-0000"):
        run("W-0000-0000", seconds=1)


@pytest.mark.parametrize("typed", ["0", "-1", "often", "0.5", "1000001"])
def test_a_rate_that_makes_no_sense_is_refused(typed):
    with pytest.raises(CommandError, match="--rate"):
        call_command("simulate_traffic", "--rate", typed)
