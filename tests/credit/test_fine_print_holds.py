"""Fine print 20 to 23 and product.md section 7 on holds, a sentence a test."""

from datetime import timedelta

import pytest

from credit.models import Reservation
from tests.desk import ACCEPTED, a_desk
from tests.factories import APRIL, NOON, a_wallet, days, micros

pytestmark = pytest.mark.django_db
TICK = timedelta(microseconds=1)


def hold_of(desk, reference="call-1"):
    return Reservation.objects.filter(wallet=desk.wallet, reference=reference).order_by("-pk").first()


class TestReserving:
    def test_a_hold_takes_exactly_what_is_usable(self):
        desk = a_desk("60", permanent_limit="40")
        assert desk.reserve("100.000001") == "credit_limit_exceeded"
        assert desk.reserve("100") == ACCEPTED
        assert desk.is_(usable="0", live_reserved="100", own_money="-40")

    def test_a_hold_is_gated_whatever_its_kind(self):
        desk = a_desk(mode="postpaid", scheme="individual", permanent_limit="10")
        assert desk.charge("50", "hardware") == ACCEPTED
        assert desk.reserve("50", kind="hardware") == "credit_limit_exceeded"

    def test_up_to_what_fits_holds_no_more_than_is_usable(self):
        desk = a_desk("10")
        assert desk.reserve("30", up_to=True) == ACCEPTED
        assert desk.is_(live_reserved="10", usable="0")

    def test_up_to_what_fits_is_accepted_at_zero_too_and_never_holds_less_than_nothing(self):
        desk = a_desk("-5")
        assert desk.reserve("30", up_to=True) == ACCEPTED
        assert desk.is_(live_reserved="0", usable="-5")

    def test_up_to_what_fits_counts_the_old_rest_when_it_replaces(self):
        desk = a_desk("10")
        assert desk.reserve("7") == ACCEPTED
        assert desk.reserve("30", up_to=True) == ACCEPTED
        assert desk.is_(live_reserved="10")

    def test_reserving_again_under_a_reference_replaces_the_hold(self):
        desk = a_desk("20")
        assert desk.reserve("20") == ACCEPTED
        assert desk.reserve("20") == ACCEPTED
        assert desk.is_(live_reserved="20", usable="0")
        assert desk.reserve("5") == ACCEPTED
        assert desk.is_(live_reserved="5", usable="15")

    def test_a_declined_replacement_leaves_the_old_hold(self):
        desk = a_desk("20")
        assert desk.reserve("15") == ACCEPTED
        assert desk.reserve("20.01") == "credit_limit_exceeded"
        assert desk.is_(live_reserved="15")
        assert desk.commit() == ACCEPTED

    def test_a_replacement_that_is_not_above_the_old_rest_passes_even_when_usable_is_negative(self):
        desk = a_desk(permanent_limit="100")
        assert desk.reserve("90") == ACCEPTED
        assert desk.set_limit("0", confirmed=True) == ACCEPTED
        assert desk.is_(usable="-90")
        assert desk.reserve("90") == ACCEPTED
        assert desk.reserve("89") == ACCEPTED
        assert desk.reserve("90") == "credit_limit_exceeded"

    @pytest.mark.parametrize("over", ["finished", "released", "expired"])
    def test_reserving_under_the_reference_of_a_hold_that_is_over_makes_a_new_one(self, over):
        desk = a_desk("100")
        assert desk.reserve("10", life=timedelta(minutes=1)) == ACCEPTED
        if over == "finished":
            assert desk.commit() == ACCEPTED
        if over == "released":
            assert desk.release() == ACCEPTED
        desk.now += timedelta(minutes=2)
        assert desk.reserve("30") == ACCEPTED
        assert desk.is_(live_reserved="30")
        assert desk.commit("30") == ACCEPTED

    def test_a_hold_lives_24_hours_unless_told_otherwise_and_at_most_62_days(self):
        desk = a_desk("100")
        assert desk.reserve("10") == ACCEPTED
        assert hold_of(desk).expires_at == NOON + timedelta(hours=24)
        assert desk.reserve("10", "call-2", life=days(62)) == ACCEPTED
        assert desk.reserve("10", "call-3", life=days(62) + TICK) == "invalid_input"
        assert desk.reserve("10", "call-4", expires_at=NOON) == "invalid_input"

    def test_a_zero_hold_passes_and_holds_nothing(self):
        desk = a_desk("0")
        assert desk.reserve("0") == ACCEPTED
        assert desk.is_(live_reserved="0")
        assert desk.commit() == "reservation_closed"

    def test_a_suspended_organization_gets_no_new_hold_and_no_zero_hold_either(self):
        desk = a_desk("10", organization_status="suspended")
        assert desk.reserve("0") == "organization_suspended"
        assert desk.reserve("1") == "organization_suspended"


class TestCommitting:
    def test_a_commit_up_to_what_is_held_succeeds_after_the_limit_was_cut(self):
        desk = a_desk(permanent_limit="100")
        assert desk.reserve("100") == ACCEPTED
        assert desk.set_limit("0", confirmed=True) == ACCEPTED
        assert desk.commit("100") == ACCEPTED
        assert desk.is_(usable="-100")

    def test_a_commit_within_its_live_hold_is_not_asked_about_suspension(self):
        desk = a_desk("100")
        assert desk.reserve("40") == ACCEPTED
        type(desk.wallet).objects.update(organization_status="suspended")
        assert desk.commit("30") == ACCEPTED

    def test_a_commit_lands_in_the_month_it_is_posted_in(self):
        desk = a_desk(mode="postpaid", permanent_limit="100", unbilled="30")
        assert desk.reserve("60", life=days(40)) == ACCEPTED
        desk.now = APRIL
        assert desk.is_(usable="40", live_closing="30")
        assert desk.commit("50") == ACCEPTED
        assert desk.is_(live_unbilled="50", live_closing="30", usable="50", live_reserved="0")
        assert desk.books_are_straight()

    def test_a_hold_is_committed_several_times_until_final(self):
        desk = a_desk("100")
        assert desk.reserve("60") == ACCEPTED
        assert desk.commit("20", final=False) == ACCEPTED
        assert desk.is_(live_reserved="40", usable="40")
        assert desk.commit("0", final=False) == ACCEPTED
        assert desk.commit("10") == ACCEPTED
        assert desk.is_(live_reserved="0", usable="70")
        assert desk.commit("0") == "reservation_closed"

    def test_a_hold_with_nothing_left_is_finished(self):
        desk = a_desk("100")
        assert desk.reserve("60") == ACCEPTED
        assert desk.commit("60", final=False) == ACCEPTED
        assert desk.commit("0") == "reservation_closed"
        assert desk.extend(total="70") == "reservation_closed"
        assert hold_of(desk).ending == "finished"

    def test_more_than_held_is_refused_and_moves_nothing_unless_the_service_was_delivered(self):
        desk = a_desk("100")
        assert desk.reserve("10") == ACCEPTED
        assert desk.commit("10.000001") == "reservation_exceeded"
        assert desk.is_(live_reserved="10", usable="90")
        assert desk.commit("25", overrun=True) == ACCEPTED
        assert desk.is_(live_reserved="0", usable="75")
        assert desk.last_line().overrun

    def test_an_overrun_commit_may_carry_a_blocked_wallet_further_down(self):
        desk = a_desk("10")
        assert desk.reserve("10") == ACCEPTED
        assert desk.commit("25", overrun=True) == ACCEPTED
        assert desk.is_(current_balance="-15")

    @pytest.mark.parametrize("overrun", [False, True])
    def test_a_hold_that_is_over_takes_no_more_commits_overrun_or_not(self, overrun):
        desk = a_desk("100")
        assert desk.reserve("10", "finished") == ACCEPTED
        assert desk.commit("1", "finished") == ACCEPTED
        assert desk.commit("1", "finished", overrun=overrun) == "reservation_closed"
        assert desk.reserve("10", "released") == ACCEPTED
        assert desk.release("released") == ACCEPTED
        assert desk.commit("1", "released", overrun=overrun) == "reservation_closed"
        assert desk.reserve("10", "expired", life=timedelta(seconds=60)) == ACCEPTED
        desk.now += timedelta(seconds=60)
        assert desk.commit("1", "expired", overrun=overrun) == "reservation_expired"
        assert desk.commit("0", "expired", overrun=overrun) == "reservation_expired"

    def test_a_hold_lives_while_the_clock_is_before_its_end(self):
        desk = a_desk("100")
        assert desk.reserve("10", life=timedelta(seconds=60)) == ACCEPTED
        desk.now += timedelta(seconds=60) - TICK
        assert desk.commit("5", final=False) == ACCEPTED
        desk.now += TICK
        assert desk.commit("5") == "reservation_expired"

    def test_an_unknown_reference_is_not_found(self):
        desk = a_desk("100")
        assert desk.charge("1", reference="call-1") == ACCEPTED
        assert (desk.commit("1"), desk.release(), desk.extend(total="5")) == ("not_found",) * 3

    def test_a_commit_without_an_amount_that_is_invoiced_at_once_takes_the_rest_rounded_down_to_cents(self):
        desk = a_desk(mode="postpaid", scheme="individual", permanent_limit="100")
        assert desk.reserve("12.345678", kind="hardware") == ACCEPTED
        assert desk.commit() == ACCEPTED
        assert desk.is_(due="12.34", live_reserved="0", live_unbilled="0", usable="100")

    def test_it_releases_the_remainder_also_when_more_commits_were_announced(self):
        desk = a_desk(mode="postpaid", scheme="individual", permanent_limit="100")
        assert desk.reserve("12.345678", kind="hardware") == ACCEPTED
        assert desk.commit(final=False) == ACCEPTED
        assert desk.is_(due="12.34", live_reserved="0")

    def test_a_commit_that_is_invoiced_at_once_is_cash(self):
        desk = a_desk(mode="postpaid", scheme="individual", permanent_limit="100")
        assert desk.reserve("12.345678", kind="hardware") == ACCEPTED
        assert desk.commit("12.345") == "invalid_amount"
        assert desk.commit("12.34") == ACCEPTED

    def test_open_holds_of_usage_commit_to_the_last_digit(self):
        desk = a_desk(mode="postpaid", permanent_limit="100")
        assert desk.reserve("12.345678") == ACCEPTED
        assert desk.commit() == ACCEPTED
        assert desk.is_(live_unbilled="12.345678")

    def test_a_commit_of_what_occurs_more_than_a_day_ahead_is_bad_input(self):
        desk = a_desk("100")
        assert desk.reserve("10") == ACCEPTED
        assert desk.commit("1", occurred_at=NOON + timedelta(hours=24) + TICK) == "invalid_input"


class TestReleasing:
    def test_release_gives_back_the_rest_and_leaves_what_was_committed(self):
        desk = a_desk("500")
        assert desk.reserve("500") == ACCEPTED
        assert desk.commit("250", final=False) == ACCEPTED
        assert desk.release() == ACCEPTED
        assert desk.is_(usable="250", live_reserved="0")

    @pytest.mark.parametrize("over", ["finished", "released", "expired"])
    def test_releasing_a_hold_that_is_over_changes_nothing_and_is_accepted(self, over):
        desk = a_desk("100")
        assert desk.reserve("10", life=timedelta(seconds=60)) == ACCEPTED
        if over == "finished":
            assert desk.commit("4") == ACCEPTED
        if over == "released":
            assert desk.release() == ACCEPTED
        desk.now += timedelta(seconds=60)
        before = desk.read().usable_micros
        assert desk.release() == ACCEPTED
        assert desk.read().usable_micros == before
        assert hold_of(desk).ending == over

    def test_a_suspended_organization_can_still_release(self):
        desk = a_desk("100")
        assert desk.reserve("10") == ACCEPTED
        type(desk.wallet).objects.update(organization_status="suspended")
        assert desk.release() == ACCEPTED


class TestExtending:
    def test_the_new_total_includes_what_was_committed(self):
        desk = a_desk("100")
        assert desk.reserve("50") == ACCEPTED
        assert desk.commit("20", final=False) == ACCEPTED
        assert desk.extend(total="60") == ACCEPTED
        assert desk.is_(live_reserved="40", usable="40")

    def test_a_total_below_what_was_committed_leaves_nothing_and_the_hold_is_finished(self):
        desk = a_desk("100")
        assert desk.reserve("50") == ACCEPTED
        assert desk.commit("20", final=False) == ACCEPTED
        assert desk.extend(total="10") == ACCEPTED
        assert desk.is_(live_reserved="0", usable="80")
        assert desk.commit("0") == "reservation_closed"

    def test_only_a_growing_rest_is_judged(self):
        desk = a_desk(permanent_limit="50")
        assert desk.reserve("50") == ACCEPTED
        assert desk.extend(total="50.01") == "credit_limit_exceeded"
        assert desk.set_limit("0", confirmed=True) == ACCEPTED
        assert desk.extend(total="40") == ACCEPTED
        assert desk.extend(total="41") == "credit_limit_exceeded"

    def test_a_longer_life_alone_passes_but_not_when_suspended(self):
        desk = a_desk(permanent_limit="50")
        assert desk.reserve("50") == ACCEPTED
        assert desk.set_limit("0", confirmed=True) == ACCEPTED
        assert desk.extend(expires_at=NOON + days(3)) == ACCEPTED
        assert hold_of(desk).expires_at == NOON + days(3)
        type(desk.wallet).objects.update(organization_status="suspended")
        assert desk.extend(expires_at=NOON + days(4)) == "organization_suspended"

    def test_the_longest_life_counts_from_placing(self):
        desk = a_desk("50")
        assert desk.reserve("50", life=days(30)) == ACCEPTED
        desk.now += days(10)
        assert desk.extend(expires_at=NOON + days(62)) == ACCEPTED
        assert desk.extend(expires_at=NOON + days(62) + TICK) == "invalid_input"

    def test_a_finished_or_expired_hold_cannot_be_extended(self):
        desk = a_desk("50")
        assert desk.reserve("5", "finished") == ACCEPTED
        assert desk.commit("5", "finished") == ACCEPTED
        assert desk.reserve("5", "expired", life=timedelta(seconds=1)) == ACCEPTED
        desk.now += timedelta(seconds=1)
        assert desk.extend("finished", total="9") == "reservation_closed"
        assert desk.extend("expired", expires_at=NOON + days(1)) == "reservation_expired"


def test_the_sum_of_open_holds_is_what_the_row_says_is_reserved():
    desk = a_desk("100")
    for number, life in enumerate((1, 2, 3)):
        assert desk.reserve("10", f"call-{number}", life=timedelta(hours=life)) == ACCEPTED
    desk.now += timedelta(hours=2)
    assert desk.is_(live_reserved="10")
    assert desk.charge("1") == ACCEPTED  # whoever locks the row books the expired ones away
    row = type(desk.wallet).objects.get(pk=desk.wallet.pk)
    assert row.reserved_micros == micros("10")
    assert row.next_hold_ends_at == NOON + timedelta(hours=3)
    assert a_wallet().reserved_micros == 0
