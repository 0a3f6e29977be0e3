"""Fine print 24 and 25, and product.md sections 7 and 9 on keys, batches and declines, a sentence a test."""

from datetime import timedelta, timezone

import pytest

from credit.actions import charges, payments
from credit.actors import Actor
from credit.models import Answer, Decline
from tests.desk import ACCEPTED, FINANCE, Desk, a_desk
from tests.factories import NOON, a_wallet, micros

pytestmark = pytest.mark.django_db


def line(desk, amount, **more):
    return charges.Line(wallet=desk.wallet, amount=amount, kind="call", **more)


def post(*lines, atomic=False):
    return charges.post(lines=lines, atomic=atomic, by=FINANCE, now=NOON)


def answers(outcomes):
    return [ACCEPTED if one.accepted else str(one.reason) for one in outcomes]


class TestKeys:
    def test_the_same_key_and_content_is_the_same_answer_and_moves_nothing(self):
        desk = a_desk("100")
        assert desk.charge("30", key="k") == ACCEPTED
        first = desk.last
        assert desk.pay("1") == ACCEPTED
        assert desk.charge("30", key="k") == ACCEPTED
        assert desk.last.replayed
        assert (desk.last.sequence, desk.last.usable_micros) == (first.sequence, first.usable_micros)
        assert desk.is_(usable="71")

    def test_a_declined_key_stays_declined_even_when_the_money_is_there_now(self):
        desk = a_desk("5")
        assert desk.charge("30", key="k") == "credit_limit_exceeded"
        assert desk.pay("100") == ACCEPTED
        assert desk.charge("30", key="k") == "credit_limit_exceeded"
        assert desk.last.replayed
        assert desk.charge("30", key="another") == ACCEPTED
        assert Decline.objects.filter(wallet=desk.wallet).count() == 1

    def test_other_content_under_a_key_is_a_clear_error(self):
        desk = a_desk("100")
        assert desk.charge("30", key="k") == ACCEPTED
        assert desk.charge("31", key="k") == "key_reused"
        assert desk.charge("30", "sms", key="k") == "key_reused"
        assert desk.pay("30", key="k") == "key_reused"
        assert desk.reserve("30", key="k") == "key_reused"
        assert desk.charge("30", key="k") == ACCEPTED

    def test_amounts_are_compared_as_numbers_and_instants_as_instants(self):
        desk = a_desk("100")
        assert desk.charge("30", key="k", occurred_at=NOON) == ACCEPTED
        elsewhere = NOON.astimezone(timezone(timedelta(hours=5)))
        assert desk.charge("30.0000", key="k", occurred_at=elsewhere) == ACCEPTED
        assert desk.last.replayed

    def test_an_amount_of_zero_is_not_an_amount_left_out(self):
        desk = a_desk("100")
        assert desk.reserve("30") == ACCEPTED
        assert desk.commit("0", key="k", final=False) == ACCEPTED
        assert desk.commit(key="k", final=False) == "key_reused"

    def test_a_default_that_we_filled_in_is_no_part_of_the_content(self):
        desk = a_desk("100")
        assert desk.pay("30", key="k") == ACCEPTED
        desk.now = NOON + timedelta(days=3)
        assert desk.pay("30", key="k") == ACCEPTED
        assert desk.last.replayed

    def test_keys_are_per_wallet(self):
        one, other = a_desk("100"), a_desk("100")
        assert (one.charge("1", key="k"), other.charge("2", key="k")) == (ACCEPTED, ACCEPTED)

    def test_bad_input_stores_nothing_so_its_key_stays_free(self):
        desk = a_desk("100")
        assert desk.charge("-1", key="k") == "invalid_amount"
        assert desk.commit("1", "nobody", key="k") == "not_found"
        assert desk.charge("1", key="k", currency="USD") == "currency_mismatch"
        assert desk.charge("1", key="k") == ACCEPTED

    def test_a_refusal_that_only_asks_for_a_confirmation_leaves_its_key_free(self):
        desk = a_desk("5")
        assert desk.take_back("6", key="k") == "own_money_exceeded"
        assert desk.take_back("6", key="k", confirmed=True) == ACCEPTED
        assert not desk.last.replayed

    def test_bad_input_comes_before_a_reused_key_and_a_known_key_before_everything(self):
        desk = a_desk("5")
        assert desk.charge("5", key="k") == ACCEPTED
        assert desk.charge("-5", key="k") == "invalid_amount"
        type(desk.wallet).objects.update(organization_status="suspended")
        assert desk.charge("5", key="k") == ACCEPTED
        assert desk.charge("6", key="k") == "key_reused"
        assert desk.charge("6") == "organization_suspended"

    @pytest.mark.parametrize("verb", ["charge", "reserve", "pay", "give", "withdraw"])
    def test_every_money_verb_takes_a_key(self, verb):
        desk = a_desk("100")
        assert getattr(desk, verb)("5", key="k") == ACCEPTED
        usable = desk.read().usable_micros
        assert getattr(desk, verb)("5", key="k") == ACCEPTED
        assert desk.last.replayed
        assert desk.read().usable_micros == usable

    def test_corrections_and_commits_take_a_key(self):
        desk = a_desk("100")
        assert desk.charge("50") == ACCEPTED
        item = desk.last_line()
        for _ in range(2):
            assert desk.refund(item, "20", key="refund") == ACCEPTED
            assert desk.reverse(item, key="reversal") == ACCEPTED
        assert desk.is_(usable="100")
        assert desk.reserve("40") == ACCEPTED
        for _ in range(2):
            assert desk.commit("25", key="commit") == ACCEPTED
        assert desk.is_(usable="75", live_reserved="0")


class TestBatches:
    def test_each_line_has_its_own_answer_and_a_later_smaller_one_may_pass(self):
        desk = a_desk("100")
        outcomes = post(
            line(desk, "60"), line(desk, "60"), line(desk, "-1"), line(desk, "40"), line(desk, "0.01")
        )
        exceeded = "credit_limit_exceeded"
        assert answers(outcomes) == [ACCEPTED, exceeded, "invalid_amount", ACCEPTED, exceeded]
        assert [one.usable_micros for one in outcomes] == [micros(40), micros(40), None, 0, 0]
        assert desk.books_are_straight()

    def test_a_batch_may_mix_charges_and_payments(self):
        desk = a_desk("10")
        outcomes = post(
            line(desk, "10"), payments.PaymentLine(wallet=desk.wallet, amount="5"), line(desk, "5")
        )
        assert answers(outcomes) == [ACCEPTED] * 3
        assert desk.is_(usable="0")

    def test_a_batch_over_several_wallets_decides_each_on_its_own(self):
        one, other = a_desk("10"), a_desk("20", mode="postpaid", permanent_limit="5")
        outcomes = post(line(one, "10"), line(other, "25"), line(one, "1"), line(other, "1"))
        assert answers(outcomes) == [ACCEPTED, ACCEPTED, "credit_limit_exceeded", "credit_limit_exceeded"]
        assert one.books_are_straight()
        assert other.books_are_straight()

    def test_an_unknown_wallet_is_bad_input_of_its_line(self):
        desk = a_desk("10")
        stray = charges.Line(wallet="W-0000-0000", amount="1", kind="call", key="k")
        assert answers(post(stray, line(desk, "1"))) == ["not_found", ACCEPTED]
        assert not Answer.objects.exists()

    def test_the_same_key_twice_in_one_batch_is_a_replay_of_the_first(self):
        for atomic in (False, True):
            desk = a_desk("100")
            outcomes = post(line(desk, "60", key="k"), line(desk, "60", key="k"), atomic=atomic)
            assert answers(outcomes) == [ACCEPTED, ACCEPTED]
            assert [one.replayed for one in outcomes] == [False, True]
            assert desk.is_(usable="40")

    def test_the_same_key_twice_with_other_content_is_an_error_of_the_second(self):
        desk = a_desk("100")
        assert answers(post(line(desk, "60", key="k"), line(desk, "61", key="k"))) == [ACCEPTED, "key_reused"]


class TestAtomicBatches:
    def test_all_or_none(self):
        desk = a_desk("100")
        outcomes = post(line(desk, "60"), line(desk, "60"), atomic=True)
        assert not any(one.accepted for one in outcomes)
        assert desk.is_(usable="100")
        assert len(desk.lines()) == 1

    def test_bad_input_in_one_line_undoes_the_others(self):
        desk = a_desk("100")
        outcomes = post(line(desk, "15"), line(desk, "-1"), atomic=True)
        assert not any(one.accepted for one in outcomes)
        assert desk.is_(usable="100")

    def test_a_failed_one_keeps_no_answer_and_records_the_declined_attempt_without_its_key(self):
        desk = a_desk("100")
        post(line(desk, "60", key="a"), line(desk, "70", key="b"), atomic=True)
        assert not Answer.objects.exists()
        decline = Decline.objects.get(wallet=desk.wallet)
        assert (decline.key, decline.amount_micros, decline.usable_micros) == ("", micros("70"), micros("40"))
        assert (
            answers(post(line(desk, "60", key="a"), line(desk, "40", key="b"), atomic=True)) == [ACCEPTED] * 2
        )

    def test_a_line_whose_key_is_known_replays_and_counts_as_it_was(self):
        desk = a_desk("100")
        assert desk.charge("60", key="good") == ACCEPTED
        assert desk.charge("60", key="bad") == "credit_limit_exceeded"
        assert answers(post(line(desk, "60", key="good"), line(desk, "1"), atomic=True)) == [ACCEPTED] * 2
        assert not post(line(desk, "60", key="bad"), line(desk, "1"), atomic=True)[1].accepted
        assert desk.is_(usable="39")


class TestDeclines:
    def test_a_decline_names_the_reason_the_amount_and_the_parts_of_the_formula_at_that_instant(self):
        desk = a_desk("60", permanent_limit="40")
        assert desk.reserve("25") == ACCEPTED
        assert desk.charge("75.000001", reference="cdr-9") == "credit_limit_exceeded"
        told = desk.last
        assert (told.amount_micros, told.usable_micros) == (micros("75.000001"), micros("75"))
        decline = Decline.objects.get(wallet=desk.wallet)
        assert decline.reason == "credit_limit_exceeded"
        assert decline.reference == "cdr-9"
        parts = decline.breakdown
        assert parts["balance_micros"] - parts["live_reserved_micros"] + parts[
            "effective_limit_micros"
        ] == micros("75")
        assert decline.at == NOON

    def test_bad_input_is_no_decline(self):
        desk = a_desk("60")
        assert desk.charge("-1") == "invalid_amount"
        assert desk.charge("1", "champagne") == "invalid_input"
        assert not Decline.objects.exists()

    def test_a_wallet_closed_comes_before_overrun_and_overrun_before_suspension(self):
        desk = a_desk(permanent_limit="5", organization_status="suspended")
        assert desk.charge("100") == "organization_suspended"
        assert desk.charge("100", overrun=True) == ACCEPTED
        assert desk.last_line().overrun

    def test_overrun_is_a_right_of_its_own(self):
        clerk = Desk(a_wallet(), by=Actor.client("Clerk", frozenset({"credit.post_charges"})))
        assert clerk.charge("5", overrun=True) == "not_authorized"
        assert clerk.charge("5") == "credit_limit_exceeded"
