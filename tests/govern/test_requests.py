"""Above one's authority a change becomes a request: somebody else decides, on what stands there then."""

from datetime import timedelta

import pytest

from credit.actions import modes, requests, statuses
from credit.actions.authority import BeyondAuthority
from credit.actions.refusals import ConfirmationNeeded, NotDone
from credit.actors import Actor
from credit.groups import MANAGER, OFFICER
from credit.models import Change, ChangeRequest, CreditLimit, Increase, RequestState, Transaction, Wallet
from tests.desk import ACCEPTED, FINANCE, a_desk
from tests.factories import NOON, a_wallet, days, micros
from tests.govern.people import a_manager, a_person, an_officer, desk_for, may, the_request

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=1)


@pytest.fixture
def wallet():
    return a_wallet(permanent_limit="100")


@pytest.fixture
def officer(wallet):
    return desk_for(an_officer(), wallet)


@pytest.fixture
def manager():
    return a_manager()


def ask(desk, now=NOON, **more):
    """What the page does with a refusal that somebody wants to ask for."""
    assert isinstance(desk.last, BeyondAuthority)
    said = {"reason_code": "payment_promised", "reason": "Pays on Friday", **more}
    return requests.ask(beyond=desk.last, by=desk.by, now=now, **said)


def asked_for(desk, amount="20000", **wish):
    assert desk.set_limit(amount, **wish) == "not_authorized"
    return ask(desk)


def approve(request, by, now=LATER, **more):
    return requests.approve(request=request, words="Good payer", by=by, now=now, **more)


def limit_of(wallet):
    return Wallet.objects.get(pk=wallet.pk).permanent_limit_micros


def refused(verb, **asked):
    with pytest.raises(NotDone) as refusal:
        verb(**asked)
    return refusal.value


def test_a_request_keeps_all_that_was_typed_and_changes_nothing(officer, wallet):
    request = asked_for(officer, days=90)
    assert limit_of(wallet) == micros("100")
    assert request.wish == {
        "amount": micros("20000"), "unlimited": False, "days": 90, "ends_at": None, "starts_at": None, "review_on": None
    }  # fmt: skip
    assert (request.by_name, request.reason, request.days) == ("Eva", "Pays on Friday", 90)
    assert Change.objects.get().verb == "ask_for_approval"


def test_an_approval_does_it_once_as_the_approver_and_names_who_asked(officer, manager, wallet):
    request = asked_for(officer)
    approve(request, manager)
    assert limit_of(wallet) == micros("20000")
    limit = CreditLimit.objects.get()
    assert limit.by_name == "Jana"
    assert limit.reason == "Pays on Friday (asked for by Eva)"
    assert limit.reason_code == "payment_promised"
    assert list(Change.objects.order_by("pk").values_list("verb", "by_name")) == [
        ("ask_for_approval", "Eva"),
        ("set_limit", "Jana"),
        ("approve_request", "Jana"),
    ]
    request.refresh_from_db()
    assert (request.state, request.decision, request.decided_by_name) == ("approved", "Good payer", "Jana")


def test_it_is_approved_once_however_often_it_is_clicked(officer, manager, wallet):
    request = asked_for(officer)
    approve(request, manager)
    again = refused(approve, request=request, by=a_manager("Karol"))
    assert again.reason == "changed_meanwhile"
    assert "approved already, by Jana" in again.message
    assert CreditLimit.objects.count() == 1


def test_nobody_approves_or_rejects_their_own(officer, wallet):
    request = asked_for(officer)
    may(OFFICER, "1000000", "1000000")
    assert refused(approve, request=request, by=officer.by).reason == "not_authorized"
    own = refused(requests.reject, request=request, words="No", by=officer.by, now=LATER)
    assert own.reason == "not_authorized"
    assert limit_of(wallet) == micros("100")


def test_the_approver_needs_the_authority_too(officer, wallet):
    request = asked_for(officer)
    colleague = an_officer("Petra")
    assert refused(approve, request=request, by=colleague).reason == "not_authorized"
    rejected = refused(requests.reject, request=request, words="No", by=colleague, now=LATER)
    assert rejected.reason == "not_authorized"
    assert the_request().state == RequestState.OPEN


def test_a_word_why_is_needed_for_yes_and_for_no(officer, manager):
    request = asked_for(officer)
    for verb in (requests.approve, requests.reject):
        assert refused(verb, request=request, words=" ", by=manager, now=LATER).field == "words"


def test_a_rejected_request_changes_nothing_and_can_be_asked_for_anew(officer, manager, wallet):
    request = asked_for(officer)
    requests.reject(request=request, words="Three invoices open", by=manager, now=LATER)
    assert limit_of(wallet) == micros("100")
    assert Change.objects.filter(verb="reject_request", reason="Three invoices open").exists()
    assert asked_for(officer).pk != request.pk


def test_only_who_asked_withdraws_it(officer, manager, wallet):
    request = asked_for(officer)
    theirs = refused(requests.withdraw, request=request, by=manager, now=LATER)
    assert theirs.reason == "not_authorized"
    requests.withdraw(request=request, by=officer.by, now=LATER)
    assert refused(approve, request=request, by=manager).reason == "changed_meanwhile"
    assert limit_of(wallet) == micros("100")


def test_the_same_wish_twice_is_one_request_whatever_the_reason_and_whoever_asks(officer, wallet):
    first = asked_for(officer)
    petra = desk_for(an_officer("Petra"), wallet)
    assert petra.set_limit("20000.00") == "not_authorized"
    with pytest.raises(NotDone) as again:
        ask(petra, reason="Really pays on Friday")
    assert again.value.numbers["request"] == first.pk
    assert "Eva has asked for the same" in str(again.value)
    assert asked_for(petra, "20001").pk != first.pk


def test_the_allowed_part_is_granted_in_the_same_step(officer, manager, wallet):
    assert officer.set_limit("20000") == "not_authorized"
    request = ask(officer, grant=True)
    assert limit_of(wallet) == micros("5100")
    assert request.wish["amount"] == micros("20000")
    approve(request, manager)  # what was granted is no change that somebody has to say yes to
    assert limit_of(wallet) == micros("20000")


def test_the_allowed_part_of_a_long_one_is_a_shorter_one(officer, wallet):
    assert officer.set_limit("3000", days=90) == "not_authorized"
    ask(officer, grant=True)
    granted = Wallet.objects.get(pk=wallet.pk)
    assert granted.temporary_limit_micros == micros("3000")
    assert granted.temporary_ends_at == NOON + days(60)


def test_where_nothing_is_left_there_is_no_part_to_grant(officer, wallet):
    assert officer.set_limit("5100") == ACCEPTED
    assert officer.set_limit("5200") == "not_authorized"
    assert refused(ask, desk=officer, grant=True).reason == "not_authorized"
    assert not ChangeRequest.objects.exists()


def test_a_wallet_that_changed_meanwhile_is_shown_before_it_is_approved(officer, manager, wallet):
    request = asked_for(officer)
    assert desk_for(FINANCE, wallet).set_limit("30") == ACCEPTED
    question = refused(approve, request=request, by=manager)
    assert isinstance(question, ConfirmationNeeded)
    assert limit_of(wallet) == micros("30")
    seen = Wallet.objects.at(LATER, "live_version").get(pk=wallet.pk).live_version
    approve(request, manager, version=seen, confirmed=True)
    assert limit_of(wallet) == micros("20000")


def test_a_yes_counts_for_what_the_approver_saw_and_nothing_later(officer, manager, wallet):
    request = asked_for(officer)
    seen = Wallet.objects.at(LATER, "live_version").get(pk=wallet.pk).live_version
    assert desk_for(FINANCE, wallet).set_limit("30") == ACCEPTED
    late = refused(approve, request=request, by=manager, version=seen, confirmed=True)
    assert late.reason == "changed_meanwhile"
    assert limit_of(wallet) == micros("30")


def test_days_count_from_the_approval(officer, manager, wallet):
    request = asked_for(officer, days=7)
    approve(request, manager, now=NOON + days(2))
    assert Wallet.objects.get(pk=wallet.pk).temporary_ends_at == NOON + days(9)


def test_an_end_that_has_passed_cannot_be_approved_any_more(officer, manager, wallet):
    request = asked_for(officer, ends_at=NOON + days(1))
    assert refused(approve, request=request, by=manager, now=NOON + days(2)).field == "ends_at"
    assert the_request().state == RequestState.OPEN


def test_the_approvers_raise_counts_in_the_30_days_of_the_wallet(officer, manager, wallet):
    approve(asked_for(officer), manager)
    assert Increase.objects.get().increase_micros == micros("19900")
    assert officer.set_limit("20001") == "not_authorized"


# -- every verb, not only the limit


def test_credit_is_given_on_approval(officer, manager, wallet):
    assert officer.give("7000") == "not_authorized"
    approve(ask(officer), manager)
    line = Transaction.objects.get()
    assert (line.amount_micros, line.by_name) == (micros("7000"), "Jana")
    assert "asked for by Eva" in line.reason


def test_a_withdrawal_beyond_own_money_at_approval_is_declined_and_goes_on_waiting():
    desk = a_desk("300000")
    manager = desk_for(a_manager(), desk.wallet)
    assert manager.withdraw("300000") == "not_authorized"
    request = ask(manager)
    assert desk.charge("1") == ACCEPTED
    root = a_person("Root", is_superuser=True)
    assert refused(approve, request=request, by=root).reason == "own_money_exceeded"
    assert the_request().state == RequestState.OPEN
    assert desk.pay("1") == ACCEPTED
    approve(request, root)
    assert desk.is_(at=LATER, own_money="0")


def test_a_write_off_a_refund_a_reversal_and_a_switch_can_be_asked_for():
    desk = a_desk("-300000", permanent_limit="400000")
    root = a_person("Root", is_superuser=True)
    manager = desk_for(a_manager(), desk.wallet)
    may(MANAGER, "1000000", "10")
    assert manager.refund(desk.last_line(), "100") == "not_authorized"
    approve(ask(manager), root)
    assert manager.write_off("99900") == "not_authorized"
    approve(ask(manager), root)
    assert manager.decide(
        modes.change_mode, wallet=desk.wallet, to="postpaid", scheme="none", keep_limit=True
    ) == "not_authorized"  # fmt: skip
    approve(ask(manager), root)
    kinds = [line.kind for line in desk.lines()]
    assert kinds == ["call", "refund", "write_off"]
    assert Wallet.objects.get(pk=desk.wallet.pk).mode == "postpaid"


def test_a_reversal_is_approved_like_any_other():
    desk = a_desk("20000")
    assert desk.take_back("9000") == ACCEPTED
    officer = desk_for(an_officer(), desk.wallet)
    assert officer.reverse(desk.last_line()) == "not_authorized"
    approve(ask(officer), a_manager())
    assert desk.is_(at=LATER, own_money="20000")


def test_unlimited_is_approved_by_somebody_whose_authority_says_so(wallet):
    may(MANAGER, "1000000", "250000", unlimited=False)
    manager = desk_for(a_manager(), wallet)
    assert manager.set_limit(unlimited=True) == "not_authorized"
    request = ask(manager)
    assert request.amount_micros is None
    assert refused(approve, request=request, by=a_manager("Karol")).reason == "not_authorized"
    may(MANAGER, "1000000", "250000", unlimited=True)
    approve(request, Actor.person(a_manager("Petra").user))
    assert Wallet.objects.get(pk=wallet.pk).limit_unlimited


def test_an_officer_without_the_right_to_unlimited_asks_for_it(officer, manager, wallet):
    """Whatever the authority of the group says: the right of its own is the manager's."""
    may(OFFICER, "10000", "5000", unlimited=True)
    assert officer.set_limit(unlimited=True) == "not_authorized"
    request = ask(officer)
    assert not requests.waiting_for(an_officer("Petra"), LATER).exists()
    assert refused(approve, request=request, by=an_officer("Olga")).reason == "not_authorized"
    approve(request, manager)
    assert Wallet.objects.get(pk=wallet.pk).limit_unlimited


def test_a_suspension_meanwhile_asks_for_a_yes(officer, manager, wallet):
    request = asked_for(officer)
    statuses.suspend(organization=wallet.organization, by=FINANCE, now=LATER)
    assert isinstance(refused(approve, request=request, by=manager), ConfirmationNeeded)


# -- what waits for whom


def test_waiting_for_me_is_what_i_may_decide_and_did_not_ask_for(officer, manager):
    request = asked_for(officer)
    assert list(requests.waiting_for(manager, LATER)) == [request]
    assert not requests.waiting_for(officer.by, LATER).exists()
    assert not requests.waiting_for(an_officer("Petra"), LATER).exists()
    assert requests.waiting_for(a_person("Root", is_superuser=True), LATER).exists()
    assert not requests.waiting_for(a_person("Nobody"), LATER).exists()


def test_what_was_raised_in_the_30_days_counts_for_what_waits(officer, manager, wallet):
    asked_for(officer)
    may(MANAGER, "1000000", "20000")
    assert requests.waiting_for(manager, LATER).exists()
    assert desk_for(manager, wallet).set_limit("300") == ACCEPTED
    assert not requests.waiting_for(manager, LATER).exists()


def test_a_currency_of_its_own_decides_about_its_own_requests(officer, manager):
    asked_for(officer)
    may(MANAGER, "50", "50", currency="EUR")
    assert not requests.waiting_for(manager, LATER).exists()


@pytest.mark.parametrize(("usual", "in_euro"), [(True, False), (False, True)])
def test_unlimited_waits_for_whom_the_currency_lets(wallet, usual, in_euro):
    may(MANAGER, "1000000", "250000", unlimited=False)
    asking = desk_for(a_manager("Karol"), wallet)
    assert asking.set_limit(unlimited=True) == "not_authorized"
    request = ask(asking)
    may(MANAGER, "1000000", "250000", unlimited=usual)
    may(MANAGER, "5", "5", unlimited=not in_euro, currency="USD")
    may(MANAGER, "1000000", "250000", unlimited=in_euro, currency="EUR")
    expected = [request] if in_euro else []
    assert list(requests.waiting_for(a_manager("Petra"), LATER)) == expected


def test_what_waits_is_found_with_two_questions(officer, manager, django_assert_num_queries):
    asked_for(officer)
    manager.may("credit.set_credit_limit")  # permissions are read once per request
    with django_assert_num_queries(2):
        assert requests.waiting_for(manager, LATER).count() == 1
