"""Rows as a test wants them, written without the actions: for the rules, which read a row and nothing else."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count

from credit.models import CreditLimit, Reservation, Wallet
from organizations.models import Organization
from organizations.names import normalise

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
MARCH = datetime(2026, 3, 1, tzinfo=UTC)
APRIL = datetime(2026, 4, 1, tzinfo=UTC)

_numbers = count(1)


def micros(amount):
    """`micros("8.67")` -> 8670000; None stays None."""
    if amount is None:
        return None
    value = Decimal(str(amount)).scaleb(6)
    assert value == int(value), amount
    return int(value)


def an_organization(name="Tatra Telekom", **columns):
    return Organization.objects.create(name=name, search_name=normalise(name), **columns)


def a_wallet(organization=None, **columns):
    """A wallet row of the given columns; amounts are decimal texts under their names without `_micros`."""
    organization = organization or an_organization(time_zone=columns.get("time_zone", "UTC"))
    row = {
        "organization": organization,
        "wallet_id": f"W-9{next(_numbers):03d}-0000",
        "currency": "EUR",
        "mode": "prepaid",
        "time_zone": organization.time_zone,
        "latest_at": MARCH,
        "created_at": MARCH,
    } | _in_micros(columns)
    if row["mode"] == "postpaid":
        row = {"scheme": "consolidated", "period_starts_at": MARCH, "period_ends_at": APRIL} | row
        if not row.get("limit_unlimited"):
            row.setdefault("permanent_limit_micros", 0)
    return Wallet.objects.create(**row)


def _in_micros(columns):
    names = {field.name for field in Wallet._meta.fields}
    return {
        (f"{name}_micros" if f"{name}_micros" in names else name): (
            micros(value) if f"{name}_micros" in names else value
        )
        for name, value in columns.items()
    }


def a_hold(wallet, amount, expires_at, reference="call-1", placed_at=MARCH):
    """A hold beside a row whose `reserved_micros` the test has already set."""
    return Reservation.objects.create(
        wallet=wallet,
        reference=reference,
        kind="call",
        amount_micros=micros(amount),
        rest_micros=micros(amount),
        placed_at=placed_at,
        expires_at=expires_at,
        by_name="Test",
    )


def a_limit_row(wallet, **columns):
    row = {"slot": "permanent", "starts_at": MARCH, "recorded_at": MARCH, "by_name": "Test"}
    return CreditLimit.objects.create(wallet=wallet, **(row | columns))


def days(number):
    return timedelta(days=number)
