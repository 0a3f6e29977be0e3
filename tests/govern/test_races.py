"""Two who decide at once: a request is done once, and increases never add up to more than the authority."""

from datetime import timedelta

import pytest

from credit.actions import requests
from credit.actions.refusals import NotDone
from credit.groups import OFFICER
from credit.models import ChangeRequest, CreditLimit, Increase, Transaction, Wallet
from tests.desk import ACCEPTED
from tests.factories import NOON, a_wallet, micros
from tests.govern.people import a_manager, a_person, an_officer, desk_for, may
from tests.races.together import Clock, together

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
LATER = NOON + timedelta(hours=1)


def said(verb, **asked):
    """A job for a thread: the word of the answer."""

    def job():
        try:
            verb(**asked)
        except NotDone as refusal:
            return str(refusal.reason)
        return ACCEPTED

    return job


def a_request(wallet, amount="20000"):
    officer = desk_for(an_officer(), wallet)
    assert officer.set_limit(amount) == "not_authorized"
    return requests.ask(beyond=officer.last, reason_code="other", by=officer.by, now=NOON), officer


def approval(request, by, clock):
    return said(requests.approve, request=request, words="Good payer", by=by, now=clock)


def test_of_two_approvers_at_once_one_does_it():
    wallet = a_wallet(permanent_limit="100")
    request, _ = a_request(wallet)
    clock = Clock(LATER)
    people = [a_manager(name) for name in ("Jana", "Karol", "Petra", "Tomas")]
    answers = together(*[approval(request, by, clock) for by in people])
    assert sorted(answers) == [ACCEPTED] + ["changed_meanwhile"] * 3
    assert CreditLimit.objects.filter(wallet=wallet).count() == 1
    assert Increase.objects.get().increase_micros == micros("19900")


def test_credit_that_two_approve_at_once_is_given_once():
    wallet = a_wallet()
    officer = desk_for(an_officer(), wallet)
    assert officer.give("7000") == "not_authorized"
    request = requests.ask(beyond=officer.last, reason_code="other", by=officer.by, now=NOON)
    clock = Clock(LATER)
    answers = together(*[approval(request, a_manager(name), clock) for name in ("Jana", "Karol", "Petra")])
    assert sorted(answers) == [ACCEPTED] + ["changed_meanwhile"] * 2
    assert Transaction.objects.get().amount_micros == micros("7000")


@pytest.mark.parametrize("_time", range(3))
def test_approved_or_withdrawn_and_never_both(_time):
    wallet = a_wallet(permanent_limit="100")
    request, officer = a_request(wallet)
    clock = Clock(LATER)
    withdrawal = said(requests.withdraw, request=request, by=officer.by, now=clock)
    answers = together(approval(request, a_manager(), clock), withdrawal)
    assert sorted(answers) == [ACCEPTED, "changed_meanwhile"]
    request.refresh_from_db()
    limit = Wallet.objects.get(pk=wallet.pk).permanent_limit_micros
    assert (request.state, limit) in [("approved", micros("20000")), ("withdrawn", micros("100"))]


def test_increases_that_together_break_the_30_days_do_not_both_pass():
    """Each of eight raises by 1,000 fits 5,000; five of them do together, whoever makes them."""
    wallet = a_wallet(permanent_limit="100")
    clock = Clock(LATER)
    desks = [desk_for(an_officer(f"Officer{number}"), wallet, clock) for number in range(8)]
    answers = together(*[lambda desk=desk: desk.give("1000") for desk in desks])
    assert sorted(answers) == [ACCEPTED] * 5 + ["not_authorized"] * 3
    assert Increase.objects.total() == micros("5000")


def test_a_limit_and_credit_share_the_30_days_at_the_same_moment():
    wallet = a_wallet(permanent_limit="100")
    clock = Clock(LATER)
    limit, credit = (desk_for(an_officer(name), wallet, clock) for name in ("Eva", "Petra"))
    answers = together(lambda: limit.set_limit("3100"), lambda: credit.give("3000"))
    assert sorted(answers) == [ACCEPTED, "not_authorized"]
    assert Increase.objects.total() == micros("3000")


def test_two_who_ask_for_the_same_at_once_make_one_request():
    wallet = a_wallet(permanent_limit="100")
    refused = []
    for name in ("Eva", "Petra", "Olga"):
        desk = desk_for(an_officer(name), wallet)
        assert desk.set_limit("20000") == "not_authorized"
        refused.append(desk)
    jobs = [
        said(requests.ask, beyond=desk.last, reason_code="other", by=desk.by, now=Clock(LATER))
        for desk in refused
    ]
    assert sorted(together(*jobs)) == [ACCEPTED, "invalid_input", "invalid_input"]
    assert ChangeRequest.objects.count() == 1


def test_asking_and_approving_on_one_wallet_do_not_wait_for_each_other_for_ever():
    wallet = a_wallet(permanent_limit="100")
    first, _ = a_request(wallet)
    clock = Clock(LATER)
    other = desk_for(an_officer("Petra"), wallet)
    may(OFFICER, "10000", "5000")
    assert other.set_limit("30000") == "not_authorized"
    root = a_person("Root", is_superuser=True)
    ask = said(requests.ask, beyond=other.last, reason_code="other", grant=True, by=other.by, now=clock)
    answers = together(approval(first, root, clock), ask, said(
        requests.reject, request=first, words="No", by=a_manager(), now=clock
    ))  # fmt: skip
    assert answers.count(ACCEPTED) >= 1
    assert ChangeRequest.objects.filter(state="open").count() <= 2
