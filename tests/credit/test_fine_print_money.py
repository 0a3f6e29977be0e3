"""Fine print 9 to 15 and product.md section 7 on money in and out, a sentence a test."""

from datetime import timedelta

import pytest

from credit.actions import statuses, transfers, wallets
from credit.models import Decline, Payment, Wallet
from organizations.models import Organization
from tests.desk import ACCEPTED, Desk, a_desk
from tests.factories import APRIL, NOON, a_wallet, an_organization, days, micros

pytestmark = pytest.mark.django_db


def transfer(source, target, amount):
    return source.do(
        transfers.transfer, source=source.wallet, target=target.wallet, amount=amount, reason="x"
    )


def two_desks(balance="100", **columns):
    organization = an_organization()
    return a_desk(balance, organization=organization, **columns), Desk(a_wallet(organization))


class TestCash:
    @pytest.mark.parametrize("verb", ["pay", "withdraw", "give", "take_back"])
    def test_money_in_and_out_has_the_currencys_decimals(self, verb):
        desk = a_desk("100")
        assert getattr(desk, verb)("1.001") == "invalid_amount"
        assert getattr(desk, verb)("1.01") == ACCEPTED

    def test_a_transfer_has_the_currencys_decimals(self):
        source, target = two_desks()
        assert transfer(source, target, "1.001") == "invalid_amount"
        assert transfer(source, target, "1.01") == ACCEPTED

    def test_a_limit_has_the_currencys_decimals(self):
        assert a_desk().set_limit("1.001") == "invalid_amount"
        assert a_desk(currency="JPY").set_limit("1.5") == "invalid_amount"
        assert a_desk(currency="KWD").set_limit("1.505") == ACCEPTED

    def test_charges_holds_commits_reversals_and_write_offs_carry_six_decimals(self):
        desk = a_desk(permanent_limit="10")
        assert desk.charge("0.000001") == ACCEPTED
        assert desk.reserve("0.000002") == ACCEPTED
        assert desk.commit("0.000002") == ACCEPTED
        assert desk.write_off("0.000003") == ACCEPTED
        assert desk.is_(current_balance="0")
        assert desk.reverse(desk.lines()[0]) == ACCEPTED
        assert desk.is_(current_balance="0.000001")

    @pytest.mark.parametrize("verb", ["pay", "withdraw", "give", "take_back", "write_off"])
    def test_zero_is_bad_input_for_money(self, verb):
        assert getattr(a_desk("100"), verb)("0") == "invalid_amount"

    def test_zero_passes_for_charges_holds_and_commits_and_a_charge_of_zero_is_recorded(self):
        desk = a_desk("-5")
        assert desk.charge("0") == ACCEPTED
        assert (desk.last_line().kind, desk.last_line().amount_micros) == ("call", 0)
        assert desk.reserve("0") == ACCEPTED

    @pytest.mark.parametrize("amount", ["-1", "abc", "1.0000001", "1000000000000.01", "", 1.5, None])
    def test_what_is_no_amount_is_named_and_nothing_is_stored(self, amount):
        desk = a_desk("100")
        assert desk.charge(amount) == "invalid_amount"
        assert desk.last.field == "amount"
        assert desk.set_limit("-5") == "invalid_amount"
        assert len(desk.lines()) == 1
        assert not Decline.objects.exists()

    def test_another_currency_than_the_wallets_is_refused(self):
        desk = a_desk("100", currency="SGD")
        assert desk.charge("10", currency="USD") == "currency_mismatch"
        assert desk.charge("10", currency="SGD") == ACCEPTED


class TestOwnMoney:
    def test_withdrawals_and_transfers_take_at_most_own_money_never_credit(self):
        source, target = two_desks("100", permanent_limit="1000")
        assert source.reserve("30") == ACCEPTED
        assert source.withdraw("70.01") == "own_money_exceeded"
        assert transfer(source, target, "70.01") == "own_money_exceeded"
        assert transfer(source, target, "70") == ACCEPTED
        assert source.is_(own_money="0", usable="1000")
        assert target.is_(usable="70")

    def test_credit_given_and_refunds_are_own_money(self):
        desk = a_desk("10")
        assert desk.charge("10") == ACCEPTED
        assert desk.refund(desk.last_line()) == ACCEPTED
        assert desk.give("5") == ACCEPTED
        assert desk.withdraw("15") == ACCEPTED

    def test_a_postpaid_wallets_own_money_is_what_is_not_closing_or_unbilled(self):
        desk = a_desk("100", unbilled="30", mode="postpaid", permanent_limit="500")
        assert desk.withdraw("70.01") == "own_money_exceeded"
        desk.now = APRIL
        assert desk.withdraw("70.01") == "own_money_exceeded"
        assert desk.withdraw("70") == ACCEPTED

    def test_taking_back_more_than_own_money_needs_a_yes_to_the_debt(self):
        desk = a_desk("10")
        assert desk.take_back("10.01") == "own_money_exceeded"
        assert desk.take_back("10.01", confirmed=True) == ACCEPTED
        assert desk.is_(current_balance="-0.01")

    def test_transfers_stay_within_one_organization_one_currency_and_two_wallets(self):
        source, _ = two_desks()
        assert transfer(source, source, "1") == "same_wallet"
        assert transfer(source, a_desk(), "1") == "invalid_input"
        other = Desk(a_wallet(source.wallet.organization, currency="USD"))
        assert transfer(source, other, "1") == "currency_mismatch"

    def test_suspension_stops_money_going_out_and_nothing_coming_in(self):
        source, target = two_desks("100")
        other = Desk(target.wallet)
        assert source.do(statuses.suspend, organization=source.wallet.organization) == ACCEPTED
        assert source.withdraw("1") == "organization_suspended"
        assert transfer(source, other, "1") == "organization_suspended"
        assert source.charge("0") == "organization_suspended"
        assert source.charge("1", overrun=True) == ACCEPTED
        assert source.refund(source.last_line()) == ACCEPTED
        assert source.pay("1") == ACCEPTED
        assert source.give("1") == ACCEPTED
        assert source.take_back("1") == ACCEPTED
        assert source.set_limit("5") == ACCEPTED
        assert source.do(statuses.resume, organization=source.wallet.organization) == ACCEPTED
        assert source.charge("1") == ACCEPTED


class TestPayments:
    def test_a_payment_says_how_much_debt_it_cleared_and_what_is_usable_now(self):
        desk = a_desk("-80", permanent_limit="100")
        assert desk.pay("31") == ACCEPTED
        assert (desk.last.cleared_micros, desk.last.usable_micros) == (micros("31"), micros("51"))
        assert desk.pay("100") == ACCEPTED
        assert (desk.last.cleared_micros, desk.last.usable_micros) == (micros("49"), micros("151"))

    def test_a_payment_clears_closing_before_the_close_has_booked_it(self):
        desk = a_desk(unbilled="40", mode="postpaid", permanent_limit="100")
        desk.now = APRIL
        assert desk.pay("50") == ACCEPTED
        assert desk.last.cleared_micros == micros("40")
        assert desk.is_(overpayment="10", usable="110")

    def test_a_payment_never_lowers_the_limit(self):
        desk = a_desk("-80", permanent_limit="100")
        assert desk.pay("80") == ACCEPTED
        assert desk.is_(effective_limit="100", usable="100")

    def test_the_same_wallet_reference_amount_and_date_is_the_same_payment(self):
        desk = a_desk()
        told = {"reference": "VS 1", "received_on": NOON.date()}
        assert desk.pay("50", **told) == ACCEPTED
        assert desk.pay("50", **told) == ACCEPTED
        assert desk.last.replayed
        assert "already recorded by Finance" in desk.last.message.lower().replace("finance", "Finance")
        assert desk.is_(current_balance="50")

    @pytest.mark.parametrize("other", [{"amount": "51"}, {"received_on": (NOON - days(1)).date()}])
    def test_a_used_reference_with_anything_else_is_refused_until_confirmed(self, other):
        desk = a_desk()
        told = {"amount": "50", "reference": "VS 1", "received_on": NOON.date()}
        assert desk.pay(**told) == ACCEPTED
        assert desk.pay(**(told | other)) == "reference_used"
        assert desk.pay(**(told | other), another=True) == ACCEPTED

    def test_a_reversed_payment_no_longer_counts_and_one_without_reference_matches_none(self):
        desk = a_desk()
        told = {"reference": "VS 1", "received_on": NOON.date()}
        assert desk.pay("50", **told) == ACCEPTED
        assert desk.reverse(desk.last_line()) == ACCEPTED
        assert desk.pay("50", **told) == ACCEPTED
        assert not desk.last.replayed
        assert desk.pay("7", received_on=NOON.date()) == ACCEPTED
        assert desk.pay("7", received_on=NOON.date()) == ACCEPTED
        assert desk.is_(current_balance="64")

    def test_a_payment_without_a_day_came_on_the_customers_own_today(self):
        desk = a_desk(
            time_zone="Pacific/Kiritimati"
        )  # noon in Greenwich is two o'clock of the next day there
        assert desk.pay("50", reference="VS 1") == ACCEPTED
        assert Payment.objects.get().received_on == (NOON + days(1)).date()
        assert desk.pay("50", reference="VS 1", received_on=(NOON + days(1)).date()) == ACCEPTED
        assert desk.last.replayed

    def test_money_that_is_still_to_come_is_no_payment(self):
        desk = a_desk()
        assert desk.pay("50", received_on=(NOON + days(2)).date(), key="k") == "invalid_input"
        assert desk.last.field == "received_on"
        assert desk.pay("50", received_on=(NOON + days(1)).date(), key="k") == ACCEPTED  # a bank's day


class TestCorrections:
    def test_refund_credit_note_and_reversal_of_one_item_share_what_is_left(self):
        desk = a_desk("100")
        assert desk.charge("100") == ACCEPTED
        line = desk.last_line()
        assert desk.refund(line, "60") == ACCEPTED
        assert desk.refund(line, "40.01") == "already_refunded"
        assert desk.reverse(line) == ACCEPTED
        assert desk.last_line().amount_micros == micros("40")
        assert desk.refund(line, "1") == "already_refunded"
        assert desk.is_(current_balance="100")

    def test_reversing_a_refund_gives_back_to_its_item_what_it_had_taken(self):
        desk = a_desk("100")
        assert desk.charge("100") == ACCEPTED
        line = desk.last_line()
        assert desk.refund(line, "60") == ACCEPTED
        assert desk.reverse(desk.last_line()) == ACCEPTED
        assert desk.refund(line, "100") == ACCEPTED

    def test_reversing_a_credit_note_gives_back_too(self):
        desk = a_desk(mode="postpaid", scheme="individual")
        assert desk.charge("100", "hardware") == ACCEPTED
        line = desk.last_line()
        assert desk.refund(line, "60") == ACCEPTED
        note = desk.last_line()
        assert (note.kind, desk.reverse(note)) == ("credit_note", ACCEPTED)
        assert desk.is_(due="100")
        assert desk.refund(line, "100") == ACCEPTED

    def test_a_reversal_and_a_rounding_line_cannot_be_reversed(self):
        desk = a_desk(unbilled="1.005", mode="postpaid", permanent_limit="10")
        desk.now = APRIL
        assert desk.close_periods() == ACCEPTED
        assert desk.last_line().kind == "rounding"
        assert desk.reverse(desk.last_line()) == "not_reversible"
        assert desk.pay("5") == ACCEPTED
        assert desk.reverse(desk.last_line()) == ACCEPTED
        assert desk.reverse(desk.last_line()) == "not_reversible"

    def test_a_line_is_reversed_once(self):
        desk = a_desk("5")
        assert desk.reverse(desk.last_line()) == ACCEPTED
        assert desk.reverse(desk.lines()[0]) == "not_reversible"

    def test_reversing_a_transfer_reverses_both_legs_in_one_step(self):
        source, target = two_desks("100")
        assert transfer(source, target, "60") == ACCEPTED
        assert target.charge("60") == ACCEPTED
        target.now = source.now
        leg = target.lines()[0]
        assert leg.kind == "transfer_in"
        assert target.reverse(leg) == ACCEPTED
        assert source.is_(current_balance="100")
        assert target.is_(current_balance="-60")
        assert source.reverse(source.lines()[1]) == "not_reversible"

    def test_a_bounced_payment_may_make_a_debt(self):
        desk = a_desk()
        assert desk.pay("50") == ACCEPTED
        assert desk.charge("50") == ACCEPTED
        assert desk.reverse(desk.lines()[0]) == ACCEPTED
        assert desk.is_(current_balance="-50")

    def test_only_charges_are_refunded(self):
        desk = a_desk("50")
        assert desk.refund(desk.last_line()) == "not_found"


class TestWriteOff:
    def test_a_write_off_is_at_most_what_is_owed_and_not_running(self):
        desk = a_desk(unbilled="40", mode="postpaid", permanent_limit="100")
        assert desk.write_off("0.01") == "invalid_amount"
        desk.now = APRIL
        assert desk.charge("7") == ACCEPTED
        assert desk.write_off("40.000001") == "invalid_amount"
        assert desk.write_off("40") == ACCEPTED
        assert desk.is_(owed="0", live_unbilled="7")


class TestBounds:
    EDGE = "1800000000000"

    def filled(self, **columns):
        wallet = a_wallet(balance=self.EDGE, **columns)
        return Desk(wallet)

    def test_a_posting_that_would_carry_the_wallet_beyond_its_bound_is_bad_input(self):
        desk = self.filled()
        assert desk.pay("0.01") == "invalid_amount"
        assert desk.charge("0.01") == ACCEPTED
        assert desk.pay("0.01") == ACCEPTED

    def test_a_hold_counts_towards_the_bound(self):
        desk = self.filled()
        assert desk.reserve("1") == "invalid_amount"
        assert desk.reserve("1", up_to=True) == "invalid_amount"

    def test_an_overrun_stops_at_the_bound_too(self):
        desk = Desk(a_wallet(balance=f"-{self.EDGE}"))
        assert desk.charge("0.01", overrun=True) == "invalid_amount"

    def test_commits_within_their_hold_closes_and_a_months_turn_never_trip_over_it(self):
        desk = Desk(a_wallet(mode="postpaid", limit_unlimited=True))
        assert desk.charge("1000000000000", overrun=True) == ACCEPTED
        assert desk.charge("799999999990", overrun=True) == ACCEPTED
        assert desk.reserve("9.996", life=days(50)) == ACCEPTED
        assert desk.charge("0.004") == ACCEPTED
        desk.now = APRIL
        assert desk.close_periods() == ACCEPTED
        assert desk.commit() == ACCEPTED
        desk.now = APRIL + days(40)
        assert desk.close_periods() == ACCEPTED
        assert desk.books_are_straight()


class TestClosingAWallet:
    def close(self, desk):
        return desk.do(wallets.close_wallet, wallet=desk.wallet, reason="ended")

    def reopen(self, desk):
        return desk.do(wallets.reopen_wallet, wallet=desk.wallet, reason="bounced payment")

    @pytest.mark.parametrize("balance", ["0.01", "-0.01"])
    def test_a_wallet_with_a_minor_unit_on_it_is_not_closed(self, balance):
        assert self.close(a_desk(balance)) == "wallet_not_empty"

    def test_a_wallet_with_a_hold_is_not_closed(self):
        desk = a_desk(permanent_limit="10")
        assert desk.reserve("0.000001") == ACCEPTED
        assert self.close(desk) == "wallet_not_empty"

    def test_less_than_a_minor_unit_is_booked_as_rounding(self):
        desk = a_desk(permanent_limit="10")
        assert desk.charge("0.009999") == ACCEPTED
        assert self.close(desk) == ACCEPTED
        assert desk.last_line().kind == "rounding"
        assert desk.is_(current_balance="0")
        assert desk.read().standing == "closed"
        assert desk.books_are_straight()

    def test_closing_a_postpaid_wallet_closes_its_ended_and_running_periods_in_the_step(self):
        desk = a_desk(unbilled="0.004", mode="postpaid", permanent_limit="10")
        desk.now = APRIL + days(1)
        assert desk.charge("0.009") == ACCEPTED
        assert self.close(desk) == ACCEPTED
        assert desk.wallet.periods.filter(closed_at=None).count() == 0
        assert desk.wallet.periods.count() == 2
        assert desk.is_(current_balance="0", live_unbilled="0", live_closing="0")

    def test_closing_the_last_wallet_and_adding_another_is_no_way_out_of_a_suspension(self):
        desk = a_desk()
        organization = desk.wallet.organization
        assert desk.do(statuses.suspend, organization=organization) == ACCEPTED
        assert self.close(desk) == ACCEPTED
        new = {"organization": organization, "currency": "EUR", "mode": "prepaid", "limit": "50"}
        assert desk.do(wallets.create_wallet, **new) == ACCEPTED
        added = Desk(desk.last)
        assert added.charge("1") == "organization_suspended"
        assert self.reopen(desk) == ACCEPTED
        assert Organization.objects.get().status == "suspended"
        assert desk.do(statuses.resume, organization=organization) == ACCEPTED
        assert added.charge("1") == ACCEPTED

    def test_a_closed_wallet_refuses_every_posting_overrun_too_until_it_is_reopened(self):
        desk = a_desk()
        assert desk.pay("5") == ACCEPTED
        line = desk.last_line()
        assert desk.withdraw("5") == ACCEPTED
        assert self.close(desk) == ACCEPTED
        verbs = [
            desk.charge("1"),
            desk.charge("1", overrun=True),
            desk.charge("0"),
            desk.reserve("0"),
            desk.pay("1"),
            desk.give("1"),
            desk.withdraw("1"),
            desk.reverse(line),
            desk.set_limit("5"),
        ]
        assert verbs == ["wallet_closed"] * len(verbs)
        desk.now += timedelta(seconds=1)
        assert self.reopen(desk) == ACCEPTED
        assert desk.reverse(line) == ACCEPTED
        assert desk.is_(current_balance="-5")

    def test_a_reopened_postpaid_wallet_starts_a_new_period(self):
        desk = a_desk(mode="postpaid", permanent_limit="10")
        assert self.close(desk) == ACCEPTED
        desk.now += days(1)
        assert self.reopen(desk) == ACCEPTED
        assert Wallet.objects.get(pk=desk.wallet.pk).period_starts_at == NOON + days(1)

    def test_an_organization_is_closed_when_all_its_wallets_are(self):
        one, other = two_desks("0")
        status = lambda: Organization.objects.get(pk=one.wallet.organization_id).status  # noqa: E731
        assert self.close(one) == ACCEPTED
        assert status() == "active"
        assert self.close(other) == ACCEPTED
        assert status() == "closed"
        one.now += days(1)
        assert self.reopen(one) == ACCEPTED
        assert status() == "active"
