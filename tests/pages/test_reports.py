"""The reports page: revenue of a month, and the journal to download."""

import csv
from datetime import date
from io import StringIO

import pytest
import time_machine
from django.urls import reverse

from credit.actions import payments
from credit.groups import OFFICER, VIEWER
from credit.models import TaxRate
from tests.pages.people import signed_in, text
from tests.reports.owing import FINANCE, NOW, a_customer, spends

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_noon():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def wallet():
    TaxRate.objects.create(rate=2300, valid_from=date(2020, 1, 1))
    wallet = a_customer()
    spends(wallet, "123", days_ago=3)
    payments.record_payment(wallet=wallet, amount="50", by=FINANCE, now=NOW)
    return wallet


def shown(name="reports", group=OFFICER, **asked):
    return signed_in(group).get(reverse(name), asked)


def streamed(answer):
    return b"".join(answer.streaming_content).decode("utf-8-sig")


def test_the_running_month_is_shown_with_gross_tax_and_net(wallet):
    page = text(shown())

    assert "Revenue, July 2026" in page
    assert "Call 1 123.00 – – – 123.00 23.00 100.00" in page
    assert "Payment 1 50.00 – 50.00" in page
    assert "All 2 ledger lines of the month" in page
    assert "−73.00 EUR" in page


def test_a_month_without_lines_says_so(wallet):
    assert "Nothing was posted in May 2026" in text(shown(month="2026-05"))


@pytest.mark.parametrize("asked", ["2026-13", "x", "2031-01", "0000-01"])
def test_a_month_that_cannot_be_read_is_the_running_one(asked, wallet):
    assert "Revenue, July 2026" in text(shown(month=asked))


def test_revenue_can_be_exported(wallet):
    rows = list(csv.DictReader(StringIO(streamed(shown("revenue_csv", month="2026-07")))))

    call, payment = rows
    assert (call["Kind"], call["Gross"], call["Tax contained"], call["Net"]) == (
        "call",
        "123.00",
        "23.00",
        "100.00",
    )
    assert (payment["Kind"], payment["Gross"], payment["Net"]) == ("payment", "50.00", "")


def test_the_journal_can_be_downloaded(wallet):
    answer = shown("journal", since="2026-07-01")

    assert answer["Content-Disposition"] == 'attachment; filename="books-2026-07-01.journal"'
    assert f"liabilities:customers:EUR:{wallet.wallet_id}  123.000000 EUR = 123.000000 EUR" in streamed(
        answer
    )


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"since": "2026-07-02", "until": "2026-07-01"}, "“From” is after “To”."),
        ({"wallet": "W-0000-0000"}, "There is no such wallet."),
        ({"since": "yesterday"}, "Enter a valid date."),
    ],
)
def test_what_cannot_be_exported_is_said(asked, words, wallet):
    answer = shown("journal", **asked)

    assert answer.status_code == 422
    assert words in text(answer)


def test_only_who_may_export_the_books_can(wallet):
    assert shown("reports", group=VIEWER).status_code == 200
    assert "Download the journal" not in text(shown("reports", group=VIEWER))
    for name in ("journal", "revenue_csv"):
        assert shown(name, group=VIEWER).status_code == 403
