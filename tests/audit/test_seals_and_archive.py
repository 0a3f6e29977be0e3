"""A line that has left for the archive is excused by the archive's own record, and verified from its file."""

import gzip
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from credit.models import ArchivedLines, Sealed, Transaction
from tests.append_only import may_be_emptied
from tests.audit.test_seals import check, sealed, verify
from tests.commands.test_archive_ledger import a_year_of_use, lock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def archive(tmp_path):
    lock(date(2026, 1, 1))
    a_year_of_use()
    sealed(Sealed.LEDGER)
    call_command(
        "archive_ledger", "--before", "2026-02", "--to", str(tmp_path), verbosity=0, stdout=StringIO()
    )
    assert ArchivedLines.objects.exists()
    return tmp_path


def test_lines_in_the_archive_are_counted_and_said_without_their_files(archive):
    before = check(Sealed.LEDGER)

    assert before.fault == "" and before.unread > 0
    assert before.rows == Transaction.objects.count()
    assert "more rows are in the archive; --archive DIRECTORY verifies them too" in verify("--only", "ledger")


def test_with_the_files_every_line_is_verified(archive):
    told = verify("--only", "ledger", "--archive", str(archive))

    sealed_lines = Transaction.objects.count() + sum(part.count for part in ArchivedLines.objects.all())
    assert f"over {sealed_lines} rows." in told and "in the archive" not in told


def test_one_line_more_gone_than_the_archive_has_is_a_difference(archive):
    line = Transaction.objects.filter(payment=None, invoice=None).earliest("pk")
    with may_be_emptied(connection), connection.cursor() as cursor:
        cursor.execute("DELETE FROM credit_transaction WHERE id = %s", [line.pk])

    assert check(Sealed.LEDGER).fault.startswith("Batch 1 ")


def test_a_line_that_was_changed_before_it_was_archived_is_found_with_the_files(tmp_path):
    lock(date(2026, 1, 1))
    a_year_of_use()
    sealed(Sealed.LEDGER)
    with may_be_emptied(connection), connection.cursor() as cursor:
        cursor.execute("UPDATE credit_transaction SET description = 'Other words' WHERE sequence = 1")
    call_command(
        "archive_ledger", "--before", "2026-02", "--to", str(tmp_path), verbosity=0, stdout=StringIO()
    )
    (file,) = tmp_path.glob("*.csv.gz")
    assert b"Other words" in gzip.decompress(file.read_bytes())

    with pytest.raises(CommandError):
        verify("--only", "ledger", "--archive", str(tmp_path))
