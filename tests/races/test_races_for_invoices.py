"""Payments, issues, re-allocations and reversals against each other: nothing is paid twice, no number is missing."""

import pytest

from credit.actions import allocations, invoices
from credit.actions.refusals import NotDone
from credit.models import Allocation, Invoice
from tests.credit.allocated import check_allocations, free_of
from tests.desk import ACCEPTED, FINANCE, Desk
from tests.factories import NOON, a_wallet, micros
from tests.races.together import Clock, together

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


def customers(number, purchases=4):
    desks = []
    for _ in range(number):
        desk = Desk(a_wallet(mode="postpaid", scheme="individual", permanent_limit="1000"))
        for _ in range(purchases):
            assert desk.charge("5", "hardware") == ACCEPTED
        desks.append(desk)
    return desks


def numbers():
    return sorted(
        int(number.rsplit("-", 1)[1]) for number in Invoice.objects.values_list("number", flat=True)
    )


def test_payments_while_invoices_are_issued_pay_each_once_and_leave_nothing_beside_them():
    desks, clock = customers(4), Clock()

    def issue():
        return sum(invoices.issue(now=clock, limit=3) for _ in range(8))

    def pay(desk):
        return [Desk(desk.wallet, clock).pay("2.50") for _ in range(4)]

    answers = together(issue, issue, *[lambda desk=desk: pay(desk) for desk in desks])
    while invoices.issue(now=clock):
        pass
    assert all(answer == [ACCEPTED] * 4 for answer in answers[2:])
    assert check_allocations()
    assert numbers() == list(range(1, 17))
    for desk in desks:
        assert free_of(desk.wallet) == 0
        assert sum(
            Invoice.objects.filter(wallet=desk.wallet).values_list("paid_micros", flat=True)
        ) == micros("10")


def test_payments_reversals_and_people_who_reallocate_leave_what_is_paid_straight():
    (desk,), clock = customers(1), Clock()
    while invoices.issue(now=NOON):
        pass
    assert [Desk(desk.wallet, clock).pay("6") for _ in range(3)] == [ACCEPTED] * 3
    lines = [line for line in desk.lines() if line.kind == "payment"]
    pks = list(Invoice.objects.order_by("pk").values_list("pk", flat=True))

    def move(line, first):
        try:
            amounts = {pks[first]: "5", pks[first + 1]: "1"}
            allocations.reallocate(line=line, amounts=amounts, reason="x", by=FINANCE, now=clock)
        except NotDone:
            return "refused"
        return ACCEPTED

    together(
        lambda: [move(lines[0], at) for at in (2, 0, 1)],
        lambda: [move(lines[1], at) for at in (1, 2, 0)],
        lambda: Desk(desk.wallet, clock).reverse(lines[2]),
        lambda: [Desk(desk.wallet, clock).pay("1") for _ in range(3)],
    )
    assert check_allocations()
    assert free_of(desk.wallet) >= 0
    assert not Allocation.objects.live().filter(line=lines[2]).exists()


def test_one_of_two_who_decide_about_a_draft_at_once_is_told():
    (desk,), clock = customers(1, purchases=1), Clock()
    draft = Invoice.objects.get()
    asked = {"invoice": draft, "reason": "x", "by": FINANCE, "now": clock}

    def tried(verb):
        try:
            return verb(**asked) and ACCEPTED
        except NotDone as refusal:
            return str(refusal.reason)

    answers = together(
        *[lambda: tried(invoices.issue_now) for _ in range(4)], lambda: invoices.issue(now=clock)
    )
    issued_by_hand = answers[:4].count(ACCEPTED)
    assert issued_by_hand + answers[4] == 1
    assert answers[:4].count("changed_meanwhile") == 4 - issued_by_hand
    assert numbers() == [1]
    assert desk.books_are_straight()
