"""The ledger: append-only in the database itself, gap-free, and its sum is the current balance (section 2)."""

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from credit.models import Change, HoldLine, Transaction, Wallet
from tests.desk import ACCEPTED, a_desk
from tests.factories import APRIL, NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    desk = a_desk("100", permanent_limit="50")
    assert desk.charge("30") == ACCEPTED
    assert desk.reserve("20") == ACCEPTED
    assert desk.set_limit("60") == ACCEPTED
    return desk


@pytest.mark.parametrize("model", [Transaction, HoldLine, Change])
@pytest.mark.parametrize("statement", ["UPDATE {table} SET by_name = 'X'", "DELETE FROM {table}"])
def test_the_database_itself_refuses_to_change_or_delete_a_line(desk, model, statement):
    assert model.objects.exists()
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement.format(table=model._meta.db_table))
    assert not model.objects.filter(by_name="X").exists()


def test_a_query_of_the_framework_is_refused_too(desk):
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Transaction.objects.update(amount_micros=0)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        desk.last_line().delete()


def test_a_wallet_with_a_ledger_cannot_be_deleted(desk):
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {Wallet._meta.db_table} WHERE id = %s", [desk.wallet.pk])
        connection.check_constraints()


def test_no_two_lines_of_a_wallet_have_one_sequence(desk):
    line = desk.last_line()
    line.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        line.save(force_insert=True)


def test_every_line_carries_the_current_balance_after_it(desk):
    for verb in (desk.charge, desk.pay, desk.give, desk.withdraw):
        assert verb("10") == ACCEPTED
    assert desk.commit("15") == ACCEPTED
    assert desk.books_are_straight()


def test_current_balance_is_the_sum_of_the_ledger_before_and_after_a_close():
    desk = a_desk("65.98", mode="postpaid", permanent_limit="100")
    assert desk.charge("0.000009") == ACCEPTED
    assert desk.is_(current_balance="65.979991")
    desk.now = APRIL
    assert desk.is_(current_balance="65.979991")
    assert desk.close_periods() == ACCEPTED
    assert desk.is_(current_balance="65.98")
    assert desk.books_are_straight()


PERIOD = {"period_starts_at": NOON, "period_ends_at": APRIL}
BROKEN_ROWS = [
    (
        {"mode": "postpaid", "scheme": "none", "permanent_limit_micros": None} | PERIOD,
        "a_postpaid_wallet_has_a_limit",
    ),
    ({"mode": "postpaid", "scheme": "none"}, "an_open_postpaid_wallet_has_a_running_period"),
    (PERIOD, "an_open_postpaid_wallet_has_a_running_period"),
    ({"scheme": "none"}, "only_a_postpaid_wallet_has_a_scheme"),
    ({"limit_unlimited": True}, "an_unlimited_limit_has_no_amount"),
    ({"permanent_limit_micros": -1}, "a_limit_is_never_negative"),
    ({"unbilled_micros": 5}, "a_prepaid_wallet_has_nothing_unbilled"),
    ({"temporary_limit_micros": 5}, "a_temporary_limit_ends_after_it_starts"),
    ({"scheduled_limit_micros": 5}, "a_scheduled_limit_ends_after_it_starts"),
    (
        {"temporary_limit_micros": 5, "temporary_starts_at": APRIL, "temporary_ends_at": NOON},
        "a_temporary_limit_ends_after_it_starts",
    ),
    ({"reserved_micros": -1, "next_hold_ends_at": APRIL}, "reserved_is_never_negative"),
    ({"reserved_micros": 1}, "every_hold_has_an_end"),
    ({"closed_at": NOON, "balance_micros": 1}, "a_closed_wallet_is_empty"),
    ({"near_percent": 0}, "near_is_a_percentage"),
]


@pytest.mark.parametrize(
    ("columns", "rule"), BROKEN_ROWS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_row_that_breaks_a_rule_is_refused_by_the_constraint_named_after_it(columns, rule):
    wallet = a_desk(permanent_limit="5").wallet
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        Wallet.objects.filter(pk=wallet.pk).update(**columns)
