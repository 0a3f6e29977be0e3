"""Revenue per kind and month: every ledger line is in exactly one month, and the figures are the lines' own sum."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from credit.actions import charges, closes, corrections, payments, statuses
from credit.models import Change, Period, TaxRate, Transaction, Wallet
from credit.reports import revenue
from tests.factories import micros
from tests.reports.life import Life
from tests.reports.owing import FINANCE, a_customer

pytestmark = pytest.mark.django_db

MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)
NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)


def of(month, currency="EUR"):
    return next((one for one in revenue.of_month(month) if one.currency == currency), None)


def charge(wallet, amount, kind="call", at=NOON):
    charges.charge(wallet=wallet, amount=amount, kind=kind, by=FINANCE, now=at)
    return last_line()


def last_line():
    return Transaction.objects.latest("pk")


def a_past_customer(**columns):
    wallet = a_customer(**columns)
    Wallet.objects.filter(pk=wallet.pk).update(latest_at=datetime(2026, 1, 1, tzinfo=UTC))
    return Wallet.objects.get(pk=wallet.pk)


def test_charges_and_their_corrections_stand_with_their_kind():
    wallet = a_past_customer(scheme="individual")
    call = charge(wallet, "10.5")
    charge(wallet, "4", "sms")
    server = charge(wallet, "100", "hardware")
    corrections.refund(transaction=call, amount="2.25", reason="r", by=FINANCE, now=NOON)
    corrections.refund(transaction=server, amount="30", reason="r", by=FINANCE, now=NOON)
    corrections.reverse(transaction=server, reason="r", by=FINANCE, now=NOON)

    rows = {row.kind: row for row in of(MARCH).charges}

    assert rows["call"].own_micros == micros("10.5")
    assert rows["call"].refunded_micros == micros("-2.25")
    assert rows["call"].gross_micros == micros("8.25")
    assert rows["sms"].gross_micros == micros("4")
    assert (rows["hardware"].credited_micros, rows["hardware"].reversed_micros) == (
        micros("-30"),
        micros("-70"),
    )
    assert rows["hardware"].gross_micros == 0


def test_the_reversal_of_a_refund_gives_the_item_its_revenue_back():
    wallet = a_past_customer()
    call = charge(wallet, "10")
    corrections.refund(transaction=call, amount="4", reason="r", by=FINANCE, now=NOON)
    corrections.reverse(transaction=last_line(), reason="r", by=FINANCE, now=NOON)

    (row,) = of(MARCH).charges

    assert (row.refunded_micros, row.reversed_micros, row.gross_micros) == (
        micros("-4"),
        micros("4"),
        micros("10"),
    )


def test_money_that_is_no_revenue_stands_apart():
    wallet = a_past_customer()
    charge(wallet, "10")
    payments.record_payment(wallet=wallet, amount="50", by=FINANCE, now=NOON)
    corrections.reverse(transaction=last_line(), reason="r", by=FINANCE, now=NOON)
    payments.record_payment(wallet=wallet, amount="3", by=FINANCE, now=NOON)

    found = of(MARCH)

    (payment,) = found.others
    assert (payment.own_micros, payment.reversed_micros) == (micros("53"), micros("-50"))
    assert found.total.gross_micros == micros("10")
    assert found.ledger_micros == micros("-7")


def test_tax_is_contained_in_the_gross_amount():
    TaxRate.objects.create(rate=2300, valid_from=date(2020, 1, 1))
    TaxRate.objects.create(kind="hardware", rate=500, valid_from=date(2020, 1, 1))
    wallet = a_past_customer()
    charge(wallet, "123")
    charge(wallet, "105", "hardware")

    rows = {row.kind: row for row in of(MARCH).charges}

    assert (rows["call"].tax_micros, rows["call"].net_micros) == (micros("23"), micros("100"))
    assert (rows["hardware"].tax_micros, rows["hardware"].net_micros) == (micros("5"), micros("100"))


def charged_around_a_change_of_rate():
    """20 % until Singapore's 13 March ends: a purchase on each side of it, and a call of the month's invoice."""
    TaxRate.objects.create(rate=2000, valid_from=date(2020, 1, 1))
    TaxRate.objects.create(rate=0, valid_from=date(2026, 3, 14))
    wallet = a_past_customer(scheme="individual", zone="Asia/Singapore")
    charge(wallet, "120", "hardware", at=datetime(2026, 3, 13, 15, 59, 59, tzinfo=UTC))
    charge(wallet, "120", "hardware", at=datetime(2026, 3, 13, 16, 0, tzinfo=UTC))
    charge(wallet, "120", "call", at=datetime(2026, 3, 13, 16, 0, tzinfo=UTC))


def test_a_rate_that_changes_in_mid_month_holds_from_its_day_for_what_is_not_counted():
    charged_around_a_change_of_rate()

    rows = {row.kind: row for row in of(MARCH).charges}

    assert rows["hardware"].tax_micros == micros("20")
    assert rows["call"].tax_micros == 0  # its period ends after the change


@pytest.mark.parametrize("scheme", ["individual", "consolidated"])
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Bratislava"])
def test_a_month_begins_at_its_first_instant_where_the_customer_is(zone, scheme):
    wallet = a_past_customer(zone=zone, scheme=scheme)
    first = datetime(2026, 4, 1, tzinfo=ZoneInfo(zone))
    for kind, amount in [("call", "1"), ("hardware", "2")]:
        charge(wallet, amount, kind, at=first - timedelta(microseconds=1) if kind == "call" else first)

    assert [row.kind for row in of(MARCH).charges] == ["call"]
    assert [row.kind for row in of(APRIL).charges] == ["hardware"]


def test_after_a_move_the_running_period_keeps_its_end_and_its_lines():
    wallet = a_past_customer(zone="Asia/Singapore", scheme="individual")
    charge(wallet, "1", at=NOON)
    statuses.change_time_zone(
        organization=wallet.organization, time_zone="America/Juneau", by=FINANCE, now=NOON
    )
    # In Juneau it is still March; the period has ended with March in Singapore.
    at = datetime(2026, 3, 31, 20, tzinfo=UTC)
    charge(wallet, "2", at=at)
    charge(wallet, "4", "hardware", at=at)

    march, april = ({row.kind: row.gross_micros for row in of(month).charges} for month in (MARCH, APRIL))

    assert march == {"call": micros("1"), "hardware": micros("4")}
    assert april == {"call": micros("2")}


def test_a_month_that_is_over_stays_as_it_was_when_the_customer_moves():
    wallet = a_past_customer(zone="Asia/Singapore")
    charge(wallet, "1", at=datetime(2026, 3, 31, 15, tzinfo=UTC))
    charge(wallet, "2", at=datetime(2026, 3, 31, 17, tzinfo=UTC))
    before = [of(MARCH).ledger_micros, of(APRIL).ledger_micros]
    statuses.change_time_zone(
        organization=wallet.organization,
        time_zone="America/Juneau",
        by=FINANCE,
        now=datetime(2026, 5, 5, tzinfo=UTC),
    )

    assert [of(MARCH).ledger_micros, of(APRIL).ledger_micros] == before


# --- against a reading of its own, line by line -----------------------------------------------------------------------


def months_read_alone():
    """(month, currency) -> sum of its lines, found line by line from the history of zones and periods."""
    moves = defaultdict(list)
    for change in Change.objects.filter(verb="change_time_zone").order_by("at", "pk"):
        if change.after:
            moves[change.wallet_id].append((change.at, change.before["time_zone"], change.after["time_zone"]))
    ends = {(one.wallet_id, one.starts_at): one.ends_at for one in Period.objects.all()}
    found, latest = defaultdict(int), {}
    for line in Transaction.objects.select_related("wallet").order_by("wallet_id", "sequence"):
        wallet = line.wallet
        zone_at = zones_of(wallet, moves[wallet.pk])
        if line.counted:
            end = ends.get((wallet.pk, line.period_starts_at), wallet.period_ends_at)
            day = (end - timedelta(microseconds=1)).astimezone(zone_at(line.period_starts_at)).date()
        else:
            day = line.posted_at.astimezone(zone_at(line.posted_at)).date()
            day = latest[wallet.pk] = max(
                day, latest.get(wallet.pk, day)
            )  # a clock may go back over midnight
        found[day.replace(day=1), wallet.currency] += line.amount_micros
    return found


def zones_of(wallet, moves):
    def at(instant):
        names = [before for when, before, _ in moves if instant < when]
        return ZoneInfo(names[0] if names else wallet.time_zone)

    return at


@pytest.mark.parametrize("seed", range(8))
def test_the_figures_of_every_month_are_the_sum_of_its_ledger_lines(seed):
    life = Life(seed, start=datetime(2026, 1, 28, tzinfo=UTC)).lived(days=100, steps=150)
    closes.close(wallet_pks=[one.pk for one in life.wallets], by=FINANCE, now=life.now)
    months = [date(2025, 12, 1), *(date(2026, number, 1) for number in range(1, 8))]

    found = {
        (month, one.currency): (one.ledger_micros, one.lines)
        for month in months
        for one in revenue.of_month(month)
    }

    expected = months_read_alone()
    assert {key: ledger for key, (ledger, _) in found.items() if ledger} == {
        key: total for key, total in expected.items() if total
    }
    assert sum(lines for _, lines in found.values()) == Transaction.objects.count()


def test_a_month_asks_few_questions(django_assert_max_num_queries):
    life = Life(1).lived(days=100, steps=60)
    with django_assert_max_num_queries(10):
        revenue.of_month(date(life.now.year, life.now.month, 1))
