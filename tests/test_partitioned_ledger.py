"""The ledger in partitions by month, by the script of the documents, under the real code (PostgreSQL)."""

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from credit.actions import reconciliation
from credit.models import ArchivedLines, Invoice, LedgerArchive, LockedMonth, Transaction
from tests.desk import ACCEPTED, Desk
from tests.factories import a_wallet

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has no partitions"),
]

SCRIPT = Path(__file__).resolve().parent.parent / "docs" / "partition-the-ledger.sql"
JANUARY, FEBRUARY, MARCH, APRIL = (datetime(2026, month, 1, tzinfo=UTC) for month in (1, 2, 3, 4))


def ask(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        return cursor.fetchall() if cursor.description else []


def beforehand(until):
    """The statements that the script's head asks for; a test's transaction can have no CONCURRENTLY."""
    said = re.findall(r"^--   ((?:CREATE UNIQUE INDEX|ALTER TABLE) .*;)$", SCRIPT.read_text(), re.MULTILINE)
    assert len(said) == 4
    for statement in said:
        ask(statement.replace("CONCURRENTLY ", "").replace("2026-12-01T00:00:00Z", until.isoformat()))


@pytest.fixture
def desk():
    """A wallet with lines in January, before the switch; then the ledger has months from February on."""
    wallet = a_wallet(
        mode="postpaid",
        permanent_limit="1000",
        latest_at=JANUARY,
        created_at=JANUARY,
        period_starts_at=JANUARY,
        period_ends_at=FEBRUARY,
    )
    desk = Desk(wallet)
    use(desk, 1)
    ask("SET CONSTRAINTS ALL IMMEDIATE")
    beforehand(FEBRUARY)
    ask(SCRIPT.read_text())
    ask("SELECT credit_partition_ledger(%s)", FEBRUARY)
    return desk


def use(desk, month):
    desk.now = datetime(2026, month, 20, 12, tzinfo=UTC)
    for amount in ("1.234567", "2", "3.5"):
        assert desk.charge(amount, key=f"{month}-{amount}") == ACCEPTED
    assert desk.pay("5", reference=f"bank-{month}") == ACCEPTED


def partition_of(line):
    return ask("SELECT tableoid::regclass::text FROM credit_transaction WHERE id = %s", line.pk)[0][0]


def partitions():
    found = ask(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'credit_transaction'::regclass"
    )
    return {name for (name,) in found}


def test_each_line_goes_to_its_month_and_the_old_ones_stay_where_they_were(desk):
    use(desk, 2)
    use(desk, 6)  # nobody has opened June

    found = [partition_of(line) for line in desk.lines()]
    assert found[0] == "credit_transaction_older"
    assert found[-5] == "credit_transaction_2026_02"
    assert found[-1] == "credit_transaction_unopened"
    assert desk.books_are_straight()


def test_every_verb_works_as_before(desk):
    use(desk, 2)
    desk.now = datetime(2026, 3, 3, tzinfo=UTC)
    first = desk.lines()[0]
    assert desk.charge("1.234567", key="2-1.234567") == ACCEPTED  # the key's answer again
    assert desk.last.replayed or desk.last.sequence == 5
    assert desk.close_periods() == ACCEPTED
    assert desk.refund(first, "1") == ACCEPTED
    assert desk.reverse(first) == ACCEPTED
    assert desk.reverse(first) in ("not_reversible", "already_refunded")
    assert desk.reserve("20") == ACCEPTED
    assert desk.commit("5") == ACCEPTED
    assert desk.books_are_straight()
    assert Invoice.objects.filter(wallet=desk.wallet).count() == 2
    assert reconciliation.reconcile(wallet_pks=[desk.wallet.pk], now=desk.now)["differences"] == 0


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE credit_transaction SET amount_micros = 0",
        "DELETE FROM credit_transaction",
        "DELETE FROM credit_transaction_older",
        "TRUNCATE credit_transaction CASCADE",
        "TRUNCATE credit_transaction_2026_02 CASCADE",
        "TRUNCATE credit_transaction_older CASCADE",
    ],
)
def test_it_stays_append_only(desk, statement):
    use(desk, 2)
    ask("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(DatabaseError, match="is append-only"), transaction.atomic():
        ask(statement)


def test_a_line_is_reversed_once_whatever_month_it_is_in(desk):
    desk.now = datetime(2026, 2, 3, tzinfo=UTC)
    payment = desk.lines()[3]
    assert desk.reverse(payment) == ACCEPTED
    again = desk.last_line()
    again.pk, again.sequence = None, again.sequence + 1
    with pytest.raises(DatabaseError, match="one_reversal_per_line"), transaction.atomic():
        again.save(force_insert=True)


def test_a_line_that_something_points_to_is_not_lost(desk):
    payment = desk.lines()[3]
    archive = LedgerArchive.objects.create(
        name="x",
        before=FEBRUARY,
        number=1,
        sha256="0",
        size=1,
        lines=1,
        first_wallet=1,
        last_wallet=1,
        written_at=MARCH,
    )
    ArchivedLines.objects.create(
        wallet=desk.wallet,
        archive=archive,
        first_sequence=4,
        last_sequence=4,
        amount_micros=payment.amount_micros,
        current_balance_after_micros=0,
        posted_before=FEBRUARY,
    )
    with pytest.raises(DatabaseError, match="something points to line"), transaction.atomic():
        ask("DELETE FROM credit_transaction WHERE id = %s", payment.pk)


def test_new_lines_draw_numbers_beyond_the_old_ones(desk):
    highest = max(line.pk for line in desk.lines())
    use(desk, 2)
    assert desk.last_line().pk > highest


def test_a_month_is_opened_once(desk):
    assert ask("SELECT credit_open_month(%s)", APRIL) == ask("SELECT credit_open_month(%s)", APRIL)
    assert "credit_transaction_2026_04" in partitions()


def test_an_archived_month_goes_and_every_balance_stays(desk, tmp_path):
    use(desk, 2)
    use(desk, 3)
    assert desk.close_periods() == ACCEPTED
    for invoice in Invoice.objects.filter(issued_at=None):
        invoice.number, invoice.issued_at = f"INV-{invoice.pk}", desk.now
        invoice.save(update_fields=["number", "issued_at"])
    LockedMonth.objects.create(month=date(2026, 2, 1), ends_at=MARCH, locked_at=desk.now, by_name="Finance")
    before = desk.read(desk.now).usable_micros, desk.read(desk.now).current_balance_micros

    call_command("archive_ledger", "--before", "2026-03", "--to", str(tmp_path), verbosity=0)
    with pytest.raises(DatabaseError, match="is not the oldest month"), transaction.atomic():
        ask("SELECT credit_retire_month(%s)", MARCH)
    moved = ask("SELECT credit_retire_month(%s)", FEBRUARY)

    assert moved == [(1,)]  # the payment
    assert "credit_transaction_2026_02" not in partitions()
    assert (
        partition_of(Transaction.objects.get(kind="payment", reference="bank-2"))
        == "credit_transaction_older"
    )
    assert (desk.read(desk.now).usable_micros, desk.read(desk.now).current_balance_micros) == before
    assert reconciliation.reconcile(wallet_pks=[desk.wallet.pk], now=desk.now)["differences"] == 0
    call_command("archive_ledger", "--verify", str(tmp_path), verbosity=0)

    call_command("archive_ledger", "--restore", str(tmp_path / LedgerArchive.objects.get().name), verbosity=0)
    assert desk.books_are_straight()
