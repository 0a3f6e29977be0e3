"""The sums after a benchmark see every way in which a charge can go wrong."""

from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from benchmarks.charging import books, portal, sqlite_files
from credit.actions import charges
from credit.models import Answer, Wallet
from tests.append_only import may_be_emptied

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def charged(process_environment):
    """Ten wallets, three charges on the first of them; returns what is wrong if so many were accepted."""
    portal.create_patterns()
    if connection.vendor == "sqlite":
        path = Path(connection.settings_dict["NAME"])
        sqlite_files.create_wallets(path, 10)
        faults = lambda accepted: sqlite_files.faults(path, accepted)  # noqa: E731
    else:
        url = process_environment["DATABASE_URL"]
        wallets = books.create_wallets(url, 1, 10)
        faults = lambda accepted: books.faults(url, wallets, accepted=accepted)  # noqa: E731
    for key in "abc":
        charge(key)
    return faults


def charge(key):
    charges.charge(wallet="1", amount="0.01", kind="sms", key=key, by=portal.caller(), now=timezone.now)


def change(**columns):
    Wallet.objects.filter(wallet_id="1").update(**columns)


def test_sound_books_have_no_fault(charged):
    assert charged(3) == []


def test_a_retry_charges_nothing(charged):
    charge("a")

    assert charged(3) == []


def test_a_charge_that_was_answered_and_is_not_there_is_seen(charged):
    assert charged(4) == ["4 charges were accepted, 3 stand in the ledger"]


def test_a_charge_that_nobody_was_told_of_is_seen(charged):
    assert charged(2) == ["2 charges were accepted, 3 stand in the ledger"]


def test_a_balance_that_is_not_the_sum_of_its_ledger_is_seen(charged):
    wallet = Wallet.objects.get(wallet_id="1")
    change(balance_micros=wallet.balance_micros - 1)

    assert charged(3) == ["1 wallets differ from the sum of their ledgers"]


def test_an_overspent_wallet_is_seen(charged):
    change(permanent_limit_micros=29_999)

    assert charged(3) == ["1 wallets are overspent"]


def test_a_limit_that_is_just_used_up_is_no_fault(charged):
    change(permanent_limit_micros=30_000)

    assert charged(3) == []


def test_a_gap_in_a_ledger_is_seen(charged):
    change(last_sequence=4)

    assert charged(3) == ["1 wallets have a gap or a double in their sequence"]


def test_one_answer_for_two_charges_is_seen(charged):
    with may_be_emptied(connection):
        Answer.objects.filter(key="c").delete()

    assert charged(3) == ["1 wallets have charges and answers that do not pair one to one"]
