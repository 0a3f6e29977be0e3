"""Eight at once for the same credit: never more than the limit, whatever they are (product.md sections 2 and 7)."""

from datetime import timedelta

import pytest

from credit.actions import charges
from credit.models import Answer, CreditLimit, Transaction, Wallet
from tests.desk import ACCEPTED, FINANCE, Desk, a_desk
from tests.factories import NOON, a_wallet, an_organization, micros
from tests.races.together import Clock, together

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


def desks(wallet, number, clock=None):
    """A desk per thread: a desk remembers its last answer."""
    clock = clock or Clock()
    return [Desk(wallet, clock) for _ in range(number)]


@pytest.mark.parametrize("mode", ["prepaid", "postpaid"])
def test_eight_charges_of_200_against_1000_take_exactly_1000(mode):
    wallet = a_wallet(mode=mode, permanent_limit="1000")
    answers = together(*[lambda d=d: d.charge("200") for d in desks(wallet, 8)])
    assert sorted(answers) == [ACCEPTED] * 5 + ["credit_limit_exceeded"] * 3
    desk = Desk(wallet, NOON + timedelta(seconds=1))
    assert desk.is_(usable="0", used="1000")
    assert desk.books_are_straight()


def test_eight_holds_of_200_against_1000_hold_exactly_1000():
    wallet = a_wallet(permanent_limit="1000")
    answers = together(
        *[lambda d=d, n=n: d.reserve("200", f"call-{n}") for n, d in enumerate(desks(wallet, 8))]
    )
    assert answers.count(ACCEPTED) == 5
    assert Desk(wallet, NOON + timedelta(seconds=1)).is_(live_reserved="1000", usable="0")


def test_charges_and_holds_share_one_limit():
    wallet = a_wallet(permanent_limit="1000")
    spending = [
        (lambda d=d, n=n: d.reserve("200", f"call-{n}")) if n % 2 else (lambda d=d: d.charge("200"))
        for n, d in enumerate(desks(wallet, 8))
    ]
    assert together(*spending).count(ACCEPTED) == 5
    assert Desk(wallet, NOON + timedelta(seconds=1)).is_(usable="0")


def test_twenty_in_the_wallet_pay_one_dvd_and_only_two_bars():
    desk = a_desk("20")
    assert desk.reserve("15", "dvd") == ACCEPTED
    bars = together(
        *[lambda d=d, n=n: d.reserve("2", f"bar-{n}") for n, d in enumerate(desks(desk.wallet, 10))]
    )
    assert bars.count(ACCEPTED) == 2


def test_batches_that_name_the_wallets_in_another_order_neither_wait_in_a_ring_nor_overspend():
    organization = an_organization()
    wallets = [a_wallet(organization, permanent_limit="100") for _ in range(3)]
    clock = Clock()

    def post(order):
        lines = [charges.Line(wallet=wallets[number], amount="30", kind="call") for number in order]
        return charges.post(lines=lines, by=FINANCE, now=clock)

    orders = [(0, 1, 2), (2, 1, 0), (1, 0, 2), (0, 2, 1), (2, 0, 1), (1, 2, 0)]
    outcomes = [one for batch in together(*[lambda o=o: post(o) for o in orders]) for one in batch]
    assert sum(one.accepted for one in outcomes) == 9
    for wallet in wallets:
        assert Desk(wallet, clock).is_(usable="10")
        assert Desk(wallet, clock).books_are_straight()


def test_one_key_from_eight_clients_has_one_effect_and_one_answer():
    wallet = a_wallet(permanent_limit="1000")
    clients = desks(wallet, 8)
    answers = together(*[lambda d=d: d.charge("200", key="order-1") for d in clients])
    assert answers == [ACCEPTED] * 8
    assert (
        Transaction.objects.filter(wallet=wallet).count() == Answer.objects.filter(wallet=wallet).count() == 1
    )
    assert sum(d.last.replayed for d in clients) == 7
    assert len({(d.last.transaction_id, d.last.sequence, d.last.usable_micros) for d in clients}) == 1


def test_one_key_with_two_contents_is_one_charge_and_a_conflict_for_the_others():
    wallet = a_wallet(permanent_limit="1000")
    answers = together(
        *[lambda d=d, n=n: d.charge(str(10 + n % 2), key="k") for n, d in enumerate(desks(wallet, 8))]
    )
    assert sorted(answers) == [ACCEPTED] * 4 + ["key_reused"] * 4
    assert Transaction.objects.filter(wallet=wallet).count() == 1


def test_a_declined_key_stays_declined_for_all_even_if_money_comes_meanwhile():
    wallet = a_wallet()
    clients = desks(wallet, 6)
    assert clients[0].charge("5", key="k") == "credit_limit_exceeded"
    answers = together(
        lambda: clients[0].pay("100"), *[lambda d=d: d.charge("5", key="k") for d in clients[1:]]
    )
    assert answers == [ACCEPTED] + ["credit_limit_exceeded"] * 5


def test_a_hold_never_gives_more_than_it_holds_to_eight_commits():
    desk = a_desk("100")
    assert desk.reserve("50") == ACCEPTED
    answers = together(*[lambda d=d: d.commit("10", final=False) for d in desks(desk.wallet, 8)])
    assert answers.count(ACCEPTED) == 5
    assert set(answers) - {ACCEPTED} == {"reservation_closed"}
    assert Desk(desk.wallet, NOON + timedelta(seconds=1)).is_(usable="50", live_reserved="0")


def test_commits_releases_and_replacements_of_one_hold_leave_nothing_behind():
    desk = a_desk("100")
    assert desk.reserve("50") == ACCEPTED
    crowd = desks(desk.wallet, 8)
    jobs = [
        *[lambda d=d: d.commit("10") for d in crowd[:2]],
        *[lambda d=d: d.release() for d in crowd[2:4]],
        *[lambda d=d: d.reserve("60") for d in crowd[4:6]],
        *[lambda d=d: d.extend(total="70") for d in crowd[6:]],
    ]
    together(*jobs)
    after = Desk(desk.wallet, NOON + timedelta(seconds=1))
    assert after.release() == ACCEPTED
    assert after.is_(live_reserved="0")
    assert after.books_are_straight()


def test_no_charge_passes_a_limit_that_is_being_changed_around_it():
    wallet = a_wallet(permanent_limit="300")
    clock = Clock()
    spenders, officers = desks(wallet, 5, clock), desks(wallet, 3, clock)
    amounts = ["500", "100", "700", "50", "900"]

    def spend(desk):
        return [desk.charge("60") for _ in range(6)]

    def change(desk):
        return [desk.set_limit(amount, confirmed=True) for amount in amounts]

    together(*[lambda d=d: spend(d) for d in spenders], *[lambda d=d: change(d) for d in officers])
    assert every_charge_was_within_the_limit_of_its_instant(wallet, at_first="300")
    assert Desk(wallet, clock).books_are_straight()


def every_charge_was_within_the_limit_of_its_instant(wallet, at_first):
    limits = list(CreditLimit.objects.filter(wallet=wallet).order_by("starts_at", "pk"))
    for line in Transaction.objects.filter(wallet=wallet, kind="call"):
        in_force = [one.amount_micros for one in limits if one.starts_at <= line.posted_at]
        limit = in_force[-1] if in_force else micros(at_first)
        assert -line.current_balance_after_micros <= limit
    return True


def test_of_eight_who_saw_the_same_version_one_sets_the_limit_and_seven_are_told_who():
    wallet = a_wallet(permanent_limit="100")
    version = Wallet.objects.at(NOON).get(pk=wallet.pk).live_version
    answers = together(
        *[lambda d=d, n=n: d.set_limit(str(200 + n), version=version) for n, d in enumerate(desks(wallet, 8))]
    )
    assert sorted(answers) == [ACCEPTED] + ["changed_meanwhile"] * 7
    assert CreditLimit.objects.open().filter(wallet=wallet, slot="permanent").count() == 1
