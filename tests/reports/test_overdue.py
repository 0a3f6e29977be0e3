"""Who is overdue and goes on spending."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db.models import DateField, F, Value

from credit.actions import payments
from credit.models import Wallet
from credit.reports import overdue
from tests.factories import micros
from tests.reports.owing import FINANCE, NOW, a_customer, invoiced, spends

pytestmark = pytest.mark.django_db


def debtors(**asked):
    return {row["wallet_id"]: row for row in overdue.debtors(NOW, **asked)}


def test_a_wallet_is_a_row_with_what_is_overdue_and_since_when():
    wallet = a_customer()
    oldest = invoiced(wallet, "100", 40)
    invoiced(wallet, "50", 3)
    invoiced(wallet, "25", -3)

    row = debtors()[wallet.pk]

    assert (row["overdue_micros"], row["invoices"]) == (micros("150"), 2)
    assert row["oldest_due_on"] == oldest.due_on
    assert row["oldest_due"] == oldest.due_on.isoformat()


def test_who_has_charged_nothing_since_the_oldest_due_date_does_not_spend():
    quiet, spending, paying = (a_customer(name=name) for name in ("Quiet", "Spending", "Paying"))
    for wallet in (quiet, spending, paying):
        invoiced(wallet, "100", 10)
        spends(wallet, "5", days_ago=11)
    spends(spending, "5", days_ago=9)
    payments.record_payment(wallet=paying, amount="20", by=FINANCE, now=NOW)

    assert set(debtors()) == {quiet.pk, spending.pk, paying.pk}
    assert set(debtors(still_spending=True)) == {spending.pk}


def test_spending_on_the_due_date_itself_was_in_time():
    wallet = a_customer()
    invoiced(wallet, "100", 10)
    spends(wallet, "5", days_ago=10)

    assert debtors(still_spending=True) == {}


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12", "Etc/GMT-14", "Europe/Tallinn", "UTC"])
def test_a_later_day_is_one_on_the_customers_calendar(zone):
    """14 hours before UTC to 12 behind it: quarter by quarter of a day around a date, as Python's own calendar says."""
    wallet, day = a_customer(), date(2026, 3, 29)  # in Tallinn the clock is turned that night
    midnight = datetime(2026, 3, 28, tzinfo=UTC)
    for hours in range(0, 84, 2):
        for tick in (timedelta(), timedelta(microseconds=-1)):
            at = midnight + timedelta(hours=hours) + tick
            Wallet.objects.filter(pk=wallet.pk).update(created_at=at, time_zone=zone)
            later = overdue.IsOnALaterDay(F("created_at"), F("time_zone"), Value(day, DateField()))
            found = Wallet.objects.filter(later, pk=wallet.pk).exists()
            assert found == (at.astimezone(ZoneInfo(zone)).date() > day), at


def test_who_has_paid_everything_is_on_no_list():
    wallet = a_customer()
    invoiced(wallet, "100", 10)
    spends(wallet, "5")
    payments.record_payment(wallet=wallet, amount="100", by=FINANCE, now=NOW)

    assert debtors() == {}


def test_spending_is_told_for_a_week_and_a_month():
    wallet, other = a_customer(), a_customer(name="Other")
    for amount, days in [("1", 40), ("2", 29), ("4", 8), ("8", 6), ("16", 0)]:
        spends(wallet, amount, days_ago=days)
    rows = list(Wallet.objects.filter(pk__in=[wallet.pk, other.pk]))

    spent = overdue.spent_by(rows, NOW)

    assert spent[wallet.pk] == overdue.Spent(short_micros=micros("24"), long_micros=micros("30"))
    assert other.pk not in spent


def test_the_dates_of_all_time_zones_are_those_of_their_clocks():
    for hour in range(0, 24, 3):
        now = NOW.replace(hour=hour)
        there = overdue.today(now)
        for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Bratislava", "Asia/Singapore"):
            assert there.of(zone) == now.astimezone(ZoneInfo(zone)).date()
        assert len(there.elsewhere) <= 2
        assert max([there.usual, *there.elsewhere]) - min([there.usual, *there.elsewhere]) <= timedelta(
            days=2
        )
