"""Customers who owe: invoices of a purchase, issued some days ago, as the actions make them."""

from datetime import UTC, datetime, timedelta

from credit.actions import charges, invoices, wallets
from credit.actors import Actor
from credit.models import Invoice
from organizations.actions import create_organization

FINANCE = Actor.system("Finance")
NOW = datetime(2026, 7, 15, 12, tzinfo=UTC)
DUE_AFTER = 30  # days, the default


def a_customer(name="Tatra Telekom", zone="Europe/Bratislava", currency="EUR", scheme="individual", **more):
    organization = more.pop("organization", None) or create_organization(name=name, time_zone=zone)
    columns = {"mode": "postpaid", "scheme": scheme, "limit": "10000"} | more
    return wallets.create_wallet(
        organization=organization, currency=currency, by=FINANCE, now=NOW - timedelta(days=400), **columns
    )


def invoiced(wallet, amount, days_late):
    """An issued invoice that was due so many days before NOW; below zero it is due later."""
    at = NOW - timedelta(days=DUE_AFTER + days_late)
    charges.charge(wallet=wallet, amount=amount, kind="hardware", by=FINANCE, now=at)
    while invoices.issue(now=at):
        pass
    return Invoice.objects.filter(wallet=wallet).latest("pk")


def spends(wallet, amount, days_ago=1, kind="call"):
    charges.charge(wallet=wallet, amount=amount, kind=kind, by=FINANCE, now=NOW - timedelta(days=days_ago))
