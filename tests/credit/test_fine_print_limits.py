"""Fine print 16 to 19 and product.md section 6: limits, previews and payment modes, a sentence a test."""

from datetime import UTC, datetime, timedelta

import pytest

from credit.actions import limits, modes, reservations, wallets
from credit.models import Change, CreditLimit, Invoice, Notice, Wallet
from tests.desk import ACCEPTED, FINANCE, Desk, a_desk
from tests.factories import APRIL, NOON, a_wallet, an_organization, days, micros

pytestmark = pytest.mark.django_db
TICK = timedelta(microseconds=1)


def opened(limit=None, balance="0", **more):
    """A desk over a wallet made by the action, so that its first limit is in the history."""
    asked = {
        "organization": an_organization(time_zone="Europe/Bratislava"),
        "currency": "EUR",
        "mode": "prepaid",
    }
    wallet = wallets.create_wallet(**(asked | more), limit=limit, by=FINANCE, now=NOON)
    desk = Desk(wallet)
    if balance.startswith("-"):
        assert desk.charge(balance.strip("-"), overrun=True) == ACCEPTED
    return desk


def history(desk):
    rows = CreditLimit.objects.filter(wallet=desk.wallet).order_by("pk")
    return [(row.slot, row.amount_micros and row.amount_micros // 10**6, row.ending) for row in rows]


def preview(desk, **wish):
    return limits.preview_limit(wallet=desk.wallet, now=desk.now, by=FINANCE, **wish)


class TestThreeStates:
    def test_not_set_zero_and_unlimited_are_three_things(self):
        desk = opened()
        states = [desk.read().limit_state]
        for wish in ({"amount": "0"}, {"unlimited": True}):
            assert desk.set_limit(**wish) == ACCEPTED
            states.append(desk.read().limit_state)
        assert states == ["not_set", "permanent", "unlimited"]
        assert desk.remove_permanent() == ACCEPTED
        assert desk.read().limit_state == "not_set"

    def test_a_limit_is_an_amount_or_unlimited_and_never_negative(self):
        desk = opened()
        assert desk.set_limit("5", unlimited=True) == "invalid_input"
        assert desk.set_limit("-5") == "invalid_amount"
        assert desk.set_limit("") == "invalid_amount"

    @pytest.mark.parametrize("mode", ["prepaid", "postpaid"])
    def test_unlimited_exists_in_both_modes(self, mode):
        desk = opened("5", mode=mode, scheme="" if mode == "prepaid" else "none")
        assert desk.set_limit(unlimited=True) == ACCEPTED
        assert desk.charge("999999") == ACCEPTED
        assert desk.last.unlimited
        assert desk.last.usable_micros is None

    def test_unlimited_is_permanent_only(self):
        assert opened().set_limit(unlimited=True, days=5) == "invalid_input"

    def test_a_postpaid_wallet_keeps_a_permanent_limit(self):
        assert opened("5", mode="postpaid", scheme="none").remove_permanent() == "credit_limit_required"

    def test_a_postpaid_wallet_without_a_limit_is_not_created(self):
        asked = {"organization": an_organization(), "currency": "EUR", "mode": "postpaid", "scheme": "none"}
        assert a_desk().do(wallets.create_wallet, **asked) == "credit_limit_required"


class TestTemporary:
    def test_it_ends_at_the_same_wall_clock_time_days_later_in_the_customers_zone(self):
        desk = opened("100")
        desk.now = datetime(2026, 3, 25, 11, tzinfo=UTC)
        assert desk.set_limit("150", days=7) == ACCEPTED
        assert desk.read().limit_ends_at == datetime(2026, 4, 1, 10, tzinfo=UTC)

    def test_it_never_destroys_the_permanent_one(self):
        desk = opened("100")
        assert desk.set_limit("500", days=7) == ACCEPTED
        assert desk.is_(usable="500")
        assert desk.is_(at=NOON + days(8), usable="100")
        assert history(desk) == [("permanent", 100, ""), ("temporary", 500, "")]

    def test_it_ends_at_its_instant_though_no_worker_has_run(self):
        desk = opened("100")
        assert desk.set_limit("500", ends_at=NOON + days(7)) == ACCEPTED
        desk.now = NOON + days(7) - TICK
        assert desk.charge("400") == ACCEPTED
        desk.now += TICK
        assert desk.charge("0.01") == "credit_limit_exceeded"
        assert desk.is_(usable="-300")
        assert desk.pay("301") == ACCEPTED
        assert desk.charge("1") == ACCEPTED

    def test_a_booked_end_leaves_a_history_row_and_one_notice(self):
        desk = opened("100")
        assert desk.set_limit("500", ends_at=NOON + days(7)) == ACCEPTED
        desk.now = NOON + days(9)
        for _ in range(2):
            assert desk.do(limits.book_ended, wallet_pks=[desk.wallet.pk]) == ACCEPTED
        row = CreditLimit.objects.get(wallet=desk.wallet, slot="temporary")
        assert (row.ending, row.ended_at) == ("expired", NOON + days(7))
        assert Notice.objects.filter(wallet=desk.wallet).count() == 1

    def test_a_new_one_supersedes_the_running_one_which_does_not_come_back(self):
        desk = opened("100")
        assert desk.set_limit("500", days=30) == ACCEPTED
        desk.now = NOON + days(1)
        assert desk.set_limit("300", days=2) == ACCEPTED
        assert desk.is_(usable="300")
        assert desk.is_(at=NOON + days(4), usable="100")
        assert history(desk)[1:] == [("temporary", 500, "superseded"), ("temporary", 300, "")]

    def test_a_newly_scheduled_one_replaces_the_one_scheduled_before(self):
        desk = opened("100")
        assert desk.set_limit("200", starts_at=NOON + days(1), days=1) == ACCEPTED
        assert desk.set_limit("300", starts_at=NOON + days(5), days=1) == ACCEPTED
        assert desk.is_(at=NOON + days(1), usable="100")
        assert desk.is_(at=NOON + days(5), usable="300")

    def test_a_newly_running_one_leaves_the_scheduled_one(self):
        desk = opened("100")
        assert desk.set_limit("200", starts_at=NOON + days(5), days=2) == ACCEPTED
        assert desk.set_limit("300", days=30) == ACCEPTED
        assert [desk.read(NOON + days(n)).effective_limit_micros // 10**6 for n in (0, 5, 7)] == [
            300,
            200,
            100,
        ]

    def test_days_of_a_scheduled_one_count_from_its_start(self):
        desk = opened("100")
        start = datetime(2026, 3, 28, 12, tzinfo=UTC)
        assert desk.set_limit("200", starts_at=start, days=1) == ACCEPTED
        assert desk.read(start).limit_ends_at == datetime(2026, 3, 29, 11, tzinfo=UTC)

    @pytest.mark.parametrize("year", [9998, 9999])
    def test_one_scheduled_where_the_calendar_ends_is_refused_by_name(self, year):
        desk = opened("100", organization=an_organization(time_zone="Pacific/Kiritimati"))
        assert desk.set_limit("200", starts_at=datetime(year, 12, 31, 23, tzinfo=UTC), days=365) != ACCEPTED
        assert desk.last.field == "starts_at"

    def test_a_scheduled_one_that_starts_is_booked_with_the_running_one_superseded_at_that_instant(self):
        desk = opened("100")
        assert desk.set_limit("300", days=30) == ACCEPTED
        assert desk.set_limit("200", starts_at=NOON + days(5), days=2, confirmed=True) == ACCEPTED
        desk.now = NOON + days(6)
        assert desk.do(limits.book_ended, wallet_pks=[desk.wallet.pk]) == ACCEPTED
        rows = CreditLimit.objects.filter(wallet=desk.wallet, slot="temporary").order_by("pk")
        assert [(row.ending, row.ended_at) for row in rows] == [("superseded", NOON + days(5)), ("", None)]

    def test_it_can_be_ended_early_and_a_scheduled_one_taken_back(self):
        desk = opened("100")
        assert desk.set_limit("300", days=30) == ACCEPTED
        assert desk.set_limit("200", starts_at=NOON + days(5), days=2, confirmed=True) == ACCEPTED
        assert desk.end_temporary("scheduled") == ACCEPTED
        assert desk.end_temporary() == ACCEPTED
        assert desk.is_(usable="100")
        assert desk.end_temporary() == "not_found"
        assert [ending for _, _, ending in history(desk)] == ["", "removed", "removed"]

    def test_a_start_or_an_end_in_the_past_is_refused(self):
        desk = opened("100")
        assert desk.set_limit("200", ends_at=NOON) == "invalid_input"
        assert desk.set_limit("200", starts_at=NOON - TICK, days=1) == "invalid_input"
        assert desk.set_limit("200", days=0) == "invalid_input"
        assert desk.set_limit("200", days=3, ends_at=NOON + days(1)) == "invalid_input"

    def test_it_is_for_prepaid_unless_a_setting_allows_it(self, settings):
        desk = opened("100", mode="postpaid", scheme="none")
        assert desk.set_limit("200", days=5) == "not_allowed_for_mode"
        settings.CREDIT_TEMPORARY_LIMIT_FOR_POSTPAID = True
        assert desk.set_limit("200", days=5) == ACCEPTED
        assert desk.is_(usable="200")


class TestPermanent:
    def test_a_new_one_or_unlimited_ends_the_running_temporary_one_and_leaves_a_scheduled_one(self):
        for wish in ({"amount": "80"}, {"unlimited": True}):
            desk = opened("100")
            assert desk.set_limit("300", days=30) == ACCEPTED
            assert desk.set_limit("200", starts_at=NOON + days(5), days=2, confirmed=True) == ACCEPTED
            shown = preview(desk, **wish)
            assert (shown.ends_running, shown.leaves_scheduled) == (True, True)
            assert desk.set_limit(**wish) == ACCEPTED
            assert desk.read().limit_state != "temporary"
            assert desk.is_(at=NOON + days(5), effective_limit="200")

    def test_removing_the_permanent_one_leaves_both(self):
        desk = opened("100")
        assert desk.set_limit("300", days=30) == ACCEPTED
        assert desk.set_limit("200", starts_at=NOON + days(5), days=2, confirmed=True) == ACCEPTED
        assert desk.remove_permanent() == ACCEPTED
        assert [desk.read(NOON + days(n)).effective_limit_micros // 10**6 for n in (0, 5, 7)] == [300, 200, 0]

    def test_the_history_says_who_when_why_and_how_each_ended(self):
        desk = opened("100")
        desk.now += days(1)
        assert desk.set_limit("80", reason_code="risk", reason="late payer") == ACCEPTED
        old, new = CreditLimit.objects.filter(wallet=desk.wallet).order_by("pk")
        assert (old.ending, old.ended_at, old.ended_by_name) == ("superseded", NOON + days(1), "Finance")
        assert (new.by_name, new.reason_code, new.reason, new.recorded_at) == (
            "Finance",
            "risk",
            "late payer",
            NOON + days(1),
        )
        change = Change.objects.filter(wallet=desk.wallet).latest("pk")
        assert (change.before["permanent_limit_micros"], change.after["permanent_limit_micros"]) == (
            micros("100"),
            micros("80"),
        )


class TestConfirmation:
    def test_below_what_is_used_is_allowed_after_an_explicit_yes_and_touches_nothing_authorized(self):
        desk = opened("100", "-80")
        assert desk.reserve("10") == ACCEPTED
        assert desk.set_limit("50") == "invalid_input"
        assert desk.last.numbers["harms"]
        assert desk.set_limit("50", confirmed=True) == ACCEPTED
        assert desk.is_(usable="-40", live_reserved="10")
        assert desk.commit() == ACCEPTED

    def test_a_temporary_one_below_the_permanent_one_asks(self):
        desk = opened("100")
        assert desk.set_limit("50", days=5) == "invalid_input"
        assert desk.set_limit("50", days=5, confirmed=True) == ACCEPTED
        assert desk.is_(usable="50")

    def test_a_temporary_amount_over_unlimited_counts_as_below_it(self):
        desk = opened()
        assert desk.set_limit(unlimited=True) == ACCEPTED
        assert desk.set_limit("1000000", days=5) == "invalid_input"
        assert desk.set_limit("1000000", days=5, confirmed=True) == ACCEPTED

    def test_a_limit_that_needs_no_yes_is_simply_set(self):
        assert opened("100", "-80").set_limit("80") == ACCEPTED


class TestPreview:
    def test_it_shows_now_after_saving_and_after_it_ends_by_the_same_rule(self):
        desk = opened("100", "-90")
        shown = preview(desk, amount="150", days=7)
        usable = [row.usable_micros for row in (shown.now, shown.after_saving, shown.after_it_ends)]
        assert usable == [micros("10"), micros("60"), micros("10")]
        assert shown.next_instant == datetime(2026, 3, 21, 12, tzinfo=UTC)
        assert desk.read().usable_micros == micros("10")

    def test_after_it_ends_holds_that_expire_by_then_are_gone(self):
        desk = opened("100")
        assert desk.reserve("40", life=days(1)) == ACCEPTED
        shown = preview(desk, amount="150", days=7)
        assert shown.after_saving.usable_micros == micros("110")
        assert shown.after_it_ends.usable_micros == micros("100")

    def test_after_it_ends_the_month_has_turned(self, settings):
        settings.CREDIT_TEMPORARY_LIMIT_FOR_POSTPAID = True
        desk = opened("100", mode="postpaid", scheme="none")
        assert desk.charge("90") == ACCEPTED
        shown = preview(desk, amount="150", days=30)
        assert shown.after_saving.usable_micros == micros("60")
        assert shown.after_it_ends.usable_micros == micros("100")

    def test_it_says_whether_the_customer_is_blocked_in_any_of_the_three(self):
        desk = opened("100", "-120")
        shown = preview(desk, amount="150", days=7)
        standings = [row.standing for row in (shown.now, shown.after_saving, shown.after_it_ends)]
        assert standings == ["blocked", "near", "blocked"]

    def test_it_writes_nothing(self):
        desk = opened("100")
        before = Wallet.objects.filter(pk=desk.wallet.pk).values().get()
        preview(desk, amount="150", days=7)
        preview(desk, unlimited=True)
        assert Wallet.objects.filter(pk=desk.wallet.pk).values().get() == before
        assert len(history(desk)) == 1

    @pytest.mark.parametrize("wish", [{"amount": "40", "days": 3}, {"amount": "70"}, {"unlimited": True}])
    def test_what_it_promised_is_what_saving_gives(self, wish):
        desk = opened("100", "-60")
        promised = preview(desk, **wish).after_saving.usable_micros
        assert desk.set_limit(**wish, confirmed=True) == ACCEPTED
        assert desk.read().usable_micros == promised


class TestVersion:
    def seen(self, desk):
        return desk.read().live_version

    def test_the_second_of_two_people_is_told_of_the_first_ones_change(self):
        desk = opened("100")
        version = self.seen(desk)
        assert desk.set_limit("200", version=version) == ACCEPTED
        assert desk.set_limit("300", version=version) == "changed_meanwhile"
        assert "Finance" in desk.last.message

    def test_postings_are_no_conflict(self):
        desk = opened("100")
        version = self.seen(desk)
        assert (desk.charge("5"), desk.pay("7"), desk.reserve("3")) == (ACCEPTED,) * 3
        assert desk.set_limit("200", version=version) == ACCEPTED

    def test_a_limits_end_in_between_is_a_conflict(self):
        desk = opened("100")
        assert desk.set_limit("500", days=1) == ACCEPTED
        version = self.seen(desk)
        desk.now = NOON + days(1)
        assert desk.set_limit("200", version=version) == "changed_meanwhile"
        assert desk.set_limit("200", version=self.seen(desk)) == ACCEPTED


class TestPaymentMode:
    def switch(self, desk, to, **more):
        return desk.do(modes.change_mode, wallet=desk.wallet, to=to, **more)

    def test_nobody_becomes_postpaid_without_a_limit_in_the_same_step(self):
        desk = opened()
        assert self.switch(desk, "postpaid", scheme="none") == "credit_limit_required"
        assert self.switch(desk, "postpaid", scheme="none", limit="100") == ACCEPTED

    def test_a_prepaid_debt_becomes_a_rounded_opening_invoice(self):
        desk = opened("100", "-8.675")
        assert self.switch(desk, "postpaid", scheme="consolidated", limit="100") == ACCEPTED
        invoice = Invoice.objects.get(wallet=desk.wallet)
        assert (invoice.kind, invoice.total_micros) == ("opening", micros("8.68"))
        assert desk.is_(due="8.68", usable="100")
        assert desk.books_are_straight()

    def test_own_money_becomes_overpayment(self):
        desk = opened("100")
        assert desk.pay("30") == ACCEPTED
        assert self.switch(desk, "postpaid", scheme="none", limit="100") == ACCEPTED
        assert desk.is_(overpayment="30", usable="130", due="0")

    def test_a_running_temporary_limit_ends_with_the_switch(self):
        desk = opened("100")
        assert desk.set_limit("500", days=30) == ACCEPTED
        assert self.switch(desk, "postpaid", scheme="none", limit="100") == ACCEPTED
        assert desk.is_(effective_limit="100")
        assert ("temporary", 500, "superseded") in history(desk)

    def test_becoming_prepaid_closes_all_ended_periods_and_the_running_one_up_to_now(self):
        desk = opened("100", mode="postpaid", scheme="consolidated")
        assert desk.charge("10.005") == ACCEPTED
        desk.now = APRIL + days(2)
        assert desk.charge("20") == ACCEPTED
        assert self.switch(desk, "prepaid", keep_limit=True) == ACCEPTED
        assert desk.is_(current_balance="-30.01", live_unbilled="0", live_closing="0", usable="69.99")
        totals = (
            Invoice.objects.filter(wallet=desk.wallet).order_by("pk").values_list("total_micros", flat=True)
        )
        assert list(totals) == [micros("10.01"), micros("20")]

    def test_becoming_prepaid_asks_whether_the_limit_is_kept_or_removed(self):
        desk = opened("100", mode="postpaid", scheme="none")
        assert self.switch(desk, "prepaid") == "invalid_input"
        assert self.switch(desk, "prepaid", keep_limit=False) == ACCEPTED
        assert desk.read().limit_state == "not_set"

    def test_open_holds_settle_under_the_new_mode(self):
        desk = opened("100", mode="postpaid", scheme="consolidated")
        assert desk.reserve("40") == ACCEPTED
        assert self.switch(desk, "prepaid", keep_limit=True) == ACCEPTED
        assert desk.commit("25") == ACCEPTED
        assert desk.is_(current_balance="-25", live_unbilled="0", live_reserved="0")

    def test_away_from_postpaid_and_back_in_one_month_starts_a_new_period_with_a_full_limit(self):
        desk = opened("100", mode="postpaid", scheme="consolidated")
        assert desk.charge("90") == ACCEPTED
        desk.now += days(1)
        assert self.switch(desk, "prepaid", keep_limit=True) == ACCEPTED
        desk.now += days(1)
        assert self.switch(desk, "postpaid", scheme="consolidated", limit="100") == ACCEPTED
        assert desk.is_(usable="100", due="90")

    def test_the_preview_of_a_switch_is_what_the_switch_gives_but_for_rounding(self):
        desk = opened("100", mode="postpaid", scheme="consolidated")
        assert desk.charge("10") == ACCEPTED
        promised = modes.preview_mode(wallet=desk.wallet, now=NOON, by=FINANCE, to="prepaid", keep_limit=True)
        assert self.switch(desk, "prepaid", keep_limit=True) == ACCEPTED
        assert desk.read().usable_micros == promised.usable_micros == micros("90")


def test_booking_expired_holds_twice_gives_back_once():
    desk = a_desk("100")
    assert desk.reserve("40", life=days(1)) == ACCEPTED
    desk.now += days(2)
    for _ in range(2):
        assert desk.do(reservations.book_expired, wallet_pks=[desk.wallet.pk]) == ACCEPTED
    assert desk.is_(live_reserved="0", usable="100")
    assert a_wallet().reserved_micros == 0
