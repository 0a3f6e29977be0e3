"""Statement of account: opening balance + lines = closing balance, to the last digit, for any days."""

import csv
import itertools
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from credit.actions import charges, payments
from credit.documents import statements
from credit.models import Transaction, Wallet
from credit.money import to_text
from tests.desk import FINANCE, Desk
from tests.documents.paper import a_customer, a_seller, read
from tests.factories import a_wallet, an_organization, micros
from tests.pages.people import signed_in, text

pytestmark = pytest.mark.django_db
MARCH_31 = datetime(2026, 3, 31, 21, 59, 59, tzinfo=UTC)  # a second before April in Bratislava


def posted(wallet, amount, at, kind="call", **more):
    charges.charge(wallet=wallet, amount=amount, kind=kind, overrun=True, by=FINANCE, now=at, **more)


def paid(wallet, amount, at, **more):
    payments.record_payment(wallet=wallet, amount=amount, by=FINANCE, now=at, **more)


@pytest.fixture
def wallet():
    """A prepaid wallet in Bratislava: 100 in on 10 March, 8.67 out on 31 March, 1.000001 out on 1 April."""
    organization = a_customer(time_zone="Europe/Bratislava")
    wallet = a_wallet(organization, permanent_limit="1000")
    paid(wallet, "100", datetime(2026, 3, 10, 12, tzinfo=UTC), reference="2026-1107")
    posted(wallet, "8.67", MARCH_31, description="Calls to Tallinn")
    posted(wallet, "1.000001", MARCH_31 + timedelta(seconds=1), kind="sms")
    return Wallet.objects.select_related("organization").get(pk=wallet.pk)


def of(wallet, first, last):
    return statements.read(wallet, date.fromisoformat(first), date.fromisoformat(last))


def address(name, wallet, first, last):
    return f"{reverse(name, args=[wallet.wallet_id])}?from={first}&to={last}"


# --- the figures ------------------------------------------------------------------------------------------------------


def test_days_are_those_of_the_customers_clock(wallet):
    march, april = of(wallet, "2026-03-01", "2026-03-31"), of(wallet, "2026-04-01", "2026-04-30")
    assert (march.opening_micros, march.closing_micros) == (0, micros("91.33"))
    assert (april.opening_micros, april.closing_micros) == (micros("91.33"), micros("90.329999"))
    assert [kind.kind for kind in march.kinds] == ["Call", "Payment"]
    assert (march.in_micros, march.out_micros) == (micros("100"), micros("-8.67"))


def test_days_before_the_first_line_and_after_the_last_hold_nothing(wallet):
    before, after = of(wallet, "2026-01-01", "2026-02-28"), of(wallet, "2027-01-01", "2027-12-31")
    assert (before.count, before.opening_micros, before.closing_micros) == (0, 0, 0)
    assert (after.count, after.opening_micros, after.closing_micros) == (
        0,
        micros("90.329999"),
        micros("90.329999"),
    )


def test_a_wallet_of_a_large_ledger_is_read_in_few_steps(wallet, django_assert_max_num_queries):
    for minute in range(60):
        posted(wallet, "0.01", datetime(2026, 4, 2, 0, minute, tzinfo=UTC))
    wallet.refresh_from_db()
    with django_assert_max_num_queries(20):
        assert of(wallet, "2026-03-31", "2026-04-02").count == 62


ZONES = st.sampled_from(
    ["UTC", "Europe/Bratislava", "America/Sao_Paulo", "Asia/Kathmandu", "Pacific/Kiritimati"]
)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["charge", "pay", "refund"]),
        st.integers(1, 10**10),
        st.integers(0, 5 * 86_400),
    ),
    max_size=12,
)
CUTS = st.lists(st.integers(-3, 70), min_size=2, max_size=5, unique=True)


class AnyHistory(TestCase):
    @settings(max_examples=25)
    @given(zone=ZONES, steps=STEPS, cuts=CUTS)
    def test_opening_and_lines_are_closing_and_spans_that_follow_each_other_join(self, zone, steps, cuts):
        wallet = a_wallet(an_organization(time_zone=zone), permanent_limit="1000000000")
        self.act(Desk(wallet, datetime(2026, 3, 1, tzinfo=UTC)), steps)
        wallet.refresh_from_db()
        days = [date(2026, 3, 1) + timedelta(days=cut) for cut in sorted(cuts)]
        spans = [
            statements.read(wallet, first, following - timedelta(days=1))
            for first, following in itertools.pairwise(days)
        ]
        for one in spans:
            lines = list(statements.lines(one))
            assert one.count == len(lines)
            assert one.opening_micros + sum(line.amount_micros for line in lines) == one.closing_micros
            assert sum(kind.micros for kind in one.kinds) == one.in_micros + one.out_micros
            assert one.opening_micros + one.in_micros + one.out_micros == one.closing_micros
        for earlier, later in itertools.pairwise(spans):
            assert earlier.closing_micros == later.opening_micros
            assert earlier.until == later.before
        whole = statements.read(wallet, date(2020, 1, 1), date(2030, 1, 1))
        assert whole.count == Transaction.objects.filter(wallet=wallet).count()
        assert whole.closing_micros == Desk(wallet, datetime(2026, 6, 1, tzinfo=UTC)).amount(
            "current_balance"
        )

    def act(self, desk, steps):
        for verb, amount, seconds in steps:
            desk.now += timedelta(seconds=seconds)
            if verb == "charge":
                desk.charge(to_text(amount), overrun=True)
            elif verb == "pay":
                desk.pay(to_text(amount // 10_000 * 10_000 or 10_000))
            elif lines := [line for line in desk.lines() if line.kind == "call"]:
                desk.refund(lines[-1])


# --- the page ---------------------------------------------------------------------------------------------------------


def test_the_page_shows_the_sum_and_every_line(wallet):
    said = text(signed_in("Viewer").get(address("statement", wallet, "2026-03-01", "2026-04-30")))
    assert "Opening balance 0.00" in said
    assert "Calls to Tallinn" in said and "2026-1107" in said
    assert "Closing balance 90.329999" in said
    assert "1 Mar 2026 to 30 Apr 2026" in said


def test_without_days_the_page_shows_the_running_month(wallet, time_machine):
    time_machine.move_to(datetime(2026, 4, 15, 12, tzinfo=UTC))
    page = signed_in("Viewer").get(reverse("statement", args=[wallet.wallet_id]))
    assert "1 Apr 2026 to 15 Apr 2026" in text(page)
    for words in ("?from=2026-03-01&amp;to=2026-03-31", "?from=2026-01-01&amp;to=2026-04-15"):
        assert words in page.content.decode()


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("?from=2026-03-31&to=2026-03-01", "To lies before From."),
        ("?from=31.3.2026&to=2026-03-01", "From is no day."),
        ("?from=0001-01-01&to=2026-03-01", "beyond what a statement covers"),
        ("?from=2026-03-01&to=9999-12-31", "beyond what a statement covers"),
    ],
)
def test_days_that_cannot_be_read_show_nothing_and_say_why(wallet, asked, words):
    for name in ("statement", "statement_pdf", "statement_csv"):
        answer = signed_in("Finance officer").get(reverse(name, args=[wallet.wallet_id]) + asked)
        assert answer.status_code == 422
        assert words in text(answer)
        assert "Closing balance" not in text(answer)


def test_a_long_statement_is_read_page_by_page_and_each_page_carries_the_balance_forward(wallet, monkeypatch):
    from credit.views import statements as views

    monkeypatch.setattr(views, "PAGE", 2)
    viewer, here = signed_in("Viewer"), address("statement", wallet, "2026-03-01", "2026-04-30")
    first = viewer.get(here)
    assert "Lines 1 and on, 2 of 3" in text(first)
    second = viewer.get(here + "&after=2")
    assert "Brought forward 91.33" in text(second)
    assert "Closing balance 90.329999" in text(second)
    assert "Opening balance" not in text(second).partition("oldest first")[2]


def test_the_page_asks_the_database_a_bounded_number_of_times(wallet, django_assert_max_num_queries):
    viewer = signed_in("Viewer")
    with django_assert_max_num_queries(24):
        viewer.get(address("statement", wallet, "2026-03-01", "2026-04-30"))


def test_the_organization_page_leads_to_the_statement(wallet):
    page = signed_in("Viewer").get(reverse("organization", args=[wallet.organization.uuid]))
    assert reverse("statement", args=[wallet.wallet_id]) in page.content.decode()


# --- the PDF ----------------------------------------------------------------------------------------------------------


def test_the_pdf_says_the_same(wallet):
    a_seller()
    answer = signed_in("Viewer").get(address("statement_pdf", wallet, "2026-03-01", "2026-04-30"))
    assert answer["Content-Type"] == "application/pdf"
    said = read(answer.content)
    for words in (
        "Statement of account",
        "Northline Telecom, a.s.",
        "Calls to Tallinn",
        "+100.00",
        "90.329999",
    ):
        assert words in said, words


def test_a_long_statement_is_set_by_a_process_of_its_own_to_the_same_bytes(wallet, monkeypatch):
    whole = of(wallet, "2026-03-01", "2026-04-30")
    here = statements.pdf(whole)
    monkeypatch.setattr(statements, "_LONG", 0)
    assert statements.pdf(whole) == here


def test_a_pdf_of_too_many_lines_is_refused_and_the_csv_offered(wallet, monkeypatch):
    monkeypatch.setattr(statements, "MOST_LINES", 2)
    viewer, days = signed_in("Viewer"), ("2026-03-01", "2026-04-30")
    answer = viewer.get(address("statement_pdf", wallet, *days))
    assert answer.status_code == 422
    assert "These days have 3 lines; a PDF holds 2 at most. Take fewer days, or the CSV." in text(answer)
    page = viewer.get(address("statement", wallet, *days))
    assert "3 lines are too many for a PDF" in text(page)
    assert "statement.pdf" not in page.content.decode()


# --- CSV --------------------------------------------------------------------------------------------------------------


def as_csv(group, wallet, *days):
    answer = signed_in(group).get(address("statement_csv", wallet, *days))
    assert answer.status_code == 200
    return list(csv.DictReader(StringIO(answer.getvalue().decode("utf-8-sig"))))


def test_the_csv_adds_up_from_the_opening_to_the_closing_row(wallet):
    rows = as_csv("Finance officer", wallet, "2026-03-31", "2026-04-30")
    assert [row["Kind"] for row in rows] == ["opening balance", "call", "sms", "closing balance"]
    assert [row["Current balance after"] for row in rows] == ["100.00", "91.33", "90.329999", "90.329999"]
    assert [row["Amount"] for row in rows] == ["", "-8.67", "-1.000001", ""]
    assert rows[1]["Posted at"] == "2026-03-31T23:59:59+02:00"


def test_no_cell_of_the_csv_is_a_formula(wallet):
    posted(wallet, "1", datetime(2026, 4, 3, tzinfo=UTC), description="=HYPERLINK(1)", reference="@cmd")
    (row,) = [row for row in as_csv("Finance officer", wallet, "2026-04-03", "2026-04-03") if row["Line"]]
    assert (row["Description"], row["Reference"]) == ("'=HYPERLINK(1)", "'@cmd")


def test_a_viewer_sees_the_statement_but_exports_nothing(wallet):
    viewer = signed_in("Viewer")
    assert viewer.get(address("statement", wallet, "2026-03-01", "2026-03-31")).status_code == 200
    assert viewer.get(address("statement_csv", wallet, "2026-03-01", "2026-03-31")).status_code == 403
