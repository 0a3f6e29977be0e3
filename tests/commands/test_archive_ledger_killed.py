"""A real process that archives is killed with SIGKILL again and again: no line is lost, none is doubled."""

import signal
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from credit.actions import reconciliation
from credit.archive import checking
from credit.models import ArchivedLines, LedgerArchive, LockedMonth, Transaction, Wallet
from tests.factories import a_wallet

JANUARY = datetime(2026, 1, 5, tzinfo=UTC)
TODAY = datetime(2026, 3, 14, tzinfo=UTC)
WALLETS, LINES = 20, 300
PATIENCE_SECONDS = 180
# In small steps, so that there are many instants between two commits.
SLOWLY = """
import django; django.setup()
from django.core.management import call_command
from credit.archive import leaving
leaving.LINES_AT_ONCE = 25
call_command("archive_ledger", "--before", "2026-02", "--to", {directory!r}, "--lines-per-file", "2000")
"""


def a_ledger():
    for _ in range(WALLETS):
        wallet = a_wallet(
            permanent_limit="1000", created_at=JANUARY, latest_at=JANUARY, balance="-3", last_sequence=LINES
        )
        Transaction.objects.bulk_create(
            Transaction(
                wallet=wallet,
                sequence=number,
                posted_at=JANUARY + timedelta(seconds=number),
                kind="call",
                amount_micros=-10_000,
                current_balance_after_micros=-10_000 * number,
                by_name="Switch",
            )
            for number in range(1, LINES + 1)
        )
    LockedMonth.objects.create(month=date(2026, 1, 1), ends_at=TODAY, locked_at=TODAY, by_name="Finance")


def gone():
    return WALLETS * LINES - Transaction.objects.count()


def killed_when(has_come, directory, environment):
    """Whether it was killed; False where it had finished."""
    process = subprocess.Popen(
        [sys.executable, "-c", SLOWLY.format(directory=str(directory))],
        cwd=settings.BASE_DIR,
        env={**environment, "DJANGO_SETTINGS_MODULE": "finance_portal.settings"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    deadline = time.monotonic() + PATIENCE_SECONDS
    while process.poll() is None and not has_come():
        assert time.monotonic() < deadline, "nothing happened for minutes"
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    _, said = process.communicate()
    assert process.returncode in (0, -signal.SIGKILL), said.decode()
    return process.returncode != 0


def books_are_whole(directory):
    assert list(checking.faults(directory)) == []
    counts = reconciliation.reconcile(wallet_pks=list(Wallet.objects.values_list("pk", flat=True)), now=TODAY)
    assert counts == {"wallets": WALLETS, "differences": 0}


@pytest.mark.django_db(transaction=True)
def test_an_archive_killed_at_many_instants_loses_and_doubles_nothing(process_environment, tmp_path):
    a_ledger()
    directory = Path(tmp_path) / "archive"
    instants = [
        lambda: any(directory.glob("*.part")),
        lambda: any(directory.glob("*.csv.gz")),
        LedgerArchive.objects.exists,
        *(lambda least=least: gone() > least for least in (0, 900, 2300, 3700, 5900)),
    ]

    kills = 0
    for has_come in instants:
        kills += killed_when(has_come, directory, process_environment)
        books_are_whole(directory)
    call_command("archive_ledger", "--before", "2026-02", "--to", str(directory), verbosity=0)

    assert kills >= 6
    assert gone() == WALLETS * LINES
    assert sum(part.count for part in ArchivedLines.objects.all()) == WALLETS * LINES
    assert sum(record.lines for record in LedgerArchive.objects.all()) == WALLETS * LINES
    books_are_whole(directory)
