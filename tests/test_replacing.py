"""Raw SQL that neither updates nor deletes, and would change what is append-only all the same."""

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from credit.actions import invoices
from credit.models import Change, HoldLine, Invoice, InvoiceLine, Transaction
from tests.desk import ACCEPTED, a_desk
from tests.factories import APRIL, days

pytestmark = pytest.mark.django_db

LEDGER = [Transaction, HoldLine, Change]
ISSUED = [Invoice, InvoiceLine]


@pytest.fixture
def desk():
    """A line of every sort, and a month that is closed, issued and paid in part."""
    desk = a_desk(mode="postpaid", scheme="individual", permanent_limit="100")
    assert [desk.charge("10", "hardware"), desk.charge("5.123456"), desk.pay("3")] == [ACCEPTED] * 3
    assert [desk.reserve("5"), desk.set_limit("200")] == [ACCEPTED] * 2
    desk.now = APRIL
    assert desk.close_periods() == ACCEPTED
    assert invoices.issue(now=APRIL + days(5)) == 2
    return desk


def refused(statement, words):
    with (
        pytest.raises(DatabaseError, match=words),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    return True


def replaced_by(table, **columns):
    """The rows of the table once more, each in its own place, with other values."""
    with connection.cursor() as cursor:
        names = [column.name for column in connection.introspection.get_table_description(cursor, table)]
    values = [columns.get(name, name) for name in names]
    return f"INSERT OR REPLACE INTO {table} ({', '.join(names)}) SELECT {', '.join(values)} FROM {table}"


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="a statement that only SQLite has")
class TestReplacing:
    @pytest.mark.parametrize("model", LEDGER)
    def test_a_line_of_the_ledger_or_of_a_history_cannot_be_replaced(self, desk, model):
        assert model.objects.exists()
        assert refused(replaced_by(model._meta.db_table, by_name="'X'"), "append-only")
        assert not model.objects.filter(by_name="X").exists()

    def test_nor_by_its_place_in_the_wallet(self, desk):
        statement = replaced_by("credit_transaction", id="id + 1000", amount_micros="1")
        assert refused(statement, "append-only")
        assert desk.books_are_straight()

    @pytest.mark.parametrize("model", ISSUED)
    def test_an_issued_invoice_and_its_lines_cannot_be_replaced(self, desk, model):
        assert refused(replaced_by(model._meta.db_table), "never changes")

    def test_every_table_that_refuses_to_lose_rows_refuses_to_have_them_replaced(self):
        with connection.cursor() as cursor:
            cursor.execute("SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'")
            triggers = cursor.fetchall()
        guarded = {table for table, name in triggers if name == f"{table}_refuses_delete"}
        assert len(guarded) >= 10
        assert guarded <= {table for table, name in triggers if name == f"{table}_refuses_replace"}


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="a statement that only PostgreSQL has")
@pytest.mark.parametrize("table", ["credit_invoice", "credit_invoiceline", "credit_invoicetax"])
def test_invoices_and_their_lines_cannot_be_emptied(table):
    assert refused(f"TRUNCATE {table} CASCADE", "never changes|append-only")


def test_a_new_line_and_a_new_draft_are_still_welcome(desk):
    before = Transaction.objects.count()
    assert [desk.charge("1"), desk.charge("2", "hardware")] == [ACCEPTED] * 2
    assert Transaction.objects.count() == before + 2
    with pytest.raises(IntegrityError), transaction.atomic():
        Transaction.objects.filter(wallet=desk.wallet, sequence=1).get().save(force_insert=True)
