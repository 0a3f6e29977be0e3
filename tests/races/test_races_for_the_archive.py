"""Lines leave for the archive while others refund and charge: each line is in one place, each refund has its line."""

from datetime import UTC, date, datetime

import pytest
from django.core.management import call_command
from django.db.models import F

from credit.archive import checking, leaving
from credit.models import ArchivedLines, LedgerArchive, LockedMonth, Transaction, Wallet
from tests.desk import ACCEPTED, Desk
from tests.factories import a_wallet
from tests.races.together import Clock, together

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

JANUARY = datetime(2026, 1, 20, tzinfo=UTC)
TODAY = datetime(2026, 3, 14, tzinfo=UTC)


@pytest.fixture
def desks():
    """Two wallets with forty calls each in January, which is locked."""
    wallets = [a_wallet(permanent_limit="1000", created_at=JANUARY, latest_at=JANUARY) for _ in range(2)]
    desks = [Desk(wallet, JANUARY) for wallet in wallets]
    for desk in desks:
        assert {desk.charge("1") for _ in range(40)} == {ACCEPTED}
    LockedMonth.objects.create(month=date(2026, 1, 1), ends_at=TODAY, locked_at=TODAY, by_name="Finance")
    return desks


def test_refunds_and_charges_meanwhile_find_their_line_or_hear_that_it_has_left(desks, tmp_path, monkeypatch):
    monkeypatch.setattr(leaving, "LINES_AT_ONCE", 3)
    clock = Clock(TODAY)

    def archive():
        call_command("archive_ledger", "--before", "2026-02", "--to", str(tmp_path), verbosity=0)

    def refund(desk, lines):
        return [Desk(desk.wallet, clock).refund(line) for line in lines]

    def charge(desk):
        return [Desk(desk.wallet, clock).charge("1") for _ in range(10)]

    jobs = [lambda d=desk: refund(d, d.lines()[::-4]) for desk in desks] + [
        lambda d=desk: charge(d) for desk in desks
    ]
    _, *answers = together(archive, *jobs)

    refunded, charged = answers[0] + answers[1], answers[2] + answers[3]
    assert set(refunded) <= {ACCEPTED, "not_found"}
    assert set(charged) == {ACCEPTED}
    corrections = Transaction.objects.filter(original__isnull=False)
    assert corrections.filter(original__wallet=F("wallet")).count() == refunded.count(ACCEPTED)
    assert list(checking.faults(tmp_path)) == []


def test_two_runs_over_one_file_take_each_line_once(desks, tmp_path, monkeypatch):
    monkeypatch.setattr(leaving, "LINES_AT_ONCE", 3)
    lines = list(leaving.choosing.lines_before(date(2026, 2, 1)))
    written = leaving.files.write(tmp_path, "ledger-before-2026-02-0001", lines)
    record = leaving._recorded(written, date(2026, 2, 1), "Finance", TODAY)

    together(*[lambda: leaving.remove(LedgerArchive.objects.get(pk=record.pk), tmp_path, Clock(TODAY))] * 3)

    assert not Transaction.objects.exists()
    assert sum(part.count for part in ArchivedLines.objects.all()) == 80
    assert Wallet.objects.count() == 2
    assert list(checking.faults(tmp_path)) == []
