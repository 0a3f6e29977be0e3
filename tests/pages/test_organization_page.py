"""The organization page: the formula with its numbers, the ledger, what the clock will change."""

import csv
import io
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from credit.actions import invoices, limits, payments, reservations, statuses
from credit.groups import MANAGER, VIEWER
from credit.models import Invoice
from credit.views import records
from tests.factories import an_organization, micros
from tests.pages.people import SYSTEM, ago, charge, close, live, postpaid, prepaid, signed_in, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def viewer():
    return signed_in(VIEWER)


def page(client, wallet, **asked):
    address = reverse("organization", args=[wallet.organization.uuid])
    return client.get(address, {"wallet": wallet.wallet_id, **asked})


def read(client, wallet, **asked):
    answer = page(client, wallet, **asked)
    assert answer.status_code == 200
    return text(answer)


# --- the formula ------------------------------------------------------------------------------------------------------


def test_the_amount_due_does_not_count_and_the_page_says_so(viewer):
    wallet = postpaid(limit="1000", days=70)
    charge(wallet, "500", now=ago(days=65))
    close(wallet)
    charge(wallet, "200")
    words = read(viewer, wallet)
    assert "Credit limit 1,000.00" in words
    assert "Unbilled 200.00" in words
    assert "The 500.00 due does not count here" in words
    assert "Usable now 800.00 EUR" in words


def test_what_is_overdue_is_said_where_the_limit_is_decided(viewer):
    """Invoices are due thirty days after their issue."""
    late, on_time = (postpaid(scheme="individual", days=70) for _each in range(2))
    for wallet, days in ((late, 52), (on_time, 5)):
        charge(wallet, "500", kind="hardware", now=ago(days=days))
        while invoices.issue(now=ago(days=days)):
            pass
    panel = signed_in(MANAGER)
    words = "500.00 EUR is overdue, 22 days late."
    assert f"{words} Unpaid invoices do not count in what is usable." in read(viewer, late)
    assert words in text(panel.get(reverse("set_limit", args=[late.wallet_id])))
    assert "is overdue" not in read(viewer, on_time)
    assert "is overdue" not in text(panel.get(reverse("set_limit", args=[on_time.wallet_id])))


def test_figures_of_the_strip_show_every_digit_and_add_up(viewer):
    wallet = prepaid(limit="100", paid="10")
    charge(wallet, "18.674321")
    words = read(viewer, wallet)
    assert "Balance −8.674321" in words
    assert "Usable now 91.325679 EUR" in words


def test_not_set_zero_and_unlimited_are_three_different_texts(viewer):
    organization = an_organization()
    not_set, zero, unlimited = (prepaid(limit=limit, organization=organization) for limit in (None, "0", "5"))
    limits.set_limit(wallet=unlimited, unlimited=True, by=SYSTEM, now=timezone.now)
    assert "Credit limit Not set" in read(viewer, not_set)
    assert "Credit limit 0.00 Permanent" in read(viewer, zero)
    assert "Credit limit Unlimited" in read(viewer, unlimited)
    assert "Usable now Unlimited" in read(viewer, unlimited)


def test_the_wallets_of_an_organization_are_one_click_apart(viewer):
    organization = an_organization()
    first, second = prepaid(organization=organization), prepaid(organization=organization, paid="7")
    answer = page(viewer, first)
    assert f"?wallet={second.wallet_id}" in answer.content.decode()
    assert (
        viewer.get(reverse("organization", args=[organization.uuid]), {"wallet": "W-0000-0000"}).status_code
        == 404
    )


def test_a_wallet_of_another_organization_is_not_shown_under_this_one(viewer):
    ours, theirs = prepaid(), prepaid()
    address = reverse("organization", args=[ours.organization.uuid])
    assert viewer.get(address, {"wallet": theirs.wallet_id}).status_code == 404


def test_an_organization_without_a_wallet_says_so(viewer):
    answer = viewer.get(reverse("organization", args=[an_organization().uuid]))
    assert "No wallet yet" in text(answer)


def test_a_name_with_markup_is_only_a_name(viewer):
    wallet = prepaid(organization=an_organization(name="<b>Sons</b> & Čapek"))
    assert "<b>Sons</b>" not in page(viewer, wallet).content.decode()


# --- what the clock will change ---------------------------------------------------------------------------------------


def test_the_end_of_a_temporary_limit_is_said_before_it_blocks(viewer):
    wallet = prepaid(limit="100", paid=None)
    limits.set_limit(wallet=wallet, amount="150", days=7, by=SYSTEM, now=timezone.now)
    charge(wallet, "120")
    words = read(viewer, wallet)
    assert "Will be blocked from" in words
    assert "the limit is 100.00 again and usable −20.00 EUR" in words
    assert "until more than 20.00 EUR is paid" in words


def test_a_temporary_limit_that_ends_harmlessly_says_what_is_usable_then(viewer):
    wallet = prepaid(limit="100", paid="50")
    limits.set_limit(wallet=wallet, amount="150", days=7, by=SYSTEM, now=timezone.now)
    words = read(viewer, wallet)
    assert "The temporary limit ends by itself on" in words
    assert "usable is 150.00 EUR then" in words


def test_a_blocked_customer_sees_the_cure(viewer):
    wallet = prepaid(limit="100", paid=None)
    charge(wallet, "100")
    assert "Blocked now. Nothing can be charged until some money is paid or the limit is raised." in read(
        viewer, wallet
    )


def test_a_blocked_postpaid_customer_needs_more_than_what_is_due(viewer):
    wallet = postpaid(limit="100", days=70)
    charge(wallet, "40", now=ago(days=65))
    close(wallet)
    charge(wallet, "100")
    assert "until more than 40.00 EUR is paid, the limit is raised, or the month resets on" in read(
        viewer, wallet
    )


def test_suspension_says_that_it_stops_all_wallets(viewer):
    wallet = prepaid()
    statuses.suspend(organization=wallet.organization, reason="Risk", by=SYSTEM, now=timezone.now)
    assert "stop on all its wallets" in read(viewer, wallet)


# --- ledger -----------------------------------------------------------------------------------------------------------


def test_earlier_lines_go_on_where_the_page_ended(viewer):
    wallet = prepaid(paid="1000")
    for number in range(60):
        charge(wallet, "1", description=f"call {number}")
    seen, before = [], None
    for _ in range(3):
        ledger = page(viewer, wallet, **({"before": before} if before else {})).context["ledger"]
        seen += [line.sequence for line in ledger.lines]
        before = ledger.earlier
    assert seen == list(range(61, 0, -1))
    assert before is None


def test_the_ledger_filters_by_kind_month_amount_and_what_a_line_counts_as(viewer):
    wallet = postpaid(scheme="individual")
    charge(wallet, "3.50", kind="sms")
    charge(wallet, "49.00", kind="addon")
    payments.record_payment(wallet=wallet, amount="20", by=SYSTEM, now=timezone.now)
    month = f"{timezone.now():%Y-%m}"

    def kinds(**asked):
        return {line.kind for line in page(viewer, wallet, **asked).context["ledger"].lines}

    assert kinds(kind="sms") == {"sms"}
    assert kinds(counts="unbilled") == {"sms"}
    assert kinds(counts="invoice") == {"addon"}
    assert kinds(counts="balance") == {"payment"}
    assert kinds(least="20") == {"addon", "payment"}
    assert kinds(most="5") == {"sms"}
    assert kinds(period=month) == {"sms", "addon", "payment"}
    assert kinds(period="2019-01") == set()
    assert "Type a month such as 2026-11." in text(page(viewer, wallet, period="9999-12"))


@pytest.mark.parametrize(
    "asked", [{"kind": "fun"}, {"period": "soon"}, {"least": "x"}, {"counts": "?"}, {"before": "-1"}]
)
def test_an_unknown_filter_shows_an_error_and_no_line(viewer, asked):
    wallet = prepaid()
    answer = page(viewer, wallet, **asked)
    assert answer.context["ledger"].lines == []
    assert "This filter cannot be used" in text(answer)


def test_usage_of_an_earlier_month_is_shown_as_late(viewer):
    wallet = prepaid()
    charge(wallet, "1", occurred_at=ago(days=40))
    assert "late, from" in read(viewer, wallet)


def test_a_ledger_opens_in_a_spreadsheet_as_text_and_exact_numbers():
    client = signed_in(MANAGER)
    wallet = prepaid()
    charge(wallet, "1.000001", description="=HYPERLINK(1)", reference="+421")
    answer = client.get(reverse("ledger_csv", args=[wallet.wallet_id]))
    content = b"".join(answer.streaming_content).decode("utf-8-sig")
    head, first, second = csv.reader(io.StringIO(content))
    assert first[head.index("Kind")] == "payment"
    assert second[head.index("Description")] == "'=HYPERLINK(1)"
    assert second[head.index("Reference")] == "'+421"
    assert second[head.index("Amount")] == "-1.000001"
    assert second[head.index("Current balance after")] == "98.999999"


def test_the_exported_ledger_is_what_the_filter_shows():
    client = signed_in(MANAGER)
    wallet = prepaid()
    charge(wallet, "1", kind="sms")
    address = reverse("ledger_csv", args=[wallet.wallet_id])
    content = b"".join(client.get(address, {"kind": "sms"}).streaming_content).decode()
    assert content.count("\n") == 2
    assert client.get(address, {"kind": "fun"}).status_code == 400


# --- beside the ledger ------------------------------------------------------------------------------------------------


def test_open_amounts_of_invoices_add_up_to_the_amount_due():
    wallet = postpaid(scheme="individual")
    for amount in ("10", "20", "30"):
        charge(wallet, amount, kind="addon")
    invoices.issue(now=timezone.now)
    payments.record_payment(wallet=wallet, amount="15", by=SYSTEM, now=timezone.now)
    now = live(wallet)
    told = records.invoices(now, timezone.now())
    assert [one.open_micros for one in told] == [micros("30"), micros("15"), 0]
    assert sum(one.open_micros for one in told) == now.due_micros


def test_an_invoice_page_shows_what_is_open_of_it(viewer):
    wallet = postpaid(scheme="individual")
    for amount in ("10", "20"):
        charge(wallet, amount, kind="addon")
    invoices.issue(now=timezone.now)
    payments.record_payment(wallet=wallet, amount="15", by=SYSTEM, now=timezone.now)
    older, newer = Invoice.objects.order_by("pk")
    assert "Paid in full 0.00 EUR" in text(viewer.get(reverse("invoice", args=[older.pk])))
    assert "Amount due 15.00 EUR" in text(viewer.get(reverse("invoice", args=[newer.pk])))
    assert older.total_micros == micros("10")


def test_a_monthly_invoice_explains_its_rounding(viewer):
    wallet = postpaid(days=70)
    charge(wallet, "1.005", kind="call", now=ago(days=65))
    charge(wallet, "2.004", kind="sms", now=ago(days=65))
    close(wallet)
    words = text(viewer.get(reverse("invoice", args=[Invoice.objects.get().pk])))
    assert "Total 3.009 3.01" in words
    assert "the difference of +0.001 EUR is booked as rounding" in words


def test_a_decline_tells_why_with_the_formula_of_its_instant(viewer):
    wallet = prepaid(limit="20", paid="10")
    charge(wallet, "30.50")
    words = read(viewer, wallet)
    assert "Call of 30.50 EUR · more than the usable credit" in words
    assert "balance 10.00 − reserved 0.00 + credit limit 20.00 = usable 30.00 EUR , short by 0.50" in words


def test_reservations_are_live_by_the_clock(viewer):
    wallet = prepaid()
    reservations.reserve(
        wallet=wallet, reference="res-2", amount="6", life=timedelta(minutes=1), by=SYSTEM, now=ago(minutes=2)
    )
    reservations.reserve(
        wallet=wallet, reference="res-1", amount="5", life=timedelta(hours=1), by=SYSTEM, now=timezone.now
    )
    words = read(viewer, wallet)
    assert "res-1" in words
    assert "res-2" not in words


def test_limit_history_tells_amount_who_and_how_it_ended(viewer):
    wallet = prepaid(limit="100")
    limits.set_limit(
        wallet=wallet, amount="200", reason_code="review", reason="Yearly review", by=SYSTEM, now=timezone.now
    )
    words = read(viewer, wallet)
    assert "200.00 EUR Permanent, in force" in words
    assert "regular review. “Yearly review”" in words
    assert "100.00 EUR Superseded" in words
    assert "Permanent limit: 100.00 EUR → 200.00 EUR" in words


def test_the_plot_also_stands_there_as_a_table(viewer):
    wallet = prepaid(limit="100", paid=None)
    charge(wallet, "12.34")
    rows = page(viewer, wallet).context["plot"].rows
    assert (rows[0].used_micros, rows[0].limit_micros) == (micros("12.34"), micros("100"))


# --- cost -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", [{}, {"period": f"{timezone.now():%Y-%m}"}, {"span": "365"}])
def test_the_page_stays_within_its_query_budget(viewer, asked, django_assert_max_num_queries):
    wallet = prepaid(limit="100")
    limits.set_limit(wallet=wallet, amount="150", days=7, by=SYSTEM, now=timezone.now)
    for number in range(30):
        charge(wallet, "5", description=str(number))
    page(viewer, wallet)
    with django_assert_max_num_queries(20):
        page(viewer, wallet, **asked)
