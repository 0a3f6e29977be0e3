"""Sums over many customers may be wider than 64 bits; they are whole all the same, on both databases."""

from datetime import timedelta

import pytest
from django.db.models import Q

from credit.actions import payments, waiting
from credit.actions.authority import bounds_of
from credit.documents import statements
from credit.models import Increase, Transaction
from credit.models.sums import WideSum
from credit.reports import ageing
from tests.factories import a_wallet, micros
from tests.govern.people import a_manager
from tests.reports.owing import FINANCE, NOW, a_customer, invoiced

pytestmark = pytest.mark.django_db
HUGE = "900000000000"
TOO_MANY = 11  # of them are more than 64 bits of micros


def test_what_is_due_is_added_up_whole():
    for _ in range(TOO_MANY):
        invoiced(a_customer(currency="IDR", limit="1"), HUGE, 40)

    (found,) = ageing.per_currency(NOW)
    assert found.due_micros == found.micros["d60"] == TOO_MANY * micros(HUGE)


def test_a_statement_of_much_money_in_and_out_adds_up():
    wallet = a_customer(currency="IDR", limit="1")
    for at in range(TOO_MANY):
        invoiced(wallet, HUGE, -at)
        payments.record_payment(wallet=wallet, amount=HUGE, by=FINANCE, now=NOW)

    wallet.refresh_from_db()
    statement = statements.read(wallet, (NOW - timedelta(days=99)).date(), (NOW + timedelta(days=99)).date())
    assert statement.in_micros == -statement.out_micros == TOO_MANY * micros(HUGE)
    assert statement.opening_micros == statement.closing_micros == 0


def test_raises_of_30_days_that_no_number_of_64_bits_holds_are_counted_and_bound():
    wallet, manager = a_wallet(), a_manager()
    row = {"at": NOW, "verb": "set_limit", "increase_micros": micros(HUGE) + 1, "by_name": "Root"}
    Increase.objects.bulk_create([Increase(wallet=wallet, **row) for _ in range(TOO_MANY)])

    bounds = bounds_of(wallet, manager, NOW)
    assert (bounds.spent_micros, bounds.left_micros) == (TOO_MANY * (micros(HUGE) + 1), 0)
    assert list(waiting.waiting_for(manager, NOW)) == []


def test_a_wide_sum_may_be_of_some_rows_only_and_keeps_signs():
    wallet = a_customer(currency="IDR", limit="1")
    invoiced(wallet, "7", 1)
    payments.record_payment(wallet=wallet, amount="5", by=FINANCE, now=NOW)

    found = Transaction.objects.aggregate(
        every=WideSum("amount_micros"), paid=WideSum("amount_micros", filter=Q(kind="payment"))
    )
    assert found == {"every": -micros("2"), "paid": micros("5")}
