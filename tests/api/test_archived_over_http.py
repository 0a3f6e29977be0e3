"""Charges that moved to an archive, as a system reads about them."""

from datetime import date

import pytest
from django.core.management import call_command

from tests.commands.test_archive_ledger import a_year_of_use, lock

WORDS = "Charges before 1 February 2026 are in the archive (ledger-before-2026-02-0001-"


@pytest.fixture
def archived(db, tmp_path):
    """Its wallet, and the transaction of a line that has left."""
    lock(date(2026, 1, 1))
    desk = a_year_of_use()
    first = desk.lines()[0].pk
    call_command("archive_ledger", "--before", "2026-02", "--to", str(tmp_path), verbosity=0)
    return desk.wallet, first


def test_the_ledger_says_what_is_not_in_it(caller, archived):
    wallet, _ = archived
    page = caller.get(f"wallets/{wallet.wallet_id}/ledger", order="oldest", limit=3).body

    assert page["archived"].startswith(WORDS)
    assert [line["sequence"] for line in page["lines"]] == [5, 7, 8]


def test_a_ledger_that_is_whole_says_nothing(caller, wallet):
    assert caller.get(f"wallets/{wallet.wallet_id}/ledger").body["archived"] is None


def test_as_of_an_instant_in_the_archive_is_refused_with_the_reason(caller, archived):
    wallet, _ = archived
    refused = caller.get(f"wallets/{wallet.wallet_id}", as_of="2026-01-31T00:00:00Z")

    assert (refused.status, refused.reason) == (422, "invalid_input")
    assert refused.body["detail"].startswith(WORDS)
    assert caller.get(f"wallets/{wallet.wallet_id}", as_of="2026-02-01T00:00:00Z").status == 200


def test_a_charge_in_the_archive_cannot_be_refunded_and_the_answer_says_why(caller, archived):
    wallet, first = archived
    refused = caller.refund(wallet, first)

    assert refused.reason == "not_found"
    assert WORDS in refused.body["detail"]
