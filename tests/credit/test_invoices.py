"""Issuing: review, numbers, what is stamped on an invoice when it goes out, and what a person may do before."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import DatabaseError, transaction

from credit.actions import invoices
from credit.actions.refusals import BadInput, Refused
from credit.actors import Actor
from credit.models import Change, Invoice, InvoiceLine, Seller, TaxRate
from tests.desk import ACCEPTED, FINANCE, Desk, a_desk
from tests.factories import APRIL, MARCH, NOON, a_wallet, an_organization, days, micros

pytestmark = pytest.mark.django_db
NOBODY = Actor.client("Reader", frozenset())


@pytest.fixture(autouse=True)
def review_of_a_day(settings):
    settings.CREDIT_INVOICE_REVIEW_HOURS = 24


def a_seller(valid_from, name="Northline Telecom, a.s."):
    return Seller.objects.create(valid_from=valid_from, name=name, address="Mlynské nivy 10")


def a_rate(rate, kind="", valid_from=date(2020, 1, 1)):
    return TaxRate.objects.create(rate=rate, kind=kind, valid_from=valid_from)


def used(charges, now=APRIL, **columns):
    """A desk whose March is closed at `now`, with what was charged in it: (kind, amount)."""
    desk = Desk(a_wallet(mode="postpaid", permanent_limit="10000", **columns))
    for kind, amount in charges:
        assert desk.charge(amount, kind) == ACCEPTED
    desk.now = now
    assert desk.close_periods() == ACCEPTED
    return desk


def bought(*amounts, **columns):
    desk = Desk(a_wallet(mode="postpaid", scheme="individual", permanent_limit="10000", **columns))
    for amount in amounts:
        assert desk.charge(amount, "hardware") == ACCEPTED
    return desk


def only():
    return Invoice.objects.get()


class TestReview:
    def test_a_monthly_invoice_waits_until_its_review_time_is_over(self):
        used([("call", "10")])
        assert invoices.issue(now=APRIL + timedelta(hours=23, minutes=59)) == 0
        assert invoices.issue(now=APRIL + days(1)) == 1
        assert only().number == "INV-2026-000001"

    def test_a_purchase_and_its_credit_note_need_no_review(self):
        desk = bought("10")
        assert desk.refund(desk.last_line()) == ACCEPTED
        assert invoices.issue(now=NOON) == 2
        numbers = set(Invoice.objects.values_list("number", flat=True))
        assert numbers == {"INV-2026-000001", "CRN-2026-000001"}

    def test_a_draft_that_is_held_back_stays_until_it_is_let_go(self):
        used([("call", "10")])
        invoices.hold_back(invoice=only(), reason="Looks too high", by=FINANCE, now=APRIL)
        assert invoices.issue(now=APRIL + days(9)) == 0
        invoices.let_go(invoice=only(), reason="It is right", by=FINANCE, now=APRIL + days(9))
        assert invoices.issue(now=APRIL + days(9)) == 1
        verbs = list(Change.objects.order_by("pk").values_list("verb", "reason"))
        assert verbs == [("hold_back_invoice", "Looks too high"), ("let_go_invoice", "It is right")]

    def test_a_draft_can_be_issued_before_its_time_held_back_or_not(self):
        used([("call", "10")])
        invoices.hold_back(invoice=only(), reason="x", by=FINANCE, now=APRIL)
        invoices.issue_now(invoice=only(), reason="Asked for today", by=FINANCE, now=APRIL + days(0))
        issued = only()
        assert (issued.number, issued.issued_at, issued.held_back_at) == ("INV-2026-000001", APRIL, None)
        assert Change.objects.latest("pk").after == {"invoice": "INV-2026-000001"}

    @pytest.mark.parametrize("verb", [invoices.hold_back, invoices.let_go, invoices.issue_now])
    def test_only_who_may_issue_decides_about_drafts_and_says_why(self, verb):
        used([("call", "10")])
        with pytest.raises(Refused, match="may not"):
            verb(invoice=only(), reason="x", by=NOBODY, now=APRIL)
        with pytest.raises(BadInput, match="Reason is missing"):
            verb(invoice=only(), reason=" ", by=FINANCE, now=APRIL)

    @pytest.mark.parametrize("verb", [invoices.hold_back, invoices.let_go, invoices.issue_now])
    def test_an_issued_invoice_is_no_draft_any_more(self, verb):
        bought("10")
        invoices.issue(now=NOON)
        with pytest.raises(Refused, match="issued already"):
            verb(invoice=only(), reason="x", by=FINANCE, now=NOON)


class TestNumbers:
    def test_numbers_have_no_gap_in_their_series_however_many_chunks_it_takes(self):
        bought(*["1"] * 7)
        while invoices.issue(now=NOON, limit=2):
            pass
        numbers = Invoice.objects.order_by("pk").values_list("number", flat=True)
        assert list(numbers) == [f"INV-2026-{number:06d}" for number in range(1, 8)]

    def test_statements_and_credit_notes_leave_no_gap_in_the_tax_invoices(self):
        used([("call", "10")], scheme="none")
        used([("call", "10")])
        invoices.issue(now=APRIL + days(1))
        assert set(Invoice.objects.values_list("number", flat=True)) == {"STM-2026-000001", "INV-2026-000001"}

    def test_an_invoice_of_nothing_has_a_number_too(self):
        used([("call", "0.001")])
        invoices.issue(now=APRIL + days(1))
        assert (only().total_micros, only().number, only().due_on) == (0, "INV-2026-000001", None)

    def test_a_failed_issue_uses_up_no_number(self):
        bought("1", "2")
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            invoices.issue(now=NOON)
            raise ZeroDivisionError
        invoices.issue(now=NOON, limit=1)
        assert Invoice.objects.filter(number="INV-2026-000001").count() == 1

    def test_the_prefix_is_a_setting(self, settings):
        settings.CREDIT_INVOICE_PREFIX = "NLT"
        bought("1")
        invoices.issue(now=NOON)
        assert only().number == "NLT-2026-000001"


class TestWhatIsStamped:
    def test_it_is_due_so_many_days_after_the_local_day_of_issue(self, settings):
        settings.CREDIT_INVOICE_DUE_DAYS = 14
        bought("10", time_zone="Pacific/Kiritimati")
        invoices.issue(now=NOON)
        assert only().due_on == date(2026, 3, 29)

    def test_the_seller_is_the_one_of_the_day_of_issue(self):
        a_seller(date(2025, 1, 1), "Before")
        now = a_seller(date(2026, 3, 1), "Now")
        a_seller(date(2026, 4, 1), "Later")
        bought("10")
        invoices.issue(now=NOON)
        assert only().seller == now

    def test_without_a_seller_it_is_issued_all_the_same(self):
        bought("10")
        assert invoices.issue(now=NOON) == 1
        assert only().seller is None

    def test_it_keeps_the_name_and_address_that_stood_there_when_it_was_issued(self):
        organization = an_organization("Old name", billing_address="Street 1", country="SK", tax_id="SK20")
        desk = bought("10", organization=organization)
        invoices.issue(now=NOON)
        organization.name = "New name"
        organization.save()
        billed_to = {"name": "Old name", "address": "Street 1", "country": "SK", "tax_id": "SK20"}
        assert only().billed_to == billed_to
        assert desk.charge("5", "hardware") == ACCEPTED
        invoices.issue(now=NOON)
        assert Invoice.objects.latest("pk").billed_to["name"] == "New name"

    def test_once_issued_the_database_refuses_every_change_but_what_is_paid(self):
        a_rate(2300)
        bought("10")
        invoices.issue(now=NOON)
        Invoice.objects.update(paid_micros=micros("1"))
        for change in ({"total_micros": 1}, {"number": "INV-1"}, {"billed_to": {}}, {"due_on": None}):
            with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
                Invoice.objects.update(**change)
        with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
            InvoiceLine.objects.update(tax_rate=0)


class TestTaxContained:
    def taxes(self):
        return [(tax.rate, tax.gross_micros, tax.tax_micros) for tax in only().taxes.all()]

    def test_tax_is_inside_the_total_and_changes_nothing(self):
        a_rate(2300)
        desk = used([("call", "123")])
        invoices.issue(now=APRIL + days(1))
        assert self.taxes() == [(2300, micros("123"), micros("23"))]
        assert only().total_micros == micros("123")
        assert desk.is_(due="123")

    def test_gross_is_summed_per_rate_before_the_tax_in_it_is_rounded(self):
        """0.02 contains 0.0037 at 23 %, which rounds to nothing; three of them contain 0.0112."""
        a_rate(2300)
        used([("call", "0.02"), ("sms", "0.02"), ("fax", "0.02")])
        invoices.issue(now=APRIL + days(1))
        assert self.taxes() == [(2300, micros("0.06"), micros("0.01"))]

    def test_a_kind_has_its_own_rate_else_the_general_one(self):
        a_rate(2300)
        a_rate(1000, kind="sms")
        used([("call", "123"), ("sms", "11"), ("fax", "123")])
        invoices.issue(now=APRIL + days(1))
        assert self.taxes() == [
            (2300, micros("246"), micros("46")),
            (1000, micros("11"), micros("1")),
        ]
        rates = dict(only().lines.values_list("kind", "tax_rate"))
        assert rates == {"call": 2300, "sms": 1000, "fax": 2300}

    @pytest.mark.parametrize(("since", "rate"), [(date(2026, 3, 31), 2300), (date(2026, 4, 1), 2000)])
    def test_the_rate_of_the_periods_last_local_day_counts(self, since, rate):
        a_rate(2000)
        a_rate(2300, valid_from=since)
        used([("call", "100")])
        invoices.issue(now=APRIL + days(1))
        assert [tax.rate for tax in only().taxes.all()] == [rate]

    def test_a_purchase_goes_by_its_local_day(self):
        a_rate(2000)
        a_rate(2300, valid_from=date(2026, 3, 15))
        bought("100", time_zone="Pacific/Kiritimati")
        invoices.issue(now=NOON)
        assert [tax.rate for tax in only().taxes.all()] == [2300]

    def test_a_credit_note_gives_back_the_tax_of_what_it_corrects(self):
        a_rate(2000)
        desk = bought("120")
        invoices.issue(now=NOON)
        a_rate(2300, valid_from=date(2026, 3, 20))
        desk.now = datetime(2026, 3, 25, tzinfo=UTC)
        assert desk.refund(desk.last_line(), "60") == ACCEPTED
        invoices.issue(now=desk.now)
        note = Invoice.objects.get(kind="credit_note")
        assert [(tax.rate, tax.gross_micros, tax.tax_micros) for tax in note.taxes.all()] == [
            (2000, -micros("60"), -micros("10"))
        ]

    def test_an_internal_statement_and_a_day_without_a_rate_carry_no_tax(self):
        a_rate(2300, valid_from=date(2027, 1, 1))
        used([("call", "10")])
        a_rate(2000)
        used([("call", "10")], scheme="none")
        Invoice.objects.filter(kind="monthly").update(created_at=MARCH)
        invoices.issue(now=APRIL + days(1))
        statement = Invoice.objects.get(kind="statement")
        assert not statement.taxes.exists()
        assert statement.lines.get().tax_rate is None

    @pytest.mark.parametrize(
        ("gross", "rate", "currency", "tax"),
        [
            ("100", 2300, "EUR", "18.70"),  # 18.699…
            ("1.05", 500, "EUR", "0.05"),
            ("0.105", 500, "EUR", "0.01"),  # 0.005: half away from zero
            ("-0.105", 500, "EUR", "-0.01"),
            ("1100", 1000, "JPY", "100"),
            ("16", 1000, "JPY", "1"),
            ("5", 1000, "JPY", "0"),
            ("5.5", 1000, "JPY", "1"),
            ("200", 10000, "EUR", "100"),
            ("77", 0, "EUR", "0"),
        ],
    )
    def test_tax_in_a_gross_amount_by_hand(self, gross, rate, currency, tax):
        from credit.taxes import contained

        assert contained(micros(gross), rate, currency) == micros(tax)


class TestStates:
    def state(self, today):
        row = Invoice.objects.on(today).get()
        return row.state, row.open_micros, row.is_overdue

    def test_draft_issued_part_paid_paid(self):
        desk = bought("100")
        assert self.state(NOON.date()) == ("draft", micros("100"), False)
        invoices.issue(now=NOON)
        assert self.state(NOON.date()) == ("issued", micros("100"), False)
        assert desk.pay("40") == ACCEPTED
        assert self.state(NOON.date()) == ("part_paid", micros("60"), False)
        assert desk.pay("60") == ACCEPTED
        assert self.state(NOON.date()) == ("paid", 0, False)

    def test_it_is_overdue_from_the_day_after_it_was_due(self):
        bought("100")
        invoices.issue(now=NOON)
        due = only().due_on
        assert self.state(due)[2] is False
        assert self.state(due + days(1))[2] is True

    def test_an_internal_statement_is_overdue_only_where_a_setting_says_so(self, settings):
        used([("call", "10")], scheme="none")
        invoices.issue(now=APRIL + days(1))
        later = date(2027, 1, 1)
        assert (self.state(later)[2], Invoice.objects.overdue(later).count()) == (False, 0)
        settings.CREDIT_STATEMENT_COUNTS_AS_OVERDUE = True
        assert (self.state(later)[2], Invoice.objects.overdue(later).count()) == (True, 1)

    def test_nothing_to_pay_is_paid_once_it_is_issued(self):
        desk = used([("call", "0.001")])
        assert desk.wallet
        invoices.issue(now=APRIL + days(1))
        assert self.state(date(2027, 1, 1)) == ("paid", 0, False)


def test_an_issue_asks_as_much_for_many_invoices_as_for_one(django_assert_max_num_queries):
    a_rate(2300)
    for _ in range(12):
        assert a_desk("-5", mode="postpaid", scheme="individual", permanent_limit="10").wallet
    with django_assert_max_num_queries(24):
        assert invoices.issue(now=NOON) == 12


def test_nothing_to_issue_is_found_without_a_lock(django_assert_num_queries):
    with django_assert_num_queries(5):
        assert invoices.issue(now=NOON) == 0
