"""How long what is due has been due: the classes add up to the rule's amount due, currency by currency."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import F, Sum

from credit.actions import closes, modes, payments
from credit.models import Invoice, Wallet
from credit.reports import ageing
from tests.factories import micros
from tests.reports.life import Life
from tests.reports.owing import FINANCE, NOW, a_customer, invoiced, spends

pytestmark = pytest.mark.django_db


def aged(now=NOW):
    return {each.currency: each for each in ageing.per_currency(now)}


def amounts(found):
    """Only what is not zero, in micros: {"d30": 5000000}."""
    return {name: left for name, left in {**found.micros, "other": found.other_micros}.items() if left}


def due_by_rule(now, currency):
    due = Wallet.objects.at(now, "due_micros").filter(currency=currency, mode="postpaid")
    return due.aggregate(total=Sum("due_micros"))["total"] or 0


def test_each_invoice_stands_in_the_class_of_its_days():
    wallet = a_customer()
    for amount, days in [("512", 300), ("256", 91), ("128", 90), ("64", 61), ("32", 60)]:
        invoiced(wallet, amount, days)
    for amount, days in [("16", 31), ("8", 30), ("4", 1), ("2", 0), ("1", -5)]:
        invoiced(wallet, amount, days)

    found = aged()["EUR"]

    expected = {"current": "3", "d30": "12", "d60": "48", "d90": "192", "older": "768"}
    assert amounts(found) == {name: micros(amount) for name, amount in expected.items()}
    assert found.overdue_micros == micros("1020")
    assert found.invoices == {"current": 2, "d30": 2, "d60": 2, "d90": 2, "older": 2}


def test_a_due_date_is_over_when_it_is_over_where_the_customer_is():
    early = invoiced(a_customer(zone="Pacific/Kiritimati", currency="EUR"), "1", 0)
    behind = invoiced(a_customer(name="Two", zone="Pacific/Pago_Pago", currency="USD"), "1", 0)
    assert early.due_on == behind.due_on + timedelta(days=1)

    first = datetime(early.due_on.year, early.due_on.month, early.due_on.day, 10, 1, tzinfo=UTC)
    found = aged(first)  # the 16th has just ended in Kiritimati; in Pago Pago the 15th has 59 minutes left

    assert amounts(found["EUR"]) == {"d30": micros("1")}
    assert amounts(found["USD"]) == {"current": micros("1")}


def test_amounts_of_different_currencies_are_never_added():
    invoiced(a_customer(currency="EUR"), "10", 40)
    invoiced(a_customer(name="Other", currency="JPY"), "10", 40)

    assert [(each.currency, each.due_micros) for each in ageing.per_currency(NOW)] == [
        ("EUR", micros("10")),
        ("JPY", micros("10")),
    ]


def test_a_payment_takes_what_it_pays_out_of_its_class():
    wallet = a_customer()
    invoiced(wallet, "100", 70)
    invoiced(wallet, "50", 5)

    payments.record_payment(wallet=wallet, amount="120", by=FINANCE, now=NOW)

    assert amounts(aged()["EUR"]) == {"d30": micros("30")}


def test_a_draft_is_due_and_not_on_an_invoice():
    wallet = a_customer()
    invoiced(wallet, "100", 5)
    spends(wallet, "7", days_ago=0, kind="hardware")

    assert amounts(aged()["EUR"]) == {"d30": micros("100"), "other": micros("7")}


@pytest.mark.parametrize(("counts", "stands_in"), [(False, "other"), (True, "d30")])
def test_an_internal_statement_counts_only_where_the_setting_says_so(settings, counts, stands_in):
    settings.CREDIT_STATEMENT_COUNTS_AS_OVERDUE = counts
    wallet = a_customer(scheme="none")
    spends(wallet, "12", days_ago=60)
    closes.close(wallet_pks=[wallet.pk], by=FINANCE, now=NOW - timedelta(days=44))
    _issue_all(NOW - timedelta(days=44))

    assert amounts(aged()["EUR"]) == {stands_in: micros("12")}


def _issue_all(now):
    from credit.actions import invoices

    while invoices.issue(now=now):
        pass


def test_a_customer_who_has_become_prepaid_still_owes_its_invoices():
    wallet = a_customer()
    invoiced(wallet, "100", 40)
    modes.change_mode(wallet=wallet, to="prepaid", keep_limit=True, by=FINANCE, now=NOW)

    found = aged()["EUR"]

    assert amounts(found) == {"d60": micros("100")}
    assert found.due_micros == micros("100")


@pytest.mark.parametrize("later", [0, 45, 120])
@pytest.mark.parametrize("seed", range(4))
def test_the_classes_add_up_to_the_amount_due_by_the_rule(seed, later):
    now = Life(seed).lived(days=120, steps=120).now + timedelta(days=later)
    prepaid = Invoice.objects.open().filter(wallet__mode="prepaid").exclude(kind="statement")
    for code, found in aged(now).items():
        of_prepaid = prepaid.filter(currency=code).aggregate(open=Sum(F("total_micros") - F("paid_micros")))
        assert sum(found.micros.values()) + found.other_micros == found.due_micros
        assert found.due_micros == due_by_rule(now, code) + (of_prepaid["open"] or 0)


@pytest.mark.parametrize("seed", range(3))
def test_the_customers_of_a_currency_add_up_to_the_currency(seed):
    now = Life(seed).lived(days=120, steps=120).now + timedelta(days=50)
    every = ageing.per_wallet(list(Wallet.objects.at(now, "due_micros")), now).values()
    for code, found in aged(now).items():
        own = [each for each in every if each.currency == code]
        for name in ageing.NAMES:
            assert sum(each.micros[name] for each in own) == found.micros[name]
            assert sum(each.invoices[name] for each in own) == found.invoices[name]
        assert sum(each.due_micros for each in own) == found.due_micros


def test_ageing_asks_two_questions_however_many_customers_there_are(django_assert_num_queries):
    for number in range(5):
        invoiced(a_customer(name=f"Customer {number}"), "10", 20 * number)
    with django_assert_num_queries(2):
        ageing.per_currency(NOW)
