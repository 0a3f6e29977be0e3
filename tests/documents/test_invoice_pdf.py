"""The invoice as a PDF: everything a bill must say, the same bytes each time, and no name that breaks it."""

import csv
import subprocess
import sys
from io import BytesIO

import pytest
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from credit.actions import payments
from credit.documents import invoices
from tests.conftest import BASE_DIR
from tests.documents.paper import a_customer, a_month, a_purchase, a_seller, a_tax_rate, read
from tests.pages.people import SYSTEM, postpaid, signed_in, somebody

pytestmark = pytest.mark.django_db
HARD_NAMES = BASE_DIR / "tests" / "data" / "hard_names.csv"


@pytest.fixture(autouse=True)
def seller():
    a_tax_rate()
    return a_seller()


def pdf(invoice):
    return invoices.pdf(invoices.load(invoice.pk), timezone.now().date())


def get(group, invoice):
    return signed_in(group).get(reverse("invoice_pdf", args=[invoice.pk]))


def test_the_sheet_says_who_bills_whom_for_what_and_how_to_pay():
    invoice = a_month()
    said = read(pdf(invoice))
    for words in (
        "Northline Telecom, a.s.", "Mlynské nivy 10", "Company no. 35 000 000", "Tax id SK2020000000",
        "Tatra banka", "SK31 1200 0000 1987 4263 7541", "TATRSKBX",
        "mediworx software solutions, a.s.", "Hlavná 1", "Tax id SK2021111111",
        str(invoice.wallet.organization.uuid), invoice.wallet.wallet_id,
        invoice.number, invoice.number.replace("-", ""),
        "Call", "1,402.38421", "1,402.38", "SMS", "489.22555", "489.23", "1,891.61",
        "Scheme consolidated", "23 %", "353.72", "Amount due", "Page 1 of 1",
    ):  # fmt: skip
        assert words in said, words
    assert "DRAFT" not in said


def test_a_payment_stands_between_the_total_and_the_amount_due():
    invoice = a_purchase("100.00")
    payments.record_payment(
        wallet=invoice.wallet, amount="40", reference="2026-1107", by=SYSTEM, now=timezone.now
    )
    said = read(pdf(invoice))
    assert "2026-1107 −40.00" in said
    assert "Amount due 60.00" in said


def test_a_paid_invoice_asks_for_nothing():
    invoice = a_purchase("100.00")
    payments.record_payment(wallet=invoice.wallet, amount="100", by=SYSTEM, now=timezone.now)
    said = read(pdf(invoice))
    assert "Paid 0.00" in said
    assert "How to pay" not in said


def test_a_draft_says_so_across_the_sheet():
    said = read(pdf(a_month(issued=False)))
    assert "DRAFT" in said
    assert "nothing is to be paid by it" in said
    assert "How to pay" not in said


def test_the_scheme_is_the_one_of_the_period_even_after_a_change():
    from credit.actions import modes

    invoice = a_month()
    modes.change_scheme(wallet=invoice.wallet, scheme="individual", by=SYSTEM, now=timezone.now)
    assert "Scheme consolidated" in read(pdf(invoice))


def test_an_issued_invoice_shows_the_customer_as_it_was_then():
    invoice = a_purchase()
    organization = invoice.wallet.organization
    organization.billing_address = "Nová 2"
    organization.save()
    assert "Hlavná 1" in read(pdf(invoice))


def test_one_invoice_is_the_same_bytes_whenever_it_is_made():
    invoice = a_purchase()
    assert pdf(invoice) == pdf(invoice)
    script = (
        "import sys, json; import django; django.setup(); from datetime import UTC, datetime; "
        "from credit.documents import typesetting; "
        "sys.stdout.buffer.write(typesetting.pdf('invoice', json.load(sys.stdin), datetime(2026, 3, 1, tzinfo=UTC)))"
    )
    import json

    from credit.documents.invoices import content

    given = json.dumps(content(invoices.load(invoice.pk), timezone.now().date())).encode()
    environment = {"DJANGO_SETTINGS_MODULE": "finance_portal.settings", "PATH": ""}
    made = [
        subprocess.run(
            [sys.executable, "-c", script],
            input=given,
            capture_output=True,
            check=True,
            cwd=BASE_DIR,
            env=environment,
        ).stdout
        for _ in range(2)
    ]
    assert made[0] == made[1]
    assert made[0].startswith(b"%PDF-")


def test_a_screen_reader_can_read_it():
    document = PdfReader(BytesIO(pdf(a_purchase())))
    catalog = document.trailer["/Root"]
    assert catalog["/MarkInfo"]["/Marked"] is True or bool(catalog["/MarkInfo"]["/Marked"])
    assert catalog["/Lang"] == "en"
    assert document.metadata.title.startswith("Purchase INV-")
    assert b"pdfuaid:part" in document.trailer["/Root"]["/Metadata"].get_data()


def hard_names():
    with HARD_NAMES.open() as file:
        names = [row["legal_name"] for row in csv.DictReader(file)]
    odd = [name for name in names if not name.isascii()]
    return [
        *odd[::12],
        *names[::60],
        max(names, key=len),
        "شركة الاتصالات المحدودة",
        "中国电信股份有限公司",
        "x" * 512,
    ]


def test_no_name_breaks_the_sheet():
    invoice = invoices.load(a_purchase().pk)
    for name in hard_names():
        invoice.billed_to["name"] = name
        document = PdfReader(BytesIO(invoices.pdf(invoice, timezone.now().date())))
        assert len(document.pages) == 1, name


def test_letters_that_would_be_markup_are_letters():
    name = '#set page(width: 1pt) *bold* $x$ @ref <a> "q" \\n [x] `raw` // gone'
    assert "#set page(width: 1pt) *bold* $x$ @ref <a>" in read(pdf(a_purchase(organization=a_customer(name))))


def test_the_pdf_opens_in_the_browser_under_the_invoices_number():
    invoice = a_purchase()
    answer = get("Viewer", invoice)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == f'inline; filename="{invoice.number}.pdf"'


def test_who_may_not_see_invoices_gets_no_pdf(client):
    invoice = a_purchase()
    assert client.get(reverse("invoice_pdf", args=[invoice.pk])).status_code == 302
    user = somebody("Viewer")
    user.groups.clear()
    client.force_login(user)
    assert client.get(reverse("invoice_pdf", args=[invoice.pk])).status_code == 403


def test_an_invoice_that_is_not_there_is_not_found():
    assert signed_in("Viewer").get(reverse("invoice_pdf", args=[999])).status_code == 404


def test_a_pdf_asks_the_database_a_fixed_number_of_times(django_assert_max_num_queries):
    invoice = a_month()
    with django_assert_max_num_queries(6):
        pdf(invoice)


def test_currencies_without_decimals_show_none():
    invoice = a_month(("1500.4",), currency="JPY")
    said = read(pdf(invoice))
    assert "1,500" in said and "1,500.00" not in said


def test_an_invoice_without_a_seller_is_still_a_sheet(seller):
    seller.delete()
    invoice = a_purchase()
    assert invoice.seller is None
    assert invoice.number in read(pdf(invoice))


def test_a_wallet_without_charges_has_no_invoice_to_print():
    assert not postpaid().invoices.exists()
