"""Customers with issued invoices, and what a reader of their documents sees."""

from datetime import date
from io import BytesIO

from django.utils import timezone
from pypdf import PdfReader

from credit.actions import invoices
from credit.models import Invoice, Seller, TaxRate
from tests.factories import an_organization
from tests.pages.people import ago, charge, close, postpaid

LONG_AGO = date(2020, 1, 1)


def a_seller(**columns):
    row = {
        "valid_from": LONG_AGO,
        "name": "Northline Telecom, a.s.",
        "address": "Mlynské nivy 10\n821 09 Bratislava",
        "country": "SK",
        "company_id": "35 000 000",
        "tax_id": "SK2020000000",
        "bank": "Tatra banka",
        "iban": "SK3112000000198742637541",
        "bic": "TATRSKBX",
        "email": "billing@northline.example",
        "phone": "+421 2 0000 0000",
    }
    return Seller.objects.create(**(row | columns))


def a_tax_rate(rate=2300, **columns):
    return TaxRate.objects.create(**({"rate": rate, "valid_from": LONG_AGO} | columns))


def a_customer(name="mediworx software solutions, a.s.", email="bills@mediworx.example", **columns):
    address = {"billing_address": "Hlavná 1\n811 01 Bratislava", "country": "SK", "tax_id": "SK2021111111"}
    return an_organization(name, billing_email=email, **(address | columns))


def a_purchase(amount="246.00", organization=None, kind="hardware", issued=True):
    """An issued invoice of one purchase."""
    wallet = postpaid(scheme="individual", organization=organization or a_customer(), days=40)
    charge(wallet, amount, kind=kind, now=ago(days=35))
    invoice = Invoice.objects.filter(wallet=wallet).latest("pk")
    return issued_one(invoice) if issued else invoice


def a_month(
    amounts=("1402.38421", "489.22555"), organization=None, scheme="consolidated", issued=True, currency="EUR"
):
    """The invoice (or statement) of the month before last."""
    wallet = postpaid(
        scheme=scheme, organization=organization or a_customer(), days=70, limit="100000", currency=currency
    )
    for amount, kind in zip(amounts, ("call", "sms", "fax", "hardware"), strict=False):
        charge(wallet, amount, kind=kind, now=ago(days=69))
    close(wallet)
    invoice = Invoice.objects.filter(wallet=wallet).earliest("pk")
    return issued_one(invoice) if issued else invoice


def issued_one(invoice, now=None):
    invoices.issue(now=now or timezone.now())
    invoice.refresh_from_db()
    assert invoice.issued_at
    return invoice


def read(pdf):
    """Its text, white space folded."""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages).split())
