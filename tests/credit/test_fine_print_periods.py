"""Fine print 1 to 8 and product.md sections 4 and 5: periods, closes and invoices, a sentence a test."""

from datetime import UTC, datetime, timedelta

import pytest

from credit.actions import modes, statuses, wallets
from credit.models import Invoice, Period, Transaction, Wallet
from tests.desk import ACCEPTED, FINANCE, Desk, a_desk
from tests.factories import APRIL, MARCH, NOON, an_organization, days, micros

pytestmark = pytest.mark.django_db
TICK = timedelta(microseconds=1)
MAY = datetime(2026, 5, 1, tzinfo=UTC)


def created(now=NOON, mode="postpaid", zone="UTC", scheme="consolidated", limit="1000"):
    """A desk over a wallet made by the action, in a zone."""
    wallet = wallets.create_wallet(
        organization=an_organization(time_zone=zone),
        currency="EUR",
        mode=mode,
        scheme=scheme if mode == "postpaid" else "",
        limit=limit,
        by=FINANCE,
        now=now,
    )
    return Desk(wallet, now)


def spans(desk):
    return list(
        Period.objects.filter(wallet=desk.wallet).order_by("starts_at").values_list("starts_at", "ends_at")
    )


def invoice_lines(desk, **which):
    invoice = Invoice.objects.get(wallet=desk.wallet, **which)
    return {line.kind: line.rounded_micros for line in invoice.lines.all()}, invoice.total_micros


class TestPeriods:
    def test_the_first_period_starts_when_the_wallet_is_created_and_ends_with_its_month(self):
        desk = created(zone="Asia/Singapore")
        row = Wallet.objects.get(pk=desk.wallet.pk)
        assert (row.period_starts_at, row.period_ends_at) == (NOON, datetime(2026, 3, 31, 16, tzinfo=UTC))

    def test_a_switch_to_prepaid_ends_the_period_and_one_to_postpaid_starts_one(self):
        desk = created()
        assert desk.charge("10") == ACCEPTED
        desk.now = NOON + days(1)
        assert desk.do(modes.change_mode, wallet=desk.wallet, to="prepaid", keep_limit=True) == ACCEPTED
        desk.now = NOON + days(2)
        asked = {"to": "postpaid", "scheme": "none", "limit": "5"}
        assert desk.do(modes.change_mode, wallet=desk.wallet, **asked) == ACCEPTED
        assert spans(desk) == [(NOON, NOON + days(1))]
        assert Wallet.objects.get(pk=desk.wallet.pk).period_starts_at == NOON + days(2)

    def test_switches_at_one_instant_still_give_periods_with_first_instants_of_their_own(self):
        desk = created()
        for _ in range(3):
            assert desk.do(modes.change_mode, wallet=desk.wallet, to="prepaid", keep_limit=True) == ACCEPTED
            asked = {"to": "postpaid", "scheme": "none", "limit": "5"}
            assert desk.do(modes.change_mode, wallet=desk.wallet, **asked) == ACCEPTED
        starts = [start for start, _ in spans(desk)]
        assert len(set(starts)) == 3
        assert all(start < end for start, end in spans(desk))

    def test_a_missing_midnight_starts_the_month_after_the_gap(self):
        desk = created(datetime(2017, 9, 20, tzinfo=UTC), zone="America/Asuncion")
        assert Wallet.objects.get(pk=desk.wallet.pk).period_ends_at == datetime(2017, 10, 1, 4, tzinfo=UTC)

    def test_a_running_period_keeps_its_end_when_the_zone_changes_and_the_next_follows_the_new_zone(self):
        desk = created(zone="Europe/Bratislava")
        moved = statuses.change_time_zone
        assert desk.do(moved, organization=desk.wallet.organization, time_zone="America/Bogota") == ACCEPTED
        end = datetime(2026, 3, 31, 22, tzinfo=UTC)
        assert Wallet.objects.get(pk=desk.wallet.pk).period_ends_at == end
        desk.now = datetime(2026, 4, 10, tzinfo=UTC)
        assert desk.charge("1") == ACCEPTED
        # 1 April begins in Bogota five hours after this period began: not a second fresh limit, but May.
        assert Wallet.objects.get(pk=desk.wallet.pk).period_ends_at == datetime(2026, 5, 1, 5, tzinfo=UTC)
        assert spans(desk) == [(NOON, end)]

    def test_a_zone_typed_with_a_space_is_the_zone_itself(self):
        desk = created(zone="UTC")
        moved = statuses.change_time_zone
        assert desk.do(moved, organization=desk.wallet.organization, time_zone=" Asia/Singapore ") == ACCEPTED
        assert Wallet.objects.get(pk=desk.wallet.pk).time_zone == "Asia/Singapore"

    def test_which_period_runs_is_decided_by_the_clock_before_a_change_is_applied(self):
        desk = created(zone="UTC")
        desk.now = APRIL
        moved = statuses.change_time_zone
        assert desk.do(moved, organization=desk.wallet.organization, time_zone="Asia/Singapore") == ACCEPTED
        row = Wallet.objects.get(pk=desk.wallet.pk)
        assert (row.period_starts_at, row.period_ends_at) == (APRIL, MAY)


class TestCloses:
    def test_the_close_books_exactly_its_period_whenever_it_runs(self):
        desk = created(MARCH)
        assert desk.charge("40") == ACCEPTED
        desk.now = APRIL + days(10)
        assert desk.charge("7") == ACCEPTED
        assert desk.is_(live_closing="40", live_unbilled="7", due="0")
        assert desk.close_periods() == ACCEPTED
        assert desk.is_(live_closing="0", live_unbilled="7", due="40", usable="993")
        assert desk.books_are_straight()

    def test_twice_is_the_same_as_once(self):
        desk = created(MARCH)
        assert desk.charge("40.005") == ACCEPTED
        desk.now = APRIL
        assert (desk.close_periods(), desk.close_periods()) == (ACCEPTED, ACCEPTED)
        assert Invoice.objects.filter(wallet=desk.wallet).count() == 1
        assert desk.is_(due="40.01")

    def test_several_missed_months_close_one_by_one(self):
        desk = created(MARCH)
        for month in (3, 4, 5):
            desk.now = datetime(2026, month, 10, tzinfo=UTC)
            assert desk.charge(str(month)) == ACCEPTED
        desk.now = datetime(2026, 7, 10, tzinfo=UTC)
        assert desk.is_(live_closing="12", usable="1000")
        assert desk.close_periods() == ACCEPTED
        totals = Invoice.objects.filter(wallet=desk.wallet).order_by("period_starts_at")
        assert list(totals.values_list("total_micros", flat=True)) == [micros(n) for n in (3, 4, 5)]
        assert len(spans(desk)) == 4
        assert desk.is_(due="12", live_closing="0")

    def test_rounding_is_the_only_thing_a_close_changes_in_what_is_owed(self):
        desk = created(MARCH)
        assert desk.charge("1.004", "call") == ACCEPTED
        assert desk.charge("1.005", "sms") == ACCEPTED
        desk.now = APRIL
        before = desk.amount("owed")
        assert desk.close_periods() == ACCEPTED
        assert desk.amount("owed") - before == micros("0.001")
        assert invoice_lines(desk) == ({"call": micros("1.00"), "sms": micros("1.01")}, micros("2.01"))
        assert sum(line.amount_micros for line in desk.lines() if line.kind == "rounding") == micros("-0.001")

    def test_a_charge_at_the_first_instant_of_a_month_belongs_to_it(self):
        desk = created(MARCH)
        desk.now = APRIL - TICK
        assert desk.charge("1") == ACCEPTED
        desk.now = APRIL
        assert desk.charge("2") == ACCEPTED
        assert desk.is_(live_closing="1", live_unbilled="2")

    def test_the_monthly_document_follows_the_scheme_at_the_periods_last_instant(self):
        desk = created(MARCH)
        assert desk.charge("5") == ACCEPTED
        assert desk.do(modes.change_scheme, wallet=desk.wallet, scheme="none") == ACCEPTED
        desk.now = APRIL
        assert desk.do(modes.change_scheme, wallet=desk.wallet, scheme="individual") == ACCEPTED
        assert desk.close_periods() == ACCEPTED
        assert Invoice.objects.get(wallet=desk.wallet).kind == "statement"

    def test_a_change_of_scheme_reclassifies_nothing(self):
        desk = created(MARCH)
        assert desk.charge("5", "hardware") == ACCEPTED
        assert desk.do(modes.change_scheme, wallet=desk.wallet, scheme="individual") == ACCEPTED
        assert desk.charge("7", "hardware") == ACCEPTED
        assert desk.is_(live_unbilled="5", due="7", usable="995")

    def test_a_period_without_items_closes_without_an_invoice(self):
        desk = created(MARCH)
        desk.now = APRIL
        assert desk.close_periods() == ACCEPTED
        assert spans(desk) == [(MARCH, APRIL)]
        assert not Invoice.objects.filter(wallet=desk.wallet).exists()

    def test_a_period_that_rounds_to_nothing_gets_an_invoice_of_nothing(self):
        desk = created(MARCH)
        assert desk.charge("0.004") == ACCEPTED
        desk.now = APRIL
        assert desk.close_periods() == ACCEPTED
        assert invoice_lines(desk) == ({"call": 0}, 0)
        assert desk.is_(current_balance="0", due="0")

    def test_the_internal_statement_of_scheme_none_rounds_too(self):
        desk = created(MARCH, scheme="none")
        assert desk.charge("0.005") == ACCEPTED
        desk.now = APRIL
        assert desk.close_periods() == ACCEPTED
        assert desk.is_(due="0.01")

    def test_refund_and_reversal_are_lines_of_their_own_and_not_netted_before_rounding(self):
        desk = created(MARCH)
        assert desk.charge("1.005") == ACCEPTED
        first = desk.last_line()
        assert desk.charge("2.005") == ACCEPTED
        second = desk.last_line()
        assert desk.refund(first, "0.005") == ACCEPTED
        assert desk.reverse(second) == ACCEPTED
        desk.now = APRIL
        assert desk.close_periods() == ACCEPTED
        lines, total = invoice_lines(desk)
        assert lines == {"call": micros("3.01"), "refund": micros("-0.01"), "reversal": micros("-2.01")}
        assert total == micros("0.99")

    def test_a_negative_invoice_becomes_overpayment(self):
        desk = created(MARCH)
        assert desk.charge("30") == ACCEPTED
        line = desk.last_line()
        desk.now = APRIL
        assert desk.close_periods() == ACCEPTED
        assert desk.pay("30") == ACCEPTED
        assert desk.refund(line) == ACCEPTED
        assert desk.is_(live_unbilled="-30", usable="1030")
        desk.now = MAY
        assert desk.close_periods() == ACCEPTED
        assert desk.is_(overpayment="30", usable="1030", due="0")


class TestInvoicesAtOnce:
    def test_a_purchase_under_individual_invoicing_is_due_at_once_and_not_gated(self):
        desk = created(scheme="individual", limit="0")
        assert desk.charge("99.99", "hardware") == ACCEPTED
        assert desk.charge("0.01", "call") == "credit_limit_exceeded"
        assert desk.is_(due="99.99", live_unbilled="0", usable="0")
        assert invoice_lines(desk, kind="purchase") == ({"hardware": micros("99.99")}, micros("99.99"))
        assert desk.last_line().invoice.kind == "purchase"

    def test_a_purchase_invoiced_at_once_its_refund_and_its_credit_note_are_cash(self):
        desk = created(scheme="individual")
        assert desk.charge("1.001", "hardware") == "invalid_amount"
        assert desk.charge("10", "hardware") == ACCEPTED
        line = desk.last_line()
        assert desk.refund(line, "1.001") == "invalid_amount"
        assert desk.refund(line, "1.01") == ACCEPTED
        assert desk.last_line().kind == "credit_note"
        assert desk.last_line().invoice.corrects == line.invoice
        assert desk.is_(due="8.99", live_unbilled="0")

    def test_under_consolidated_invoicing_everything_waits_for_the_month(self):
        desk = created(limit="100")
        assert desk.charge("60") == ACCEPTED
        assert desk.charge("70", "subscription") == "credit_limit_exceeded"
        assert desk.charge("40.000000", "hardware") == ACCEPTED
        assert desk.is_(live_unbilled="100", due="0")

    def test_an_item_is_on_exactly_one_invoice(self):
        desk = created(MARCH, scheme="individual")
        assert desk.charge("5", "hardware") == ACCEPTED
        assert desk.charge("6") == ACCEPTED
        for line in desk.lines():
            assert (line.invoice_id is None) != (line.period_starts_at is None)
        desk.now = APRIL
        assert desk.close_periods() == ACCEPTED
        assert sum(
            Invoice.objects.filter(wallet=desk.wallet).values_list("total_micros", flat=True)
        ) == micros("11")


class TestPosting:
    def test_occurred_at_never_moves_a_posting(self):
        desk = created(MARCH)
        desk.now = APRIL + days(1)
        assert desk.charge("5", occurred_at=APRIL - days(1)) == ACCEPTED
        assert desk.is_(live_unbilled="5", live_closing="0")
        assert desk.last_line().occurred_at == APRIL - days(1)

    def test_an_occurred_at_that_some_clock_cannot_show_is_bad_input(self):
        """Kept for good, it would break the page of a customer in New York, where it lies before the first year."""
        desk = a_desk("100")
        assert desk.charge("5", occurred_at=datetime(1, 1, 1, tzinfo=UTC)) == "invalid_input"
        assert (desk.last.field, desk.read().usable_micros) == ("occurred_at", micros("100"))

    def test_an_occurred_at_more_than_24_hours_ahead_is_bad_input(self):
        desk = created()
        assert desk.charge("5", occurred_at=NOON + days(1)) == ACCEPTED
        assert desk.charge("5", occurred_at=NOON + days(1) + TICK) == "invalid_input"

    def test_a_received_date_never_moves_a_payment(self):
        desk = created()
        assert desk.pay("5", received_on=(NOON - days(60)).date()) == ACCEPTED
        assert desk.last_line().posted_at == NOON

    def test_a_refund_of_a_closed_months_charge_reduces_the_open_periods_unbilled(self):
        desk = created(MARCH)
        assert desk.charge("30") == ACCEPTED
        line = desk.last_line()
        desk.now = APRIL
        assert desk.close_periods() == ACCEPTED
        assert desk.refund(line, "10") == ACCEPTED
        assert desk.is_(live_unbilled="-10", due="30", usable="1010")
        assert Transaction.objects.get(wallet=desk.wallet, kind="refund").period_starts_at == APRIL

    @pytest.mark.parametrize("verb", ["refund", "reverse"])
    def test_where_the_wallet_is_prepaid_now_a_refund_or_reversal_raises_the_balance(self, verb):
        desk = created()
        assert desk.charge("30") == ACCEPTED
        line = desk.last_line()
        assert desk.do(modes.change_mode, wallet=desk.wallet, to="prepaid", keep_limit=False) == ACCEPTED
        assert desk.is_(usable="-30")
        assert getattr(desk, verb)(line) == ACCEPTED
        assert desk.is_(usable="0")
        assert not desk.last_line().counted

    def test_an_instant_is_never_earlier_than_the_latest_one_on_the_row(self):
        desk = a_desk("10")
        desk.now = NOON - days(1)
        assert desk.charge("1") == ACCEPTED
        assert desk.last_line().posted_at == NOON
