"""Invoices in the portal: the list, the sheet, what stands behind a line, drafts, and what a payment pays."""

import csv
import io
from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from credit.actions import corrections, invoices, payments
from credit.groups import MANAGER, OFFICER, VIEWER
from credit.models import Allocation, Invoice, Seller, TaxRate, Transaction
from tests.factories import an_organization, micros
from tests.pages.people import (
    SYSTEM,
    address,
    ago,
    charge,
    close,
    postpaid,
    said,
    send,
    signed_in,
    text,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def viewer():
    return signed_in(VIEWER)


@pytest.fixture
def manager():
    return signed_in(MANAGER)


def bought(*amounts, issued=True, **columns):
    wallet = postpaid(scheme="individual", **columns)
    for amount in amounts:
        charge(wallet, amount, kind="hardware")
    if issued:
        invoices.issue(now=timezone.now)
    return wallet


def a_month(*charges, **columns):
    """The wallet and the draft of a month that has ended; charges are (kind, amount)."""
    wallet = postpaid(days=70, **columns)
    for kind, amount in charges:
        charge(wallet, amount, kind=kind, now=ago(days=65))
    close(wallet)
    return wallet, Invoice.objects.get(wallet=wallet)


def pay(wallet, amount, **more):
    return payments.record_payment(wallet=wallet, amount=amount, by=SYSTEM, now=timezone.now, **more)


def issued(**which):
    return Invoice.objects.filter(issued_at__isnull=False, **which)


def listed(client, **asked):
    answer = client.get(reverse("invoices"), asked)
    assert answer.status_code == 200
    return [row.invoice for row in answer.context["rows"]]


def page(client, invoice, name="invoice", **asked):
    answer = client.get(reverse(name, args=[invoice.pk]), asked)
    assert answer.status_code == 200
    return text(answer)


# --- the list ---------------------------------------------------------------------------------------------------------


def test_each_state_is_said_in_words_and_found_by_its_filter(viewer):
    wallet = bought("10", "20", "30")
    pay(wallet, "15")
    charge(wallet, "40", kind="hardware")
    words = text(viewer.get(reverse("invoices")))
    for state in ("Paid", "Part-paid", "Issued", "Draft"):
        assert state in words
    totals = {
        state: [row.total_micros for row in listed(viewer, state=state)]
        for state in ("draft", "issued", "part_paid", "paid")
    }
    assert totals == {
        "draft": [micros("40")],
        "issued": [micros("30")],
        "part_paid": [micros("20")],
        "paid": [micros("10")],
    }


def test_what_is_overdue_says_by_how_many_days(viewer):
    wallet = postpaid(scheme="individual", days=70)
    charge(wallet, "10", kind="hardware", now=ago(days=38))
    invoices.issue(now=ago(days=37))
    bought("20")
    assert [row.wallet for row in listed(viewer, overdue="yes")] == [wallet]
    assert "days late" in text(viewer.get(reverse("invoices"), {"overdue": "yes"}))


def test_held_back_kind_currency_and_wallet_are_filters(viewer):
    wallet, draft = a_month(("call", "10"))
    invoices.hold_back(invoice=draft, reason="x", by=SYSTEM, now=timezone.now)
    other = bought("20", currency="PLN")
    assert listed(viewer, state="held_back") == [draft]
    assert [row.wallet for row in listed(viewer, kind="purchase")] == [other]
    assert [row.wallet for row in listed(viewer, currency="PLN")] == [other]
    assert listed(viewer, wallet=wallet.wallet_id) == [draft]
    assert listed(viewer, state="draft", currency="PLN") == []


@pytest.mark.parametrize(
    "typed", ["INV-{year}-000002", "inv-{year}-000002", "INV{year}000002", "2", "000002"]
)
def test_a_number_is_found_as_people_write_it(viewer, typed):
    bought("10", "20")
    year = f"{timezone.now():%Y}"
    assert [row.total_micros for row in listed(viewer, q=typed.format(year=year))] == [micros("20")]


@pytest.mark.parametrize(
    "asked", [{"state": "nice"}, {"currency": "XXX"}, {"colour": "red"}, {"after": "?"}, {"overdue": "no"}]
)
def test_an_unknown_filter_lists_nothing_and_says_so(viewer, asked):
    bought("10")
    assert listed(viewer, **asked) == []
    assert "Nothing is listed" in text(viewer.get(reverse("invoices"), asked))
    manager = signed_in(MANAGER)
    assert manager.get(reverse("invoices_csv"), asked).status_code == 400


def test_pages_follow_each_other_without_gap_or_repeat(viewer, monkeypatch):
    monkeypatch.setattr("credit.views.invoice_list.PAGE", 3)
    bought(*[str(number) for number in range(1, 8)])
    seen, asked = [], {}
    for _ in range(3):
        answer = viewer.get(reverse("invoices"), asked)
        seen += [row.invoice.total_micros // 10**6 for row in answer.context["rows"]]
        asked = dict(part.split("=") for part in answer.context["next_url"].lstrip("?").split("&") if part)
    assert seen == [7, 6, 5, 4, 3, 2, 1]
    assert asked == {}


def test_a_list_costs_the_same_for_one_invoice_as_for_many(viewer, django_assert_max_num_queries):
    bought(*["1"] * 20)
    viewer.get(reverse("invoices"))
    with django_assert_max_num_queries(9):
        assert len(listed(viewer)) == 20


def test_the_export_is_what_the_filter_shows_exact_and_safe():
    wallet = bought("10", "20", organization=an_organization("=cmd()"))
    pay(wallet, "10.50")
    answer = signed_in(OFFICER).get(reverse("invoices_csv"), {"state": "part_paid"})
    head, row = csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig")))
    told = dict(zip(head, row, strict=True))
    assert (told["Organization"], told["Paid"], told["Open"]) == ("'=cmd()", "0.50", "19.50")
    assert signed_in(VIEWER).get(reverse("invoices_csv")).status_code == 403


# --- the sheet --------------------------------------------------------------------------------------------------------


def test_the_sheet_names_seller_bank_reference_tax_and_what_is_due(viewer):
    Seller.objects.create(
        valid_from=date(2020, 1, 1),
        name="Northline Telecom, a.s.",
        address="Street 1",
        iban="SK00 1",
        bic="NRTH",
    )
    TaxRate.objects.create(rate=2300, valid_from=date(2020, 1, 1))
    bought("123", organization=an_organization("Tatra", billing_address="Hlavná 1\nKošice"))
    words = page(viewer, issued().get())
    year = f"{timezone.now():%Y}"
    for said_there in (
        "Northline Telecom, a.s.",
        "Hlavná 1",
        "23 % 100.00 23.00 123.00",
        "Amount due 123.00 EUR",
        f"Pay to SK00 1 , BIC NRTH , reference INV{year}000001",
    ):
        assert said_there.replace(" ,", ",") in words.replace(" ,", ",")


def test_each_payment_stands_there_with_its_day_and_reference(viewer):
    wallet = bought("100")
    pay(wallet, "40", reference="2026-1107", received_on=date(2026, 2, 21))
    words = page(viewer, issued().get())
    assert "Payment of 21 Feb 2026, 2026-1107" in words
    assert "−40.00" in words
    assert "Amount due 60.00 EUR" in words


def test_a_credit_note_says_what_it_corrects_and_that_it_was_reversed(viewer):
    wallet = bought("100")
    line = Transaction.objects.get(wallet=wallet)
    corrections.refund(transaction=line, amount="30", reason="x", by=SYSTEM, now=timezone.now)
    invoices.issue(now=timezone.now)
    note = issued(kind="credit_note").get()
    assert f"Corrects {issued(kind='purchase').get().number}" in page(viewer, note)
    assert "Reversed on" not in page(viewer, note)
    corrections.reverse(transaction=note.transactions.get(), reason="x", by=SYSTEM, now=timezone.now)
    assert "Reversed on" in page(viewer, note)
    assert f"Corrected by {note.number}" in page(viewer, issued(kind="purchase").get())


def test_the_sheet_stays_within_its_query_budget(viewer, django_assert_max_num_queries):
    wallet = bought("10", "20")
    for _ in range(10):
        pay(wallet, "1")
    found = issued().order_by("pk").first()
    page(viewer, found)
    with django_assert_max_num_queries(20):
        page(viewer, found)


# --- what stands behind a line ----------------------------------------------------------------------------------------


def test_a_line_leads_to_its_transactions_and_late_usage_says_so(viewer):
    wallet = postpaid(days=70)
    charge(
        wallet,
        "3",
        kind="call",
        now=ago(days=62),
        occurred_at=ago(days=68 + timezone.now().day),
        description="late one",
    )
    charge(wallet, "4", kind="sms", now=ago(days=62))
    close(wallet)
    draft = Invoice.objects.filter(wallet=wallet).earliest("period_starts_at")
    words = page(viewer, draft, "invoice_items", kind="call")
    assert "late one" in words
    assert "late, from" in words
    assert "4.00" not in words
    assert "1 on this page" in words


def test_a_purchase_leads_to_its_one_transaction(viewer):
    wallet = bought("10", "20")
    words = page(viewer, issued(wallet=wallet).latest("pk"), "invoice_items")
    assert "20.00" in words
    assert "10.00" not in words
    answer = viewer.get(reverse("invoice_items", args=[issued().latest("pk").pk]), {"kind": "fun"})
    assert answer.status_code == 404


def test_the_items_are_exported_exactly():
    _, draft = a_month(("call", "1.005"), ("sms", "2"))
    answer = signed_in(OFFICER).get(reverse("invoice_items_csv", args=[draft.pk]), {"kind": "call"})
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert [row[rows[0].index("Amount")] for row in rows[1:]] == ["1.005"]


# --- drafts -----------------------------------------------------------------------------------------------------------


def test_a_draft_says_until_when_it_is_under_review(viewer, settings):
    settings.CREDIT_INVOICE_REVIEW_HOURS = 48
    _, draft = a_month(("call", "10"))
    assert "Under review until" in page(viewer, draft)
    assert "Hold back" not in page(viewer, draft)


def test_a_draft_is_held_back_let_go_and_issued_by_who_may(manager, settings):
    settings.CREDIT_INVOICE_REVIEW_HOURS = 48
    _, draft = a_month(("call", "10"))
    where = {
        name: reverse(name, args=[draft.pk])
        for name in ("hold_back_invoice", "let_go_invoice", "issue_invoice")
    }
    assert signed_in(OFFICER).get(where["issue_invoice"]).status_code == 403
    assert manager.get(where["hold_back_invoice"]).status_code == 200
    assert "Held back" in said(send(manager, where["hold_back_invoice"], reason="Looks too high"))
    assert "Held back by Eva Horváthová" in page(manager, draft)
    assert "Let go" in said(send(manager, where["let_go_invoice"], reason="It is right"))
    assert "Issued as INV-" in said(send(manager, where["issue_invoice"], reason="Asked for today"))
    answer = send(manager, where["issue_invoice"], reason="Again")
    assert answer.status_code == 409
    assert "issued already" in text(answer)


def test_a_deed_without_a_reason_is_not_done(manager):
    _, draft = a_month(("call", "10"))
    answer = send(manager, reverse("issue_invoice", args=[draft.pk]), reason="")
    assert answer.status_code == 422
    assert "Reason is missing" in text(answer)


# --- what a payment pays ----------------------------------------------------------------------------------------------


def payment_of(wallet):
    return Transaction.objects.get(wallet=wallet, kind="payment")


def allocating(wallet):
    return address("reallocate", wallet, payment_of(wallet).sequence)


def test_the_ledger_shows_which_invoices_a_payment_pays(viewer):
    wallet = bought("10", "20")
    pay(wallet, "15")
    where = reverse("organization", args=[wallet.organization.uuid])
    numbers = list(issued().order_by("pk").values_list("number", flat=True))
    assert f"pays {numbers[0]}, {numbers[1]}" in text(viewer.get(where)).replace(" ,", ",")


def test_a_person_puts_a_payment_on_another_invoice():
    officer = signed_in(OFFICER)
    wallet = bought("10", "20")
    pay(wallet, "10")
    first, second = issued().order_by("pk")
    form = officer.get(allocating(wallet)).context["form"]
    assert form.initial[f"amount_{first.pk}"] == "10.00"
    typed = {f"amount_{second.pk}": "10", "seen": form.initial["seen"], "reason": "As the customer wrote"}
    assert said(send(officer, allocating(wallet), **typed)) == f"It pays {second.number}."
    second.refresh_from_db()
    assert second.paid_micros == micros("10")
    again = send(officer, allocating(wallet), **typed)
    assert again.status_code == 409
    assert "changed after you opened the form" in text(again)


def test_too_much_is_refused_at_the_field_it_was_typed_in():
    officer = signed_in(OFFICER)
    wallet = bought("10", "20")
    pay(wallet, "10")
    second = issued().latest("pk")
    seen = officer.get(allocating(wallet)).context["form"].initial["seen"]
    answer = send(officer, allocating(wallet), reason="x", seen=seen, **{f"amount_{second.pk}": "10.01"})
    assert answer.status_code == 422
    assert f"amount_{second.pk}" in answer.context["form"].errors
    assert Allocation.objects.live().get().invoice.total_micros == micros("10")


def test_what_was_typed_for_an_invoice_that_is_paid_meanwhile_is_not_left_out_in_silence():
    officer = signed_in(OFFICER)
    wallet = bought("10", "20")
    outcome = pay(wallet, "10")
    pay(wallet, "20")
    second = issued().latest("pk")
    where = address("reallocate", wallet, outcome.line.sequence)
    seen = officer.get(where).context["form"].initial["seen"]
    answer = send(officer, where, reason="x", seen=seen, **{f"amount_{second.pk}": "10"})
    assert answer.status_code == 422
    assert "0.00 is open on" in text(answer)


def test_what_stands_on_an_invoice_is_offered_as_a_german_reader_types_it():
    officer, german = signed_in(OFFICER), {"accept-language": "de"}
    wallet = bought("1500")
    pay(wallet, "1234.5")

    form = officer.get(allocating(wallet), headers=german).context["form"]

    assert form.initial[f"amount_{issued().get().pk}"] == "1234,50"


def test_a_viewer_changes_nothing(viewer):
    wallet = bought("10")
    pay(wallet, "10")
    assert viewer.get(allocating(wallet)).status_code == 403
    assert "Change" not in page(viewer, issued().get()).split("Paid in full")[0].split("Payment of")[1]


def test_the_card_says_what_the_open_invoices_do_not_explain(viewer):
    wallet = bought("10")
    pay(wallet, "10")
    corrections.reverse(transaction=payment_of(wallet), reason="x", by=SYSTEM, now=timezone.now)
    where = reverse("organization", args=[wallet.organization.uuid])
    assert "stands on no invoice" not in text(viewer.get(where))
    outcome = pay(wallet, "30", reference="two")
    from credit.actions import credits

    credits.take_back_credit(
        wallet=wallet, amount="25", reason="x", confirmed=True, by=SYSTEM, now=timezone.now
    )
    assert outcome.accepted
    assert "5.00 EUR of what is due stands on no invoice." in text(viewer.get(where))


def test_days_late_are_counted_on_the_customers_own_day(viewer):
    organization = an_organization(time_zone="Pacific/Kiritimati")
    bought("10", organization=organization)
    invoice = issued().get()
    assert invoice.due_on - timezone.now().date() >= timedelta(days=30)
    assert "late" not in page(viewer, invoice).split("Billed to")[0]
