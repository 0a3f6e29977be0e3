"""Raw SQL against what an action writes once: the database says no, and everything that has a life goes on."""

import pytest
from django.db import DatabaseError, connection, transaction

from credit.actions import allocations, invoices, modes
from credit.models import (
    Allocation,
    CreditLimit,
    Invoice,
    InvoiceLine,
    InvoiceSeries,
    InvoiceTax,
    Payment,
    Period,
    Seller,
)
from tests.desk import ACCEPTED, FINANCE, a_desk
from tests.factories import APRIL, NOON, days

pytestmark = pytest.mark.django_db

PAYMENT = "a payment never changes"
HISTORY = "only ever ended"
PERIOD = "an ended period never changes"
ALLOCATION = "an allocation is only ever ended"
SERIES = "only counts on"
ISSUED = "an issued invoice never changes"
ASKED = "what an invoice asks for never changes"
SELLER = "a seller that an issued invoice names never changes"
ON_SQLITE = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="a statement that only SQLite has")
ON_POSTGRESQL = pytest.mark.skipif(
    "connection.vendor != 'postgresql'", reason="a statement that only PostgreSQL has"
)


@pytest.fixture
def desk():
    """Payments, limits that stand and that ended, a month that is issued and paid in part, and a draft after it."""
    Seller.objects.create(valid_from=NOON.date(), name="Northline", address="Street 1")
    desk = a_desk(mode="postpaid", scheme="individual", permanent_limit="100")
    assert [desk.charge("10", "hardware"), desk.charge("5.123456"), desk.pay("3")] == [ACCEPTED] * 3
    assert [desk.set_limit("200"), desk.set_limit("300")] == [ACCEPTED] * 2
    desk.now = APRIL
    assert desk.close_periods() == ACCEPTED
    assert invoices.issue(now=APRIL + days(5)) == 2
    desk.now = APRIL + days(6)
    assert desk.charge("7", "hardware") == ACCEPTED
    return desk


def refused(statement, words):
    with pytest.raises(DatabaseError, match=words), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    return True


def done(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.rowcount


@pytest.mark.parametrize(
    "change",
    [
        "SET received_on = '2020-01-01'",
        "SET reference = 'X'",
        "SET remark = 'X'",
        "SET method = 'cash'",
        "SET wallet_id = wallet_id + 1",
        "SET transaction_id = transaction_id + 1",
    ],
)
def test_a_payment_stays_as_it_was_recorded(desk, change):
    assert Payment.objects.exists()
    assert refused(f"UPDATE credit_payment {change}", PAYMENT)
    assert refused("DELETE FROM credit_payment", PAYMENT)


@pytest.mark.parametrize(
    "change",
    [
        "SET amount_micros = 1",
        "SET starts_at = '2020-01-01 00:00:00+00'",
        "SET reason = 'X'",
        "SET reason_code = 'risk'",
        "SET by_name = 'X'",
        "SET wallet_id = wallet_id + 1",
        "SET slot = 'temporary'",
    ],
)
def test_the_history_of_limits_cannot_be_rewritten_not_even_of_the_one_that_stands(desk, change):
    assert CreditLimit.objects.open().exists()
    assert refused(f"UPDATE credit_creditlimit {change} WHERE ended_at IS NULL", HISTORY)
    assert refused("DELETE FROM credit_creditlimit WHERE ended_at IS NULL", HISTORY)


@pytest.mark.parametrize(
    "change", ["SET ended_at = NULL, ending = ''", "SET ending = 'removed'", "SET review_on = NULL"]
)
def test_a_limit_that_ended_has_ended_once(desk, change):
    assert CreditLimit.objects.exclude(ended_at=None).exists()
    assert refused(f"UPDATE credit_creditlimit {change} WHERE ended_at IS NOT NULL", HISTORY)


def test_a_limit_still_ends_and_is_still_reviewed(desk):
    assert done("UPDATE credit_creditlimit SET review_on = '2030-01-01' WHERE ended_at IS NULL") == 1
    assert desk.set_limit("400") == ACCEPTED
    assert CreditLimit.objects.open().get().amount_micros == 400_000_000


def test_a_scheduled_limit_still_starts():
    desk = a_desk(permanent_limit="100")
    assert desk.set_limit("150", starts_at=NOON + days(1), ends_at=NOON + days(2)) == ACCEPTED
    assert refused("UPDATE credit_creditlimit SET slot = 'permanent' WHERE slot = 'scheduled'", HISTORY)
    desk.now = NOON + days(1)
    assert desk.charge("120") == ACCEPTED
    assert CreditLimit.objects.filter(slot="temporary", ended_at=None).exists()


@pytest.mark.parametrize(
    "change",
    [
        "SET amount_micros = amount_micros + 1",
        "SET starts_at = '2020-01-01 00:00:00+00'",
        "SET last_sequence = 99",
        "SET closed_at = NULL, invoice_id = NULL",
        "SET invoice_id = NULL",
    ],
)
def test_a_closed_period_stays_as_it_was_closed(desk, change):
    assert Period.objects.get().invoice is not None
    assert refused(f"UPDATE credit_period {change}", PERIOD)
    assert refused("DELETE FROM credit_period", PERIOD)


def test_an_ended_period_is_closed_once_and_keeps_its_amount_until_then(desk):
    desk.charge("1")
    period = Period.objects.get()
    waiting = Period.objects.create(
        wallet=desk.wallet,
        starts_at=period.ends_at,
        ends_at=period.ends_at + days(30),
        scheme="individual",
        amount_micros=1_000_000,
        first_sequence=5,
        last_sequence=5,
        recorded_at=APRIL,
    )
    assert refused(f"UPDATE credit_period SET amount_micros = 2 WHERE id = {waiting.pk}", PERIOD)
    assert done(f"UPDATE credit_period SET closed_at = ends_at WHERE id = {waiting.pk}") == 1
    assert refused(f"UPDATE credit_period SET closed_at = NULL WHERE id = {waiting.pk}", PERIOD)


@pytest.mark.parametrize("change", ["SET last_number = last_number - 1", "SET name = 'X' || name"])
def test_a_series_of_numbers_only_counts_on(desk, change):
    drawn = InvoiceSeries.objects.exclude(last_number=0).get()
    assert refused(f"UPDATE credit_invoiceseries {change} WHERE id = {drawn.pk}", SERIES)
    assert refused("DELETE FROM credit_invoiceseries", SERIES)
    assert invoices.issue(now=APRIL + days(15)) == 1
    assert InvoiceSeries.objects.get(pk=drawn.pk).last_number == drawn.last_number + 1


def test_an_allocation_stays_until_it_is_ended_and_then_for_good(desk):
    assert refused("UPDATE credit_allocation SET amount_micros = 1", ALLOCATION)
    assert refused("DELETE FROM credit_allocation", ALLOCATION)
    line = Payment.objects.get().transaction
    allocations.reallocate(line=line, amounts={}, reason="wrong one", by=FINANCE, now=desk.now)
    assert Allocation.objects.exclude(ended_at=None).exists()
    assert refused("UPDATE credit_allocation SET ended_at = NULL WHERE ended_at IS NOT NULL", ALLOCATION)


def test_no_line_and_no_tax_is_added_to_an_issued_invoice(desk):
    issued = Invoice.objects.exclude(issued_at=None).latest("pk")
    line = InvoiceLine(invoice=issued, kind="fax", exact_micros=1, rounded_micros=1, count=1)
    tax = InvoiceTax(invoice=issued, rate=1, gross_micros=1, tax_micros=1)
    for added in (line, tax):
        with pytest.raises(DatabaseError, match=ISSUED), transaction.atomic():
            added.save()


@pytest.mark.parametrize("change", ["invoice_id = {issued}", "rounded_micros = 1", "kind = 'fax'"])
def test_no_line_of_a_draft_moves_to_an_issued_invoice_or_says_another_amount(desk, change):
    issued = Invoice.objects.exclude(issued_at=None).latest("pk")
    draft = Invoice.objects.get(issued_at=None)
    change = change.format(issued=issued.pk)
    assert refused(f"UPDATE credit_invoiceline SET {change} WHERE invoice_id = {draft.pk}", ASKED)


def test_a_draft_asks_for_what_was_charged_and_is_issued_as_it_is(desk):
    assert refused("UPDATE credit_invoice SET total_micros = 1 WHERE issued_at IS NULL", ASKED)
    draft = Invoice.objects.get(issued_at=None)
    InvoiceTax.objects.create(invoice=draft, rate=1, gross_micros=1, tax_micros=1)
    assert refused("UPDATE credit_invoicetax SET tax_micros = 2", ASKED)
    assert done(f"UPDATE credit_invoiceline SET tax_rate = 5 WHERE invoice_id = {draft.pk}") == 1


def test_the_seller_that_an_issued_invoice_names_stays_and_another_one_may_change(desk):
    named = Seller.objects.get()
    later = Seller.objects.create(valid_from=NOON.date() + days(300), name="Later", address="Street 2")
    assert refused(f"UPDATE credit_seller SET iban = 'SK00' WHERE id = {named.pk}", SELLER)
    assert done(f"UPDATE credit_seller SET iban = 'SK00' WHERE id = {later.pk}") == 1


def test_a_switch_to_prepaid_and_back_writes_all_of_it_once(desk):
    for to, more in (("prepaid", {}), ("postpaid", {"scheme": "individual"})):
        modes.change_mode(wallet=desk.wallet, to=to, keep_limit=True, **more, by=FINANCE, now=desk.now)
    assert desk.books_are_straight()


GUARDED = [Payment, CreditLimit, Period, Allocation, InvoiceSeries]


@ON_POSTGRESQL
@pytest.mark.parametrize("model", GUARDED)
def test_none_of_these_tables_can_be_emptied(model):
    table = model._meta.db_table
    assert refused(f"TRUNCATE {table} CASCADE", f"{PAYMENT}|{HISTORY}|{PERIOD}|{ALLOCATION}|{SERIES}")


@ON_SQLITE
@pytest.mark.parametrize("model", [*GUARDED, Seller])
def test_none_of_these_rows_can_be_replaced_by_itself(desk, model):
    table = model._meta.db_table
    assert model.objects.exists()
    words = f"{PAYMENT}|{HISTORY}|{PERIOD}|{ALLOCATION}|{SERIES}|{SELLER}"
    assert refused(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}", words)


@ON_SQLITE
def test_an_update_that_replaces_takes_no_row_away(desk):
    """UPDATE OR REPLACE removes whoever has the key that a row is given, and asks no DELETE trigger."""
    number = Invoice.objects.exclude(issued_at=None).latest("pk").number
    stamp = f"number = '{number}', issued_at = created_at"
    assert refused(f"UPDATE OR REPLACE credit_invoice SET {stamp} WHERE issued_at IS NULL", ISSUED)
    assert refused("UPDATE OR REPLACE credit_invoice SET id = 1 WHERE issued_at IS NULL", ASKED)
    later = Seller.objects.create(valid_from=NOON.date() + days(300), name="Later", address="Street 2")
    day = f"valid_from = (SELECT min(valid_from) FROM credit_seller) WHERE id = {later.pk}"
    assert refused(f"UPDATE OR REPLACE credit_seller SET {day}", SELLER)


@ON_SQLITE
def test_a_scheduled_limit_does_not_replace_the_one_that_runs():
    desk = a_desk(permanent_limit="100")
    assert desk.set_limit("150", ends_at=NOON + days(1)) == ACCEPTED
    assert desk.set_limit("160", starts_at=NOON + days(2), ends_at=NOON + days(3)) == ACCEPTED
    statement = "UPDATE OR REPLACE credit_creditlimit SET slot = 'temporary' WHERE slot = 'scheduled'"
    assert refused(statement, HISTORY)
