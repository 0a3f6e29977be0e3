"""Whatever happens to a customer, what is paid adds up: random histories of everything that moves money or invoices."""

from contextlib import suppress
from datetime import timedelta

import hypothesis.strategies as st
import pytest
from django.db import transaction
from hypothesis import given, settings

from credit.actions import allocations, invoices
from credit.actions.refusals import NotDone
from credit.models import Allocation, Invoice, Transaction
from tests.credit.allocated import check_allocations, free_of
from tests.desk import FINANCE, Desk
from tests.factories import a_wallet, micros

pytestmark = pytest.mark.django_db

CENTS = st.integers(1, 5000)
PICK = st.integers(0, 40)
STEPS = st.one_of(
    st.tuples(st.sampled_from(["buy", "pay", "give", "take_back", "withdraw", "use"]), CENTS),
    st.tuples(st.sampled_from(["refund", "reverse", "refund_part"]), PICK),
    st.tuples(st.sampled_from(["month", "issue", "issue_one", "hold_back"]), PICK),
    st.tuples(st.just("reallocate"), st.lists(st.tuples(PICK, CENTS), max_size=3), PICK),
)


class Customer(Desk):
    def __init__(self, scheme):
        super().__init__(a_wallet(mode="postpaid", scheme=scheme, permanent_limit="1000000"))
        self.moved_by_hand = False

    def step(self, what, *asked):
        self.now += timedelta(hours=7)
        made = set(Allocation.objects.values_list("pk", flat=True))
        with suppress(NotDone), transaction.atomic():
            getattr(self, f"do_{what}")(*asked)
        check_allocations()
        free = free_of(self.wallet)
        if Allocation.objects.exclude(pk__in=made).exists():
            assert free >= 0, "more was allocated than there was"
        self.amount_due_is_explained(free)
        if what in ("pay", "give", "issue") and not self.moved_by_hand and self.no_credit_note_waits():
            assert free <= 0 or not Invoice.objects.open().exists(), "money lies beside an open invoice"

    def amount_due_is_explained(self, free):
        """On issued invoices, on drafts, and what stands on no invoice, or waits for one."""
        unpaid = sum(row.total_micros - row.paid_micros for row in Invoice.objects.unpaid())
        row = self.read()
        assert row.due_micros == max(0, unpaid - free)

    def no_credit_note_waits(self):
        return not Transaction.objects.filter(
            invoice__corrects__issued_at=None, invoice__corrects__isnull=False
        ).exists()

    def picked(self, rows, number):
        rows = list(rows.order_by("pk"))
        return rows[number % len(rows)] if rows else None

    def do_buy(self, cents):
        self.charge(_amount(cents), "hardware")

    def do_use(self, cents):
        self.charge(f"{_amount(cents)}7")

    def do_pay(self, cents):
        self.pay(_amount(cents))

    def do_give(self, cents):
        self.give(_amount(cents))

    def do_take_back(self, cents):
        self.take_back(_amount(cents), confirmed=True)

    def do_withdraw(self, cents):
        self.withdraw(_amount(cents))

    def do_refund(self, number):
        if line := self.picked(Transaction.objects.filter(kind__in=["hardware", "call"]), number):
            self.refund(line)

    def do_refund_part(self, number):
        if line := self.picked(Transaction.objects.filter(kind="hardware"), number):
            self.refund(line, "0.01")

    def do_reverse(self, number):
        if line := self.picked(Transaction.objects.exclude(kind="rounding"), number):
            self.reverse(line)

    def do_month(self, _):
        self.now += timedelta(days=31)
        self.close_periods()

    def do_issue(self, _):
        while invoices.issue(now=self.now):
            pass

    def do_issue_one(self, number):
        if draft := self.picked(Invoice.objects.filter(issued_at=None), number):
            invoices.issue_now(invoice=draft, reason="x", by=FINANCE, now=self.now)

    def do_hold_back(self, number):
        if draft := self.picked(Invoice.objects.filter(issued_at=None), number):
            invoices.hold_back(invoice=draft, reason="x", by=FINANCE, now=self.now)

    def do_reallocate(self, wanted, number):
        line = self.picked(Transaction.objects.money_in(), number)
        if line is None:
            return
        picked = {self.picked(Invoice.objects.all(), which): cents for which, cents in wanted}
        amounts = {invoice.pk: _amount(cents) for invoice, cents in picked.items() if invoice}
        self.moved_by_hand = True
        allocations.reallocate(line=line, amounts=amounts, reason="x", by=FINANCE, now=self.now)


def _amount(cents):
    return f"{cents // 100}.{cents % 100:02d}"


@given(scheme=st.sampled_from(["individual", "consolidated"]), steps=st.lists(STEPS, min_size=5, max_size=20))
@settings(max_examples=25)
def test_what_is_paid_adds_up_whatever_happens(scheme, steps):
    with transaction.atomic():
        customer = Customer(scheme)
        for step in steps:
            customer.step(*step)
        assert customer.books_are_straight()
        transaction.set_rollback(True)


def test_the_reader_of_free_money_reads_what_a_person_would_add_up():
    customer = Customer("individual")
    customer.do_buy(1000)
    customer.do_pay(300)
    assert free_of(customer.wallet) == micros("3")
