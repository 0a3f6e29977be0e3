"""Up to where somebody decides alone: amount, increases that add up over 30 days, days, unlimited (product.md 7)."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db.models import Sum

from credit.actions import charges, corrections, modes, transfers, wallets
from credit.actors import Actor
from credit.groups import ADMINISTRATOR, MANAGER, OFFICER, VIEWER
from credit.models import Authority, Increase, Transaction, Wallet
from tests.desk import ACCEPTED, FINANCE, Desk, a_desk
from tests.factories import NOON, a_wallet, an_organization, days, micros
from tests.govern.people import a_manager, a_person, an_officer, desk_for, may

pytestmark = pytest.mark.django_db


@pytest.fixture
def wallet():
    return a_wallet(permanent_limit="100")


@pytest.fixture
def officer(wallet):
    """May grant up to 10,000 in total, 5,000 more in 30 days, 60 days."""
    return desk_for(an_officer(), wallet)


def limit_of(wallet):
    return Wallet.objects.get(pk=wallet.pk).permanent_limit_micros


def test_a_limit_of_exactly_the_largest_amount_is_within_authority():
    officer = desk_for(an_officer(), a_wallet(permanent_limit="6000"))
    assert officer.set_limit("10000") == ACCEPTED


def test_a_cent_more_than_the_largest_amount_is_above_it():
    officer = desk_for(an_officer(), a_wallet(permanent_limit="6000"))
    assert officer.set_limit("10000.01") == "not_authorized"
    assert officer.last.numbers["allowed_micros"] == micros("10000")
    assert "10,000.00 EUR" in officer.last.message


def test_increases_add_up_and_the_last_one_says_what_is_left(officer):
    assert officer.set_limit("2100") == ACCEPTED
    assert officer.set_limit("4100") == ACCEPTED
    assert officer.set_limit("5200") == "not_authorized"
    assert officer.last.numbers["left_micros"] == micros("1000")
    assert officer.last.numbers["allowed_micros"] == micros("5100")
    assert officer.set_limit("5100") == ACCEPTED


def test_two_officers_share_the_30_days_of_a_wallet(officer, wallet):
    assert officer.set_limit("5100") == ACCEPTED
    assert desk_for(an_officer("Petra"), wallet).set_limit("5100.01") == "not_authorized"


def test_after_30_days_an_increase_no_longer_counts(officer):
    assert officer.set_limit("5100") == ACCEPTED
    officer.now = NOON + days(30) - timedelta(microseconds=1)
    assert officer.set_limit("5200") == "not_authorized"
    officer.now = NOON + days(30)
    assert officer.set_limit("5200") == ACCEPTED


def test_other_wallets_have_increases_of_their_own(officer):
    assert officer.set_limit("5100") == ACCEPTED
    assert desk_for(officer.by, a_wallet()).set_limit("5000") == ACCEPTED


def test_lowering_needs_no_authority_and_gives_none_back(officer):
    assert officer.set_limit("5100") == ACCEPTED
    assert officer.set_limit("10", confirmed=True) == ACCEPTED
    assert officer.set_limit("20") == "not_authorized"


def test_lowering_a_limit_that_was_above_ones_authority_is_nobodys_business():
    officer = desk_for(an_officer(), a_wallet(permanent_limit="900000"))
    assert officer.set_limit("800000", confirmed=True) == ACCEPTED
    assert not Increase.objects.exists()


def test_a_temporary_limit_may_last_as_long_as_the_longest_days(officer):
    assert officer.set_limit("200", days=60) == ACCEPTED
    assert officer.set_limit("300", days=61) == "not_authorized"
    assert officer.last.field == "days"


def test_making_a_temporary_limit_last_longer_is_an_increase_over_what_would_follow(officer):
    assert officer.set_limit("3100", days=1) == ACCEPTED
    assert officer.set_limit("3100", days=30) == "not_authorized"  # 3,000 again, over the permanent 100
    assert officer.last.numbers["left_micros"] == micros("2000")


def test_a_shorter_temporary_limit_of_the_same_amount_is_no_increase(officer):
    assert officer.set_limit("3100", days=30) == ACCEPTED
    assert officer.set_limit("3100", days=3) == ACCEPTED
    assert Increase.objects.count() == 1


def test_a_scheduled_limit_counts_when_it_is_set_not_when_it_starts(officer):
    assert officer.set_limit("5101", starts_at=NOON + days(9), days=3) == "not_authorized"
    assert officer.set_limit("5100", starts_at=NOON + days(9), days=3) == ACCEPTED
    assert officer.set_limit("101") == "not_authorized"


def test_taking_away_a_temporary_limit_that_lowered_is_an_increase(officer):
    desk = desk_for(FINANCE, a_wallet(permanent_limit="90000"))
    assert desk.set_limit("50", days=9, confirmed=True) == ACCEPTED
    assert desk_for(officer.by, desk.wallet).end_temporary(confirmed=True) == "not_authorized"
    assert desk.end_temporary(confirmed=True) == ACCEPTED


def test_credit_given_adds_up_with_limits(officer, wallet):
    assert officer.give("3000") == ACCEPTED
    assert officer.set_limit("2100.01") == "not_authorized"
    assert officer.set_limit("2100") == ACCEPTED
    assert officer.give("0.01") == "not_authorized"
    assert Transaction.objects.filter(wallet=wallet).count() == 1


def test_a_refused_raise_stores_nothing_and_its_key_stays_free(officer, wallet):
    assert officer.give("9000", key="k") == "not_authorized"
    may(OFFICER, "10000", "10000")
    assert officer.give("9000", key="k") == ACCEPTED
    assert Increase.objects.count() == 1


def test_money_goes_out_up_to_the_authority():
    desk = a_desk("500000")
    manager = desk_for(a_manager(), desk.wallet)
    other = a_wallet(desk.wallet.organization)
    move = {"source": desk.wallet, "target": other, "reason": "x"}
    assert manager.withdraw("250000.01") == "not_authorized"
    assert manager.withdraw("200000") == ACCEPTED
    assert manager.decide(transfers.transfer, amount="50000.01", **move) == "not_authorized"
    assert manager.decide(transfers.transfer, amount="50000", **move) == ACCEPTED


def test_a_write_off_is_within_authority_or_asked_for():
    debt = a_desk("-300000")
    manager = desk_for(a_manager(), debt.wallet)
    assert manager.write_off("250000.01") == "not_authorized"
    assert manager.write_off("250000") == ACCEPTED


def test_what_a_person_gives_back_counts_and_what_a_system_gives_back_does_not():
    desk = a_desk("20000")
    assert desk.charge("9000") == ACCEPTED
    line = desk.last_line()
    officer = desk_for(an_officer(), desk.wallet)
    assert officer.refund(line, "5000.01") == "not_authorized"
    switch = Actor.client("Switch", frozenset({"credit.correct_transactions"}))
    assert desk_for(switch, desk.wallet).refund(line, "6000") == ACCEPTED
    assert officer.reverse(line) == ACCEPTED  # 3,000 is left of it
    assert officer.decide(corrections.reverse, transaction=desk.lines()[0], reason="bounced") == ACCEPTED


def test_a_charge_beyond_the_limit_by_a_person_counts_with_what_is_beyond():
    manager = desk_for(a_manager(), a_wallet(permanent_limit="1000"))
    assert manager.charge("900", overrun=True) == ACCEPTED
    assert not Increase.objects.exists()
    assert manager.charge("250100.01", overrun=True) == "not_authorized"
    assert manager.charge("250100", overrun=True) == ACCEPTED
    assert Increase.objects.get().increase_micros == micros("250000")


def test_a_commit_beyond_hold_and_limit_by_a_person_counts_with_what_is_beyond_both():
    manager = desk_for(a_manager(), a_wallet(permanent_limit="1000"))
    assert manager.reserve("400") == ACCEPTED
    assert manager.commit("900", final=False, overrun=True) == ACCEPTED  # 500 more than held, 600 usable
    assert not Increase.objects.exists()
    assert manager.reserve("50", "call-2") == ACCEPTED
    assert manager.commit("250100.01", "call-2", overrun=True) == "not_authorized"
    assert manager.commit("250100", "call-2", overrun=True) == ACCEPTED
    assert Increase.objects.get().increase_micros == micros("250000")
    assert manager.books_are_straight()


def test_a_commit_beyond_its_hold_by_a_system_is_nobodys_decision():
    switch = Actor.client("Switch", frozenset({"credit.post_charges", "credit.overrun"}))
    desk = desk_for(switch, a_wallet(permanent_limit="10"))
    assert desk.reserve("10") == ACCEPTED
    assert desk.commit("300000", overrun=True) == ACCEPTED


def test_delivered_usage_in_a_file_is_nobodys_decision():
    manager = a_manager()
    desk = desk_for(Actor.measured(manager.user), a_wallet())
    assert desk.charge("300000", overrun=True) == ACCEPTED
    line = charges.Line(desk.wallet, amount="300000", kind="call", overrun=True)
    (outcome,) = charges.post(lines=[line], by=desk.by, now=NOON)
    assert outcome.accepted
    assert not Increase.objects.exists()


def test_unlimited_needs_an_authority_that_says_so(wallet):
    manager = desk_for(a_manager(), wallet)
    may(MANAGER, "1000000", "250000", unlimited=False)
    assert manager.set_limit(unlimited=True) == "not_authorized"
    assert manager.last.numbers["allowed_micros"] is None
    may(MANAGER, "1000000", "250000", unlimited=True)
    assert manager.set_limit(unlimited=True) == ACCEPTED


def test_a_switch_that_makes_debt_due_raises_usable_by_it():
    """A debt of 300,000 against a limit becomes an invoice, and the whole limit is free again."""
    debt = a_desk("-300000", permanent_limit="400000")
    manager = desk_for(a_manager(), debt.wallet)
    wish = {"wallet": debt.wallet, "to": "postpaid", "scheme": "none", "keep_limit": True}
    assert manager.decide(modes.change_mode, **wish) == "not_authorized"
    may(MANAGER, "1000000", "300000")
    assert manager.decide(modes.change_mode, **wish) == ACCEPTED


def test_a_new_wallet_is_no_way_around_authority():
    manager = a_manager()
    new = {"organization": an_organization(), "currency": "EUR", "mode": "prepaid"}
    desk = Desk(None, NOON, manager)
    assert desk.decide(wallets.create_wallet, **new, limit="250000.01") == "not_authorized"
    assert not Wallet.objects.exists()
    assert desk.decide(wallets.create_wallet, **new, limit="250000") == ACCEPTED
    assert Increase.objects.aggregate(all=Sum("increase_micros"))["all"] == micros("250000")


# -- whose authority


def test_each_currency_has_its_own_row_or_the_one_for_any(officer):
    may(OFFICER, "4000000", "2000000", currency="HUF")
    forint = desk_for(officer.by, a_wallet(currency="HUF"))
    assert forint.set_limit("2000000") == ACCEPTED
    assert desk_for(officer.by, a_wallet(currency="USD")).set_limit("5000.01") == "not_authorized"


def test_somebody_in_two_groups_has_the_best_of_both(wallet):
    may(OFFICER, "900", "800", days=5)
    may(MANAGER, "500", "100", days=90)
    both = desk_for(a_person("Both", OFFICER, MANAGER), wallet)
    assert both.set_limit("900", days=90) == ACCEPTED
    assert both.set_limit("901", days=90) == "not_authorized"


def test_without_any_row_nothing_is_raised(wallet):
    Authority.objects.all().delete()
    officer = desk_for(an_officer(), wallet)
    assert officer.set_limit("100.01") == "not_authorized"
    assert officer.set_limit("100") == ACCEPTED
    assert officer.set_limit("50") == ACCEPTED


def test_an_api_client_has_the_authority_of_its_group_and_else_none(wallet):
    rights = frozenset({"credit.set_credit_limit"})
    assert desk_for(Actor.client("Switch", rights), wallet).set_limit("101") == "not_authorized"
    group = Group.objects.get(name=OFFICER)
    switch = Actor.client("Switch", rights, authority_id=group.pk)
    assert desk_for(switch, wallet).set_limit("5100.01") == "not_authorized"
    assert desk_for(switch, wallet).set_limit("5100") == ACCEPTED


def test_jobs_and_superusers_are_not_bound_but_a_superusers_raise_counts(wallet):
    assert desk_for(FINANCE, wallet).set_limit("90000000") == ACCEPTED
    assert not Increase.objects.exists()
    root = a_person("Root", is_superuser=True)
    assert desk_for(root, wallet).set_limit("90000001") == ACCEPTED
    assert Increase.objects.get().increase_micros == micros("1")


def test_a_fresh_portal_gives_every_group_its_row_once():
    from django.core.management import call_command

    figures = {row.group.name: row.largest_amount_micros for row in Authority.objects.select_related("group")}
    assert figures == {
        VIEWER: 0, OFFICER: micros("10000"), MANAGER: micros("1000000"), ADMINISTRATOR: 10**18
    }  # fmt: skip
    may(OFFICER, "7", "7")
    call_command("migrate", verbosity=0)
    assert Authority.objects.get(group__name=OFFICER).largest_amount_micros == micros("7")


def test_authority_costs_two_questions_and_one_row(officer, wallet, django_assert_num_queries):
    from credit.actions import authority

    with django_assert_num_queries(2):
        assert authority.bounds_of(wallet, officer.by, NOON).left_micros == micros("5000")
