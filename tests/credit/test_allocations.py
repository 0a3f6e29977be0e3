"""Which money pays which invoice: oldest first by itself, otherwise as a person says, never more than there is."""

from datetime import timedelta
from itertools import count

import pytest

from credit.actions import allocations, invoices, modes
from credit.actions.refusals import BadInput, Refused
from credit.actors import Actor
from credit.models import Allocation, Change, Invoice, Transaction
from tests.credit.allocated import check_allocations, paid, shares
from tests.desk import ACCEPTED, FINANCE, Desk, a_desk
from tests.factories import APRIL, NOON, a_wallet, days, micros

pytestmark = pytest.mark.django_db
NOBODY = Actor.client("Reader", frozenset())


def a_customer(*purchases, **columns):
    """With an issued invoice for each purchase, a day apart."""
    desk = Desk(a_wallet(mode="postpaid", scheme="individual", permanent_limit="10000", **columns))
    for amount in purchases:
        buy(desk, amount)
    return desk


def buy(desk, amount, issued=True):
    assert desk.charge(amount, "hardware") == ACCEPTED
    line = desk.last_line()
    if issued:
        invoices.issue(now=desk.now)
    desk.now += days(1)
    return line


def pay(desk, amount, **more):
    assert desk.pay(amount, **more) == ACCEPTED
    return desk.last_line()


@pytest.fixture(autouse=True)
def everything_agrees():
    yield
    check_allocations()


class TestOldestFirst:
    def test_a_payment_pays_the_oldest_invoices_first(self):
        desk = a_customer("10", "20", "30")
        payment = pay(desk, "15")
        assert paid(desk) == ["10", "5", "0"]
        assert shares(payment) == {1: "10", 2: "5"}
        pay(desk, "100")
        assert paid(desk) == ["10", "20", "30"]

    def test_by_due_date_not_by_number(self, settings):
        settings.CREDIT_INVOICE_DUE_DAYS = 60
        desk = a_customer("10")
        settings.CREDIT_INVOICE_DUE_DAYS = 1
        buy(desk, "10")
        pay(desk, "10")
        assert paid(desk) == ["0", "10"]

    def test_a_payment_that_came_first_pays_the_invoice_when_it_is_issued(self):
        desk = a_customer()
        payment = pay(desk, "15")
        buy(desk, "10", issued=False)
        assert paid(desk) == ["0"]
        invoices.issue(now=desk.now)
        assert shares(payment) == {1: "10"}

    def test_a_draft_is_not_paid_before_it_is_issued_but_its_amount_is_spoken_for(self):
        desk = a_customer()
        buy(desk, "10", issued=False)
        pay(desk, "10")
        assert Allocation.objects.count() == 0
        assert desk.is_(due="0", overpayment="0")

    def test_closing_money_is_not_used_before_its_invoice_is_there(self):
        desk = Desk(a_wallet(mode="postpaid", permanent_limit="1000"))
        assert desk.charge("40") == ACCEPTED
        desk.now = APRIL
        pay(desk, "25")
        assert desk.close_periods() == ACCEPTED
        invoices.issue(now=APRIL)
        assert paid(desk) == ["25"]

    def test_credit_given_a_write_off_and_a_transfer_pay_too(self):
        desk = a_customer("10", "20", "30")
        assert desk.give("10") == ACCEPTED
        assert desk.write_off("20") == ACCEPTED
        assert paid(desk) == ["10", "20", "0"]

    def test_a_negative_invoice_pays_what_is_due_without_naming_a_line(self):
        desk = Desk(a_wallet(mode="postpaid", permanent_limit="1000"))
        assert desk.charge("50", "call") == ACCEPTED
        call = desk.last_line()
        desk.now = APRIL
        assert desk.close_periods() == ACCEPTED
        assert desk.refund(call, "30") == ACCEPTED
        desk.now = APRIL + days(31)
        assert desk.close_periods() == ACCEPTED
        while invoices.issue(now=desk.now):
            pass
        assert paid(desk) == ["30", "0"]
        assert Allocation.objects.get().line is None
        assert desk.is_(due="20")

    def test_money_that_left_again_pays_nothing(self):
        desk = a_customer()
        first, second = pay(desk, "100"), pay(desk, "50")
        assert desk.withdraw("100") == ACCEPTED
        buy(desk, "80")
        assert paid(desk) == ["50"]
        assert (shares(first), shares(second)) == ({}, {1: "50"})

    def test_a_customer_of_many_invoices_pays_them_all_at_once(self, monkeypatch):
        monkeypatch.setattr("credit.actions.allocating.MOST_INVOICES", 3)
        desk = a_customer(*["1"] * 8)
        pay(desk, "7.50")
        assert paid(desk) == ["1"] * 7 + ["0.5"]

    def test_money_from_before_the_last_hundred_payments_is_credit_from_earlier(self, monkeypatch):
        monkeypatch.setattr("credit.actions.allocating.MOST_SOURCES", 2)
        desk = a_customer()
        lines = [pay(desk, "10") for _ in range(4)]
        buy(desk, "35")
        assert [shares(line) for line in lines] == [{}, {}, {1: "10"}, {1: "10"}]
        assert Allocation.objects.get(line=None).amount_micros == micros("15")

    def test_an_opening_invoice_is_paid_by_what_comes_in_after_the_switch(self):
        desk = a_desk("100", permanent_limit="500")
        assert desk.charge("160") == ACCEPTED
        asked = {"to": "postpaid", "scheme": "consolidated", "limit": "500"}
        assert desk.do(modes.change_mode, wallet=desk.wallet, **asked) == ACCEPTED
        invoices.issue(now=desk.now)
        assert paid(desk) == ["0"]
        pay(desk, "60")
        assert paid(desk) == ["60"]


class TestCreditNotes:
    def test_a_credit_note_pays_the_invoice_it_corrects_before_older_ones(self):
        desk = a_customer("10", "20")
        _, second = desk.lines()
        assert desk.refund(second, "5") == ACCEPTED
        assert paid(desk) == ["0", "5"]

    def test_what_is_left_of_it_pays_the_oldest(self):
        desk = a_customer("10", "20")
        _, second = desk.lines()
        pay(desk, "28")  # 10 and 18
        assert desk.refund(second, "20") == ACCEPTED
        assert paid(desk) == ["10", "20"]
        buy(desk, "40")
        assert paid(desk) == ["10", "20", "18"]

    def test_it_waits_for_an_invoice_that_is_not_issued_yet(self):
        desk = a_customer("10")
        line = buy(desk, "20", issued=False)
        assert desk.refund(line) == ACCEPTED
        assert paid(desk) == ["0", "0"]
        invoices.issue(now=desk.now)
        assert paid(desk) == ["0", "20"]


class TestTakenBack:
    def test_a_payment_that_bounced_pays_nothing_and_the_invoice_is_open_again(self):
        desk = a_customer("10", "20")
        payment = pay(desk, "15")
        assert desk.reverse(payment) == ACCEPTED
        assert paid(desk) == ["0", "0"]
        ended = Allocation.objects.filter(line=payment)
        assert {(row.ended_at, row.ended_by_name) for row in ended} == {(desk.now, "Finance")}

    def test_other_money_then_pays_the_oldest_again(self):
        desk = a_customer("10")
        bounced, other = pay(desk, "10"), pay(desk, "4")
        assert desk.reverse(bounced) == ACCEPTED
        assert paid(desk) == ["4"]
        assert shares(other) == {1: "4"}

    def test_credit_taken_back_makes_a_debt_on_no_invoice(self):
        desk = a_customer("10")
        assert desk.give("10") == ACCEPTED
        assert desk.take_back("10", confirmed=True) == ACCEPTED
        assert paid(desk) == ["10"]
        assert desk.is_(due="10")

    def test_a_later_payment_pays_that_debt_before_an_invoice(self):
        desk = a_customer("10")
        assert desk.give("10") == ACCEPTED
        assert desk.take_back("10", confirmed=True) == ACCEPTED
        buy(desk, "20")
        pay(desk, "15")
        assert paid(desk) == ["10", "5"]


class TestReallocated:
    def move(self, line, amounts, **more):
        by_number = {row.number[-1]: row.pk for row in Invoice.objects.all() if row.number}
        asked = {by_number.get(str(number), 0): amount for number, amount in amounts.items()}
        more = {"reason": "As the customer wrote", "by": FINANCE, "now": NOON + days(20)} | more
        return allocations.reallocate(line=line, amounts=asked, **more)

    def test_a_person_says_which_invoices_a_payment_pays(self):
        desk = a_customer("10", "20", "30")
        payment = pay(desk, "15")
        self.move(payment, {3: "12", 2: "3"})
        assert paid(desk) == ["0", "3", "12"]
        change = Change.objects.get(verb="reallocate_payment")
        assert change.before == {
            "INV-2026-000001_micros": micros("10"),
            "INV-2026-000002_micros": micros("5"),
        }
        assert change.after == {"INV-2026-000002_micros": micros("3"), "INV-2026-000003_micros": micros("12")}
        assert change.reason == "As the customer wrote"

    def test_what_stays_as_it_was_keeps_its_history(self):
        desk = a_customer("10", "20")
        payment = pay(desk, "15")
        kept = Allocation.objects.get(invoice__number="INV-2026-000001")
        self.move(payment, {1: "10", 2: "2"})
        assert Allocation.objects.live().get(invoice=kept.invoice) == kept
        assert paid(desk) == ["10", "2"]

    def test_what_is_left_over_pays_the_oldest_when_money_next_comes_in(self):
        desk = a_customer("10", "20")
        payment = pay(desk, "10")
        self.move(payment, {2: "4"})
        assert paid(desk) == ["0", "4"]
        pay(desk, "1")
        assert paid(desk) == ["7", "4"]

    def test_never_more_than_the_payment_the_invoice_or_what_is_there(self):
        desk = a_customer("10", "20")
        payment = pay(desk, "15")
        for amounts, words in (
            ({2: "15.01"}, "15.00; 15.01 is typed"),
            ({1: "10.01"}, "10.00 is open on INV-2026-000001"),
            ({1: "-1"}, "negative"),
            ({9: "1"}, "Only an issued invoice of this wallet"),
        ):
            with pytest.raises(BadInput, match=words):
                self.move(payment, amounts)
        assert paid(desk) == ["10", "5"]

    def test_money_that_was_withdrawn_cannot_be_allocated(self):
        desk = a_customer()
        payment = pay(desk, "100")
        assert desk.withdraw("70") == ACCEPTED
        buy(desk, "50")
        with pytest.raises(BadInput, match=r"30.00 is there for invoices; 40.00 is typed"):
            self.move(payment, {1: "40"})

    def test_a_draft_another_customers_invoice_and_money_out_are_refused(self):
        desk, other = a_customer("10"), a_customer("10")
        payment = pay(desk, "5")
        theirs = Invoice.objects.get(wallet=other.wallet)
        buy(desk, "7", issued=False)
        draft = Invoice.objects.get(issued_at=None)
        for invoice in (theirs, draft):
            with pytest.raises(BadInput, match="Only an issued invoice of this wallet"):
                allocations.reallocate(
                    line=payment, amounts={invoice.pk: "1"}, reason="x", by=FINANCE, now=desk.now
                )
        charge = Transaction.objects.filter(wallet=desk.wallet, kind="hardware").first()
        with pytest.raises(BadInput, match="Only money that came in"):
            self.move(charge, {1: "1"})

    def test_a_reversed_payment_pays_nothing_however_one_asks(self):
        desk = a_customer("10")
        payment = pay(desk, "10")
        assert desk.reverse(payment) == ACCEPTED
        with pytest.raises(Refused, match="was reversed"):
            self.move(payment, {1: "10"})

    def test_the_second_of_two_people_sees_that_it_changed(self):
        desk = a_customer("10", "20")
        payment = pay(desk, "10")
        seen = list(Allocation.objects.live().values_list("pk", flat=True))
        self.move(payment, {2: "10"}, seen=seen)
        with pytest.raises(Refused, match="changed after you opened the form"):
            self.move(payment, {1: "5"}, seen=seen)

    def test_only_who_has_the_right_and_a_reason(self):
        desk = a_customer("10")
        payment = pay(desk, "10")
        with pytest.raises(Refused, match="may not"):
            self.move(payment, {}, by=NOBODY)
        with pytest.raises(BadInput, match="Reason is missing"):
            self.move(payment, {}, reason="")

    def test_a_bounced_payment_takes_its_hand_made_allocations_along(self):
        desk = a_customer("10", "20")
        payment = pay(desk, "10")
        self.move(payment, {2: "10"})
        desk.now = NOON + days(21)
        assert desk.reverse(payment) == ACCEPTED
        assert paid(desk) == ["0", "0"]


class TestCost:
    def test_money_in_costs_one_question_more_where_no_invoice_is_open(self, django_assert_max_num_queries):
        desk, numbers = a_desk("10"), count()
        desk.now += timedelta(seconds=next(numbers))
        with django_assert_max_num_queries(13):
            assert desk.pay("5") == ACCEPTED
        with django_assert_max_num_queries(13):
            assert desk.pay("5") == ACCEPTED

    def test_and_as_much_for_many_invoices_as_for_one(self, django_assert_max_num_queries):
        desk = a_customer(*["1"] * 20)
        with django_assert_max_num_queries(22):
            assert desk.pay("20") == ACCEPTED
        assert paid(desk) == ["1"] * 20
