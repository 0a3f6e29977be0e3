"""Authority covers every verb that raises usable credit or moves money out, whatever the door (section 7)."""

import pytest
from django.contrib.auth.models import Group

from credit.actions import modes, statuses, transfers, wallets
from credit.actors import Actor
from credit.groups import MANAGER
from credit.models import Transaction, Wallet
from tests.desk import ACCEPTED, FINANCE, Desk, a_desk
from tests.factories import NOON, a_wallet, an_organization


def on(desk):
    return {"organization": desk.wallet.organization}


def move(desk):
    target = a_wallet(desk.wallet.organization)
    return desk.do(transfers.transfer, source=desk.wallet, target=target, amount="1", reason="x")


def to_postpaid(desk):
    return desk.decide(modes.change_mode, wallet=desk.wallet, to="postpaid", scheme="none", limit="9")


def change_scheme(desk):
    wallet = a_wallet(mode="postpaid")
    return desk.decide(modes.change_scheme, wallet=wallet, scheme="none")


def create(desk):
    return desk.decide(wallets.create_wallet, organization=an_organization(), currency="EUR", mode="prepaid")


def close(desk):
    return desk.decide(wallets.close_wallet, wallet=a_wallet())


def reopen(desk):
    wallet = a_wallet()
    wallets.close_wallet(wallet=wallet, by=FINANCE, now=NOON)
    return desk.decide(wallets.reopen_wallet, wallet=wallet)


def in_debt(desk):
    return Desk(a_desk("-5").wallet, by=desk.by)


VERBS = {
    "charge": (lambda desk: desk.charge("1"), "post_charges"),
    "hold": (lambda desk: desk.reserve("1"), "post_charges"),
    "extended hold": (lambda desk: desk.extend("held", total="9"), "post_charges"),
    "commit": (lambda desk: desk.commit("1", "held"), "post_charges"),
    "release": (lambda desk: desk.release("held"), "post_charges"),
    "payment": (lambda desk: desk.pay("1"), "record_payment"),
    "credit given": (lambda desk: desk.give("1"), "adjust_credit"),
    "credit taken back": (lambda desk: desk.take_back("1"), "adjust_credit"),
    "withdrawal": (lambda desk: desk.withdraw("1"), "withdraw_money"),
    "transfer": (move, "withdraw_money"),
    "write-off": (lambda desk: in_debt(desk).write_off("1"), "write_off_debt"),
    "refund": (lambda desk: desk.refund(desk.lines()[1]), "correct_transactions"),
    "reversal": (lambda desk: desk.reverse(desk.lines()[0]), "correct_transactions"),
    "permanent limit": (lambda desk: desk.set_limit("9"), "set_credit_limit"),
    "temporary limit": (lambda desk: desk.set_limit("99", days=3), "set_credit_limit"),
    "end of a temporary limit": (lambda desk: desk.end_temporary(confirmed=True), "set_credit_limit"),
    "removal of a limit": (lambda desk: desk.remove_permanent(confirmed=True), "set_credit_limit"),
    "payment mode": (to_postpaid, "change_payment_mode"),
    "scheme": (change_scheme, "change_payment_mode"),
    "time zone": (
        lambda d: d.decide(statuses.change_time_zone, **on(d), time_zone="Asia/Tokyo"),
        "change_payment_mode",
    ),
    "suspension": (lambda desk: desk.decide(statuses.suspend, **on(desk)), "suspend_organization"),
    "new wallet": (create, "add_wallet"),
    "closing": (close, "close_wallet"),
    "reopening": (reopen, "reopen_wallet"),
}
# A switch sets a limit in its own step, so it needs that right as well.
ALSO = {"payment mode": {"credit.set_credit_limit"}}

pytestmark = pytest.mark.django_db


def desk_of(*rights):
    """A desk of somebody with these rights, over a wallet with money, a charge, a hold and a temporary limit."""
    desk = a_desk("50", permanent_limit="5")
    assert desk.charge("2") == ACCEPTED
    assert desk.reserve("3", "held") == ACCEPTED
    assert desk.set_limit("20", days=9) == ACCEPTED
    manager = Group.objects.get(name=MANAGER)
    desk.by = Actor.client("Clerk", frozenset(rights), authority_id=manager.pk)
    return desk


@pytest.mark.parametrize("verb", VERBS)
def test_nobody_does_it_without_the_right(verb):
    act, _ = VERBS[verb]
    desk = desk_of()
    lines, version = Transaction.objects.count(), Wallet.objects.get(pk=desk.wallet.pk).version
    assert act(desk) == "not_authorized"
    assert Wallet.objects.get(pk=desk.wallet.pk).version == version
    assert Transaction.objects.filter(by_name="Clerk").count() == 0
    assert Transaction.objects.filter(wallet=desk.wallet).count() <= lines


@pytest.mark.parametrize("verb", VERBS)
def test_the_one_right_is_enough(verb):
    act, right = VERBS[verb]
    assert act(desk_of(f"credit.{right}", *ALSO.get(verb, ()))) == ACCEPTED


def test_unlimited_needs_a_right_of_its_own():
    assert desk_of("credit.set_credit_limit").set_limit(unlimited=True) == "not_authorized"
    desk = desk_of("credit.set_credit_limit", "credit.set_unlimited_limit")
    assert desk.set_limit(unlimited=True) == ACCEPTED


def test_a_switch_of_mode_is_no_way_around_the_right_to_set_a_limit():
    desk = desk_of("credit.change_payment_mode")
    wish = {"to": "postpaid", "scheme": "none", "limit": "1000000"}
    assert desk.decide(modes.change_mode, wallet=desk.wallet, **wish) == "not_authorized"


def test_a_new_wallet_is_no_way_around_the_right_to_set_a_limit():
    desk = desk_of("credit.add_wallet")
    asked = {"organization": an_organization(), "currency": "EUR", "mode": "prepaid", "limit": "1000000"}
    assert desk.decide(wallets.create_wallet, **asked) == "not_authorized"


def test_a_replayed_answer_is_not_for_somebody_without_the_right():
    desk = desk_of()
    desk.by = FINANCE
    assert desk.charge("1", key="k") == ACCEPTED
    desk.by = Actor.client("Clerk", frozenset())
    assert desk.charge("1", key="k") == "not_authorized"
