"""The rule over a wallet's row: the formulas of product.md section 2, to the last digit."""

from datetime import timedelta

import pytest

from credit import rules
from credit.models import Wallet
from credit.terms import CHARGES, PURCHASES, USAGE
from tests.factories import APRIL, MARCH, NOON, a_hold, a_wallet, days, micros

pytestmark = pytest.mark.django_db
TICK = timedelta(microseconds=1)


def read(wallet, at=NOON, **given):
    return Wallet.objects.at(at, **given).get(pk=wallet.pk)


def amounts(wallet, *names, at=NOON):
    row = read(wallet, at)
    return tuple(getattr(row, f"{name}_micros") for name in names)


class TestChecksKnownFromTheField:
    """Section 2: "Checks known from the field, to the last digit"."""

    def test_usable_91_33_with_limit_100_means_a_balance_of_minus_8_67_and_8_67_consumed(self):
        wallet = a_wallet(balance="-8.67", permanent_limit="100")
        assert amounts(wallet, "usable", "used") == (micros("91.33"), micros("8.67"))

    def test_usable_2086_10148_with_limit_2000_means_nothing_is_consumed(self):
        wallet = a_wallet(balance="86.10148", permanent_limit="2000")
        assert amounts(wallet, "usable", "used") == (micros("2086.10148"), 0)

    def test_due_1610_61_and_unbilled_0_20544_make_a_current_balance_of_minus_1610_81544(self):
        wallet = a_wallet(mode="postpaid", balance="-1610.61", unbilled="0.20544")
        assert amounts(wallet, "due", "current_balance") == (micros("1610.61"), micros("-1610.81544"))

    def test_overpaid_65_98_and_unbilled_0_000009_make_65_979991(self):
        wallet = a_wallet(mode="postpaid", balance="65.98", unbilled="0.000009")
        assert amounts(wallet, "overpayment", "current_balance") == (micros("65.98"), micros("65.979991"))

    def test_unpaid_invoices_do_not_reduce_usable_credit(self):
        wallet = a_wallet(mode="postpaid", permanent_limit="1000", balance="-500", unbilled="200")
        assert amounts(wallet, "usable", "due") == (micros("800"), micros("500"))

    def test_an_overpayment_raises_usable_credit(self):
        wallet = a_wallet(mode="postpaid", permanent_limit="2400", balance="424")
        assert amounts(wallet, "usable", "overpayment") == (micros("2824"), micros("424"))


class TestEffectiveLimit:
    def test_an_unset_prepaid_limit_gives_no_credit(self):
        row = read(a_wallet(balance="5"))
        assert (row.limit_state, row.effective_limit_micros, row.usable_micros) == ("not_set", 0, micros("5"))

    def test_a_limit_of_zero_is_an_amount(self):
        assert read(a_wallet(permanent_limit="0")).limit_state == "permanent"

    def test_unlimited_has_no_bound_and_still_tells_what_is_used(self):
        row = read(a_wallet(limit_unlimited=True, balance="-300"))
        assert (row.limit_state, row.effective_limit_micros, row.usable_micros) == ("unlimited", None, None)
        assert (row.used_micros, row.used_percent, row.standing) == (micros("300"), None, "works")

    def test_a_temporary_limit_holds_from_its_start_until_just_before_its_end(self):
        wallet = a_wallet(
            permanent_limit="100",
            temporary_limit="500",
            temporary_starts_at=NOON,
            temporary_ends_at=NOON + days(7),
        )
        seen = [
            (row.limit_state, row.effective_limit_micros)
            for row in (read(wallet, at) for at in (NOON - TICK, NOON, NOON + days(7) - TICK, NOON + days(7)))
        ]
        permanent, temporary = ("permanent", micros("100")), ("temporary", micros("500"))
        assert seen == [permanent, temporary, temporary, permanent]

    def test_a_temporary_limit_names_its_end_and_what_it_falls_back_to(self):
        wallet = a_wallet(
            permanent_limit="100",
            temporary_limit="500",
            temporary_starts_at=NOON,
            temporary_ends_at=NOON + days(7),
        )
        row = read(wallet)
        assert (row.limit_ends_at, row.falls_back_to_micros) == (NOON + days(7), micros("100"))
        after = read(wallet, NOON + days(7))
        assert (after.limit_ends_at, after.falls_back_to_micros) == (None, None)

    def test_a_temporary_limit_may_be_below_the_permanent_one_and_over_unlimited(self):
        ends = {"temporary_starts_at": MARCH, "temporary_ends_at": NOON + days(1)}
        assert read(
            a_wallet(permanent_limit="100", temporary_limit="20", **ends)
        ).effective_limit_micros == micros("20")
        row = read(a_wallet(limit_unlimited=True, temporary_limit="20", **ends))
        assert (row.effective_limit_micros, row.falls_back_to_micros) == (micros("20"), None)

    def test_a_scheduled_limit_takes_over_from_a_running_one_which_does_not_come_back(self):
        wallet = a_wallet(
            permanent_limit="100",
            temporary_limit="300",
            temporary_starts_at=MARCH,
            temporary_ends_at=NOON + days(9),
            scheduled_limit="200",
            scheduled_starts_at=NOON + days(2),
            scheduled_ends_at=NOON + days(4),
        )
        limits = [read(wallet, NOON + days(n)).effective_limit_micros for n in (0, 2, 3, 4, 5, 9)]
        assert limits == [micros(n) for n in (300, 200, 200, 100, 100, 100)]
        row = read(wallet)
        assert (row.limit_ends_at, row.falls_back_to_micros) == (NOON + days(2), micros("200"))

    def test_a_limit_that_the_clock_has_ended_counts_as_a_change_of_version(self):
        wallet = a_wallet(
            permanent_limit="1",
            temporary_limit="5",
            temporary_starts_at=NOON,
            temporary_ends_at=NOON + days(7),
        )
        versions = [read(wallet, NOON + days(n)).live_version for n in (0, 6, 7, 8)]
        assert versions == [1, 1, 2, 2]


class TestPeriods:
    def test_at_the_end_of_its_period_the_unbilled_amount_stands_as_closing_booked_or_not(self):
        wallet = a_wallet(mode="postpaid", permanent_limit="100", unbilled="40")
        names = ("live_unbilled", "live_closing", "usable", "due", "current_balance")
        assert amounts(wallet, *names, at=APRIL - TICK) == tuple(map(micros, ("40", "0", "60", "0", "-40")))
        assert amounts(wallet, *names, at=APRIL) == tuple(map(micros, ("0", "40", "100", "0", "-40")))

    def test_an_ended_period_eats_an_overpayment_before_it_is_booked(self):
        wallet = a_wallet(mode="postpaid", permanent_limit="100", unbilled="40", balance="70")
        assert amounts(wallet, "overpayment", "usable", at=APRIL - TICK) == (micros("70"), micros("130"))
        assert amounts(wallet, "overpayment", "usable", at=APRIL) == (micros("30"), micros("130"))

    def test_negative_unbilled_raises_usable_and_pays_first_what_is_due_when_its_month_ends(self):
        wallet = a_wallet(mode="postpaid", permanent_limit="100", unbilled="-30", balance="-50")
        assert amounts(wallet, "usable", "due", at=APRIL - TICK) == (micros("130"), micros("50"))
        assert amounts(wallet, "usable", "due", "overpayment", at=APRIL) == (micros("100"), micros("20"), 0)

    def test_negative_unbilled_beyond_what_is_due_becomes_overpayment(self):
        wallet = a_wallet(mode="postpaid", permanent_limit="100", unbilled="-80", balance="-50")
        assert amounts(wallet, "usable", "due", "overpayment", at=APRIL) == (micros("130"), 0, micros("30"))

    def test_own_money_leaves_out_what_is_held_closing_or_unbilled_but_not_negative_unbilled(self):
        wallet = a_wallet(mode="postpaid", balance="100", closing="10", unbilled="25")
        assert amounts(wallet, "own_money") == (micros("65"),)
        wallet = a_wallet(mode="postpaid", balance="100", unbilled="-25")
        assert amounts(wallet, "own_money") == (micros("100"),)

    def test_what_is_owed_and_not_running_is_closing_less_balance(self):
        wallet = a_wallet(mode="postpaid", balance="-7", closing="10", unbilled="25")
        assert amounts(wallet, "owed", "due") == (micros("17"), micros("7"))


class TestHolds:
    def test_a_hold_weighs_until_its_end_by_the_clock_without_any_job(self):
        wallet = a_wallet(balance="100", reserved="40", next_hold_ends_at=NOON)
        a_hold(wallet, "40", NOON)
        assert amounts(wallet, "live_reserved", "usable", "own_money", at=NOON - TICK) == tuple(
            map(micros, (40, 60, 60))
        )
        assert amounts(wallet, "live_reserved", "usable", "own_money", at=NOON) == tuple(
            map(micros, (0, 100, 100))
        )

    def test_only_the_holds_that_ended_are_given_back(self):
        wallet = a_wallet(balance="100", reserved="70", next_hold_ends_at=NOON)
        a_hold(wallet, "40", NOON, "call-1")
        a_hold(wallet, "20", NOON + days(1), "call-2")
        a_hold(wallet, "10", NOON + TICK, "call-3")
        assert amounts(wallet, "live_reserved", at=NOON) == (micros("30"),)
        assert amounts(wallet, "live_reserved", at=NOON + TICK) == (micros("20"),)

    def test_what_is_held_stays_out_of_a_new_period(self):
        wallet = a_wallet(
            mode="postpaid",
            permanent_limit="100",
            unbilled="30",
            reserved="60",
            next_hold_ends_at=APRIL + days(9),
        )
        a_hold(wallet, "60", APRIL + days(9))
        assert amounts(wallet, "usable", at=APRIL) == (micros("40"),)


class TestStanding:
    @pytest.mark.parametrize(
        ("columns", "standing"),
        [
            ({"balance": "10"}, "works"),
            ({"balance": "0"}, "blocked"),
            ({"balance": "-79.99", "permanent_limit": "100"}, "works"),
            ({"balance": "-80", "permanent_limit": "100"}, "near"),
            ({"balance": "-99.99", "permanent_limit": "100"}, "near"),
            ({"balance": "-100", "permanent_limit": "100"}, "blocked"),
            ({"balance": "-50", "permanent_limit": "100", "near_percent": 50}, "near"),
            ({"balance": "10", "organization_status": "suspended"}, "suspended"),
            ({"balance": "0", "closed_at": MARCH, "organization_status": "suspended"}, "closed"),
        ],
    )
    def test_a_wallet_is_named_by_the_worst_that_is_true_of_it(self, columns, standing):
        assert read(a_wallet(**columns)).standing == standing

    def test_used_percent_is_rounded_down_and_may_pass_a_hundred(self):
        assert read(a_wallet(balance="-79.99", permanent_limit="100")).used_percent == 79
        assert read(a_wallet(balance="-250", permanent_limit="100")).used_percent == 250
        assert read(a_wallet(balance="-250", permanent_limit="0")).used_percent is None

    def test_usable_below_zero_is_shown_as_it_is(self):
        assert amounts(a_wallet(balance="-80", permanent_limit="50"), "usable") == (micros("-30"),)

    def test_the_largest_amounts_of_a_wallet_can_be_read_on_both_databases(self):
        edge = "1800000000000"
        row = read(a_wallet(mode="postpaid", permanent_limit="1000000000000", balance=f"-{edge}"))
        assert (row.due_micros, row.usable_micros) == (micros(edge), micros("1000000000000"))
        row = read(a_wallet(permanent_limit="0.01", balance=f"-{edge}"))
        assert row.used_percent == 18 * 10**15


class TestGivenColumns:
    def test_a_preview_reads_the_rule_with_columns_that_are_not_on_the_row(self):
        wallet = a_wallet(balance="-20", permanent_limit="100")
        assert read(wallet, permanent_limit_micros=micros("300")).usable_micros == micros("280")
        assert read(wallet, limit_unlimited=True).usable_micros is None
        assert Wallet.objects.get(pk=wallet.pk).permanent_limit_micros == micros("100")


@pytest.mark.parametrize("kind", sorted(CHARGES))
def test_what_counts_as_unbilled_depends_on_the_scheme(kind):
    counted = {
        scheme: rules.is_counted("postpaid", scheme, kind)
        for scheme in ("individual", "consolidated", "none")
    }
    assert counted == {"individual": kind in USAGE, "consolidated": True, "none": True}
    assert not rules.is_counted("prepaid", "", kind)
    assert rules.is_invoiced_at_once("postpaid", "individual", kind) == (kind in PURCHASES)
