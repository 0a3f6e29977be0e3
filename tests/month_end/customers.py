"""Customers with a month behind them, and a clock that a test sets."""

from datetime import UTC, datetime, timedelta

from credit.actions import charges, month_end, wallets
from credit.actors import Actor
from credit.models import InvoiceLine, MonthEndRun, Period, Transaction, Wallet
from organizations.models import Organization
from organizations.names import normalise

BY = Actor.system("Test")
MARCH = datetime(2026, 3, 1, tzinfo=UTC)
APRIL = datetime(2026, 4, 1, tzinfo=UTC)
AFTER = APRIL + timedelta(minutes=5)
# By turns: several kinds, amounts that need rounding, nothing at all; currencies of two decimals and of none.
CURRENCIES = ("EUR", "USD", "JPY")
SCHEMES = ("consolidated", "individual", "none")
USE = (
    [("call", "1.234567"), ("sms", "0.05")],
    [("call", "0.004999")],
    [],
    [("fax", "12.5"), ("call", "0.000001"), ("number_activation", "3")],
)


def customers(count, *, zone="UTC", since=MARCH, charged_at=None):
    """Postpaid wallets with charges in their first month; every fourth has none."""
    made = _wallets(count, zone, since)
    lines = [
        charges.Line(wallet=wallet, amount=amount, kind=kind)
        for number, wallet in enumerate(made)
        for kind, amount in USE[number % len(USE)]
    ]
    for start in range(0, len(lines), 1000):
        charges.post(lines=lines[start : start + 1000], by=BY, now=charged_at or since + timedelta(days=10))
    return made


def _wallets(count, zone, since):
    earlier = Organization.objects.count()
    names = [f"Customer {earlier + number}" for number in range(count)]
    organizations = Organization.objects.bulk_create(
        [Organization(name=name, search_name=normalise(name), time_zone=zone) for name in names]
    )
    new = [
        wallets.NewWallet(
            organization, CURRENCIES[n % 3], "postpaid", SCHEMES[n // 3 % 3], limit=1_000_000, wallet_id=""
        )
        for n, organization in enumerate(organizations)
    ]
    return wallets.create_wallets(new, by=BY, now=since)


def at(instant):
    return lambda: instant


def round_at(instant):
    """One round of the scheduler; its counts, added up."""
    counts = {}
    for done in month_end.drive(now=at(instant)):
        counts = {name: counts.get(name, 0) + done.get(name, 0) for name in {**counts, **done}}
    return counts


def latest_run():
    return MonthEndRun.objects.latest("pk")


def books():
    """Everything a close writes, in a form that two closes can be compared by: not by pks and instants."""
    periods = Period.objects.order_by("wallet", "starts_at")
    lines = InvoiceLine.objects.order_by("invoice__wallet", "invoice__period_starts_at", "kind")
    ledger = Transaction.objects.order_by("wallet", "sequence")
    return {
        "wallets": list(
            Wallet.objects.order_by("pk").values_list(
                *(
                    "balance_micros",
                    "unbilled_micros",
                    "closing_micros",
                    "period_starts_at",
                    "period_ends_at",
                ),
                *("period_first_sequence", "last_sequence"),
            )
        ),
        "periods": list(
            periods.values_list("wallet", "starts_at", "ends_at", "amount_micros", "invoice__total_micros")
        ),
        "lines": list(
            lines.values_list("invoice__wallet", "kind", "exact_micros", "rounded_micros", "count")
        ),
        "ledger": list(ledger.values_list("wallet", "sequence", "kind", "amount_micros")),
        "open_periods": Period.objects.filter(closed_at=None).count(),
    }
