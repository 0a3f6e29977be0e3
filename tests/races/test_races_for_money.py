"""Payments, refunds, transfers, closes, modes and statuses against each other: the books stay straight."""

from datetime import timedelta
from itertools import pairwise

import pytest

from credit.actions import closes, invoices, modes, statuses, transfers, wallets
from credit.models import Invoice, Payment, Period, Transaction, Wallet
from tests.desk import ACCEPTED, FINANCE, Desk, a_desk
from tests.factories import APRIL, NOON, a_wallet, an_organization, micros
from tests.races.together import Clock, together

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


def test_transfers_that_cross_neither_wait_for_each_other_nor_make_money():
    organization = an_organization()
    one, other = (a_desk("100", organization=organization).wallet for _ in range(2))
    clock = Clock()

    def move(source, target):
        return transfers.transfer(
            source=source, target=target, amount="30", reason="x", by=FINANCE, now=clock
        ).accepted

    pairs = [(one, other), (other, one)] * 4
    accepted = together(*[lambda p=p: move(*p) for p in pairs])
    assert any(accepted)
    balances = [Wallet.objects.get(pk=wallet.pk).balance_micros for wallet in (one, other)]
    assert sum(balances) == micros("200")
    assert min(balances) >= 0
    assert Desk(one, clock).books_are_straight()
    assert Desk(other, clock).books_are_straight()


def test_eight_transfers_out_take_no_more_than_own_money():
    organization = an_organization()
    source = a_desk("100", organization=organization, permanent_limit="1000").wallet
    target, clock = a_wallet(organization), Clock()

    def move():
        return transfers.transfer(
            source=source, target=target, amount="30", reason="x", by=FINANCE, now=clock
        ).accepted

    assert sum(together(*[move] * 8)) == 3


def test_eight_refunds_of_one_charge_give_back_no_more_than_it():
    desk = a_desk("100")
    assert desk.charge("100") == ACCEPTED
    line, clock = desk.last_line(), Clock()
    answers = together(*[lambda: Desk(desk.wallet, clock).refund(line, "30") for _ in range(8)])
    assert answers.count(ACCEPTED) == 3
    assert set(answers) == {ACCEPTED, "already_refunded"}


def test_one_of_eight_reversals_of_a_payment_stands():
    desk = a_desk()
    assert desk.pay("100") == ACCEPTED
    line, clock = desk.last_line(), Clock()
    answers = together(*[lambda: Desk(desk.wallet, clock).reverse(line) for _ in range(8)])
    assert sorted(answers) == [ACCEPTED] + ["not_reversible"] * 7
    assert Desk(desk.wallet, clock).is_(current_balance="0")


def test_the_same_payment_typed_by_eight_people_is_recorded_once():
    wallet, clock = a_wallet(), Clock()
    answers = together(
        *[
            lambda: Desk(wallet, clock).pay("50", reference="VS 2026", received_on=NOON.date())
            for _ in range(8)
        ]
    )
    assert answers == [ACCEPTED] * 8
    assert Payment.objects.filter(wallet=wallet).count() == 1
    assert Desk(wallet, clock).is_(current_balance="50")


def test_closes_in_parallel_book_each_period_once():
    desk = a_desk(mode="postpaid", permanent_limit="1000", unbilled="100.005")
    desk.now = APRIL + timedelta(days=40)
    clock = Clock(desk.now)
    together(*[lambda: closes.close(wallet_pks=[desk.wallet.pk], by=FINANCE, now=clock) for _ in range(4)])
    assert Period.objects.filter(wallet=desk.wallet).count() == 2
    assert Invoice.objects.filter(wallet=desk.wallet).count() == 1
    after = Desk(desk.wallet, clock)
    assert after.is_(due="100.01", live_closing="0", live_unbilled="0")
    assert after.books_are_straight()


def test_charges_holds_and_closes_around_a_month_end_each_land_in_one_period():
    desk = a_desk(mode="postpaid", permanent_limit="1000")
    assert desk.reserve("100", life=timedelta(days=30)) == ACCEPTED
    clock = Clock(APRIL - timedelta(microseconds=10), tick=timedelta(microseconds=2))

    def spend():
        mine = Desk(desk.wallet, clock)
        return [mine.charge("1.005") for _ in range(4)]

    def hold():
        mine = Desk(desk.wallet, clock)
        return [mine.commit("2.5", final=False) for _ in range(4)]

    def close():
        return [closes.close(wallet_pks=[desk.wallet.pk], by=FINANCE, now=clock) for _ in range(3)]

    together(spend, spend, spend, hold, close, close)
    after = Desk(desk.wallet, clock)
    assert after.close_periods() == ACCEPTED
    assert after.books_are_straight()
    for line in Transaction.objects.filter(wallet=desk.wallet, counted=True):
        assert (line.posted_at < APRIL) == (line.period_starts_at < APRIL)
    march = Period.objects.get(wallet=desk.wallet)
    counted = Transaction.objects.filter(wallet=desk.wallet, period_starts_at=march.starts_at)
    assert march.amount_micros == -sum(counted.values_list("amount_micros", flat=True))
    assert march.closed_at is not None


def test_mode_changes_among_charges_holds_and_payments_lose_nothing():
    desk = a_desk("500", permanent_limit="500")
    clock = Clock(tick=timedelta(milliseconds=1))

    def spend():
        mine = Desk(desk.wallet, clock)
        return [mine.charge("7.25") for _ in range(4)] + [mine.pay("10")]

    def hold(reference):
        mine = Desk(desk.wallet, clock)
        for _ in range(3):
            mine.reserve("5.5", reference)
            mine.commit(reference=reference)

    def switch():
        mine = Desk(desk.wallet, clock)
        answers = []
        for _ in range(3):
            asked = {"to": "postpaid", "scheme": "consolidated", "limit": "500"}
            answers.append(mine.do(modes.change_mode, wallet=desk.wallet, **asked))
            answers.append(mine.do(modes.change_mode, wallet=desk.wallet, to="prepaid", keep_limit=True))
        return answers

    answers = together(spend, spend, spend, lambda: hold("a"), lambda: hold("b"), switch)
    assert answers[-1] == [ACCEPTED] * 6
    after = Desk(desk.wallet, clock)
    assert after.books_are_straight()
    assert after.is_(live_reserved="0")
    spent, paid = 12 * micros("7.25") + 6 * micros("5.5"), 3 * micros("10")
    assert after.amount("current_balance") == micros("500") + paid - spent
    periods = list(Period.objects.filter(wallet=desk.wallet).order_by("starts_at"))
    assert len(periods) == 3
    assert all(one.ends_at <= two.starts_at for one, two in pairwise(periods))


def test_a_wallet_created_while_its_organization_is_suspended_is_suspended_too():
    organization, clock = an_organization(), Clock()

    def create():
        return wallets.create_wallet(
            organization=organization, currency="EUR", mode="prepaid", by=FINANCE, now=clock
        )

    together(
        create, create, create, lambda: statuses.suspend(organization=organization, by=FINANCE, now=clock)
    )
    assert set(organization.wallets.values_list("organization_status", flat=True)) == {"suspended"}


def test_nothing_is_charged_after_the_suspension_of_all_wallets():
    organization, clock = an_organization(), Clock()
    crowd = [a_wallet(organization, permanent_limit="1000") for _ in range(4)]

    def spend(wallet):
        return [Desk(wallet, clock).charge("10") for _ in range(5)]

    def suspend():
        statuses.suspend(organization=organization, by=FINANCE, now=clock)
        return [Desk(wallet, clock).charge("10") for wallet in crowd]

    answers = together(*[lambda w=w: spend(w) for w in crowd], suspend)
    assert answers[-1] == ["organization_suspended"] * 4
    for wallet, each in zip(crowd, answers, strict=False):
        assert Desk(wallet, clock).amount("used") == each.count(ACCEPTED) * micros("10")


def test_a_wallet_is_closed_empty_or_not_at_all():
    desk, clock = a_desk(permanent_limit="100"), Clock()

    def close():
        return Desk(desk.wallet, clock).do(wallets.close_wallet, wallet=desk.wallet)

    answers = together(*[lambda: Desk(desk.wallet, clock).charge("10") for _ in range(4)], close)
    closed = Wallet.objects.get(pk=desk.wallet.pk).closed_at is not None
    assert closed == (answers[-1] == ACCEPTED)
    assert answers[:4].count(ACCEPTED) == (0 if closed else answers[:4].count(ACCEPTED))
    assert Desk(desk.wallet, clock).books_are_straight()


def test_two_who_issue_at_once_give_every_invoice_one_number_and_leave_no_gap():
    wallet = a_wallet(mode="postpaid", scheme="individual", permanent_limit="10")
    desk = Desk(wallet)
    for _ in range(6):
        assert desk.charge("5", "hardware") == ACCEPTED
    numbered = together(*[lambda: invoices.issue(now=NOON) for _ in range(4)])
    numbers = sorted(Invoice.objects.filter(wallet=wallet).values_list("number", flat=True))
    assert sum(numbered) == 6
    assert [int(number.rsplit("-", 1)[1]) for number in numbers] == list(range(1, 7))
