"""Whoever decides says why, by a code of the list: asked in the action, so at every door and in the shell too."""

import pytest

from credit.actions import (
    corrections,
    credits,
    limits,
    modes,
    payments,
    requests,
    reviews,
    statuses,
    transfers,
    wallets,
    withdrawals,
)
from credit.actions.refusals import BadInput
from credit.actors import Actor
from credit.groups import MANAGER
from credit.models import Change, ChangeRequest, Transaction
from credit.terms import ChangeReason
from tests.desk import ACCEPTED, a_desk
from tests.factories import NOON, a_wallet
from tests.govern.people import a_manager, an_officer, desk_for
from tests.pages.people import address, prepaid, send, signed_in, text

pytestmark = pytest.mark.django_db


MOVES = ["give_credit", "take_back_credit", "withdrawal", "transfer", "write_off", "refund", "reversal"]
CHANGES = [
    "set_limit", "end_temporary", "remove_permanent", "keep", "change_mode", "change_scheme", "suspend", "resume",
    "change_time_zone", "close_wallet", "reopen_wallet", "create_wallet",
]  # fmt: skip


def moves(wallet, other, line):
    """Every verb by which a person moves money, but for a payment, which is a fact and no decision."""
    words = {"reason": "As agreed"}
    return {
        "give_credit": (credits.give_credit, {"wallet": wallet, "amount": "1", **words}),
        "take_back_credit": (credits.take_back_credit, {"wallet": wallet, "amount": "1", **words}),
        "withdrawal": (withdrawals.withdraw, {"wallet": wallet, "amount": "1", **words}),
        "transfer": (transfers.transfer, {"source": wallet, "target": other, "amount": "1", **words}),
        "write_off": (withdrawals.write_off, {"wallet": other, "amount": "1", **words}),
        "refund": (corrections.refund, {"transaction": line, "amount": "1", **words}),
        "reversal": (corrections.reverse, {"transaction": line, **words}),
    }


def changes(wallet):
    """Every verb by which a person changes what a customer may do."""
    organization = wallet.organization
    return {
        "set_limit": (limits.set_limit, {"wallet": wallet, "amount": "150"}),
        "end_temporary": (limits.end_temporary, {"wallet": wallet}),
        "remove_permanent": (limits.remove_permanent, {"wallet": wallet}),
        "keep": (reviews.keep, {"wallet": wallet}),
        "change_mode": (modes.change_mode, {"wallet": wallet, "to": "postpaid", "scheme": "none", "keep_limit": True}),
        "change_scheme": (modes.change_scheme, {"wallet": wallet, "scheme": "none"}),
        "suspend": (statuses.suspend, {"organization": organization}),
        "resume": (statuses.resume, {"organization": organization}),
        "change_time_zone": (statuses.change_time_zone, {"organization": organization, "time_zone": "UTC"}),
        "close_wallet": (wallets.close_wallet, {"wallet": wallet}),
        "reopen_wallet": (wallets.reopen_wallet, {"wallet": wallet}),
        "create_wallet": (wallets.create_wallet, {"organization": organization, "currency": "USD", "mode": "prepaid"}),
    }  # fmt: skip


@pytest.fixture
def desk():
    """A customer with money, a limit and a charge, and a second wallet in debt."""
    desk = a_desk("100", permanent_limit="100")
    assert desk.charge("20") == ACCEPTED
    return desk


def missing(verb, said, by):
    with pytest.raises(BadInput) as refusal:
        verb(**said, by=by, now=NOON)
    assert (refusal.value.field, refusal.value.reason) == ("reason_code", "invalid_input")
    return refusal.value.message


@pytest.mark.parametrize("name", MOVES)
def test_money_is_moved_by_a_person_for_a_reason_of_the_list(desk, name):
    other = a_wallet(desk.wallet.organization, balance="-10")
    verb, said = moves(desk.wallet, other, desk.last_line())[name]
    manager = a_manager()
    before = Transaction.objects.count()

    assert missing(verb, said, manager) == "Choose why. It is kept with the change."
    assert "not in the list" in missing(verb, {**said, "reason_code": "because"}, manager)
    assert Transaction.objects.count() == before

    verb(**said, reason_code="goodwill", by=manager, now=NOON)
    told = Change.objects.filter(by_user=manager.user)
    assert {(change.reason_code, change.reason) for change in told} == {("goodwill", "As agreed")}


@pytest.mark.parametrize("name", MOVES)
def test_a_job_moves_money_as_it_was_told_before_and_names_no_reason_of_the_list(desk, name):
    other = a_wallet(desk.wallet.organization, balance="-10")
    verb, said = moves(desk.wallet, other, desk.last_line())[name]
    assert verb(**said, by=desk.by, now=NOON).accepted


@pytest.mark.parametrize("name", CHANGES)
def test_a_person_changes_nothing_without_a_reason_of_the_list(desk, name):
    verb, said = changes(desk.wallet)[name]
    before = Change.objects.count()
    assert missing(verb, said, a_manager()) == "Choose why. It is kept with the change."
    assert Change.objects.count() == before


def test_a_client_of_the_api_says_why_it_sets_a_limit_and_not_why_it_gives_a_charge_back(desk):
    rights = frozenset({"credit.set_credit_limit", "credit.correct_transactions"})
    client = Actor.client("Billing engine", rights)
    missing(limits.set_limit, {"wallet": desk.wallet, "amount": "50"}, client)
    said = {"transaction": desk.last_line(), "amount": "1", "reason": "Dropped call"}
    assert corrections.refund(**said, by=client, now=NOON).accepted


def test_a_payment_and_a_charge_are_facts_and_need_no_reason(desk):
    assert payments.record_payment(wallet=desk.wallet, amount="5", by=an_officer(), now=NOON).accepted


def test_asking_above_authority_keeps_the_code_and_the_approval_books_it(desk):
    officer = desk_for(an_officer(), desk.wallet)
    assert officer.give("7000", reason_code="goodwill") == "not_authorized"
    asked = requests.ask(beyond=officer.last, by=officer.by, now=NOON)
    assert (asked.reason_code, asked.reason) == ("goodwill", "goodwill")

    jana = a_manager()
    requests.approve(request=asked, words="Good payer", by=jana, now=NOON)
    assert Change.objects.get(verb="adjustment", by_user=jana.user).reason_code == "goodwill"


def test_a_limit_is_not_asked_for_without_a_reason_of_the_list(desk):
    officer = desk_for(an_officer(), desk.wallet)
    assert officer.set_limit("20000") == "not_authorized"
    missing(requests.ask, {"beyond": officer.last}, officer.by)
    assert not ChangeRequest.objects.exists()


def test_what_was_asked_for_before_a_code_was_due_can_still_be_approved(desk):
    officer = desk_for(an_officer(), desk.wallet)
    assert officer.give("7000", reason_code="goodwill") == "not_authorized"
    asked = requests.ask(beyond=officer.last, by=officer.by, now=NOON)
    ChangeRequest.objects.filter(pk=asked.pk).update(reason_code="")
    jana = a_manager()
    requests.approve(request=asked, words="Good payer", by=jana, now=NOON)
    assert Change.objects.get(verb="adjustment", by_user=jana.user).reason_code == "other"


FORMS = {
    "adjust_credit": {"direction": "give", "amount": "1"},
    "withdraw": {"amount": "1"},
    "write_off": {"amount": "1"},
}


@pytest.mark.parametrize("form", FORMS)
def test_the_forms_of_money_ask_for_the_code_at_its_field(form):
    where = address(form, prepaid(paid="10"))
    manager = signed_in(MANAGER)
    page = manager.get(where).content.decode()
    assert all(f'value="{code}"' in page for code in ChangeReason.values)

    answer = send(manager, where, **FORMS[form], reason="As agreed", reason_code="")
    assert answer.status_code == 422
    assert answer.context["form"].errors["reason_code"] == ["Choose why. It is kept with the change."]
    assert "Choose why" in text(answer)
    assert not Transaction.objects.filter(
        kind__in=["adjustment", "withdrawal", "write_off"], by_user__isnull=False
    )
