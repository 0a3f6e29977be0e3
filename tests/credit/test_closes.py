"""Closing a thousand wallets at once writes what closing them one by one writes, row by row, to the last digit."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from credit.actions import close_postgresql, closes, modes, statuses, wallets
from credit.models import (
    CreditLimit,
    HoldLine,
    Invoice,
    InvoiceLine,
    Notice,
    Period,
    Reservation,
    Transaction,
    Wallet,
)
from organizations.models import Organization
from tests.desk import FINANCE, Desk
from tests.factories import APRIL, NOON, a_wallet, an_organization, micros

pytestmark = pytest.mark.django_db

START = datetime(2026, 1, 10, 12, tzinfo=UTC)
CLOSED_AT = datetime(2026, 7, 3, 9, tzinfo=UTC)
ZONES = ["UTC", "Europe/Bratislava", "America/Asuncion", "Asia/Kolkata", "Pacific/Apia"]
CURRENCIES = ["EUR", "JPY", "IDR", "KWD", "UYW"]
SCHEMES = ["individual", "consolidated", "none"]
KINDS = ["call", "sms", "fax", "subscription", "hardware"]
DELAYS = [timedelta(hours=1), timedelta(days=3), timedelta(days=20), timedelta(days=35), timedelta(days=70)]


class Story:
    """A random but repeatable life of one wallet until about the close; two with one seed are twins."""

    def __init__(self, seed):
        self.draw = random.Random(seed)
        zone, mode = self.draw.choice(ZONES), self.draw.choice(["postpaid"] * 6 + ["prepaid"])
        wallet = wallets.create_wallet(
            organization=an_organization(time_zone=zone),
            currency=self.draw.choice(CURRENCIES),
            mode=mode,
            scheme=self.draw.choice(SCHEMES) if mode == "postpaid" else "",
            limit="100000",
            by=FINANCE,
            now=START,
        )
        self.desk = Desk(wallet, START)
        for _ in range(self.draw.randrange(14)):
            self.step()

    def step(self):
        delay = self.draw.choice(DELAYS)
        # A few go on after the close: its clock has jumped back.
        if self.desk.now + delay < CLOSED_AT + timedelta(days=9):
            self.desk.now += delay
        self.draw.choice(
            [self.charge] * 6 + [self.refund, self.pay, self.limit, self.hold, self.move, self.switch]
        )()

    def charge(self):
        amount = self.draw.choice(["0.005", "1.000004", "1000.5", "0.000001", "49.5", "7", "0"])
        self.desk.charge(amount, self.draw.choice(KINDS))

    def refund(self):
        lines = self.desk.lines()
        if lines:
            self.desk.refund(self.draw.choice(lines))

    def pay(self):
        self.desk.pay(str(self.draw.randrange(1, 2000)))

    def limit(self):
        self.desk.set_limit("200000", days=self.draw.choice([1, 30, 90]), confirmed=True)

    def hold(self):
        self.desk.reserve("5", self.draw.choice("abc"), life=timedelta(days=self.draw.choice([1, 40])))

    def move(self):
        organization = Organization.objects.get(pk=self.desk.wallet.organization_id)
        self.desk.do(statuses.change_time_zone, organization=organization, time_zone=self.draw.choice(ZONES))

    def switch(self):
        wallet = Wallet.objects.get(pk=self.desk.wallet.pk)
        self.desk.do(modes.change_scheme, wallet=wallet, scheme=self.draw.choice(SCHEMES))


OWN = {"id", "wallet_id", "organization_id", "invoice_id", "reservation_id", "original_id", "counterpart_id"}


def rows_of(wallet):
    """Everything that stands about a wallet, without what names it or its rows."""
    tables = {
        "wallet": Wallet.objects.filter(pk=wallet.pk),
        "periods": Period.objects.filter(wallet=wallet).order_by("starts_at"),
        "invoices": Invoice.objects.filter(wallet=wallet).order_by("pk"),
        "invoice lines": InvoiceLine.objects.filter(invoice__wallet=wallet).order_by("pk"),
        "ledger": Transaction.objects.filter(wallet=wallet).order_by("sequence"),
        "limits": CreditLimit.objects.filter(wallet=wallet).order_by("pk"),
        "holds": Reservation.objects.filter(wallet=wallet).order_by("pk"),
        "steps of holds": HoldLine.objects.filter(wallet=wallet).order_by("pk"),
        "notices": Notice.objects.filter(wallet=wallet).order_by("pk"),
    }
    told = {name: [_without_names(row) for row in rows.values()] for name, rows in tables.items()}
    if wallet.mode == "prepaid":
        told["wallet"][0].pop(
            "latest_at"
        )  # the one way leaves alone what has nothing to close, the other need not
    # What belongs to which invoice, by the period that the invoice is for.
    told["billed by"] = {
        "periods": list(
            tables["periods"].values_list("starts_at", "invoice__period_starts_at", "invoice__kind")
        ),
        "lines": list(tables["ledger"].values_list("sequence", "invoice__period_starts_at", "invoice__kind")),
        "invoice lines": list(tables["invoice lines"].values_list("kind", "invoice__period_starts_at")),
    }
    return told


def _without_names(row):
    return {name: value for name, value in row.items() if name not in OWN and not name.startswith("limit_id")}


@pytest.mark.parametrize(("seed", "many_lines"), [(0, 50), (1, 50), (2, 0), (3, 0)])
def test_a_close_of_many_at_once_writes_what_closing_one_by_one_writes(seed, many_lines, monkeypatch):
    monkeypatch.setattr(close_postgresql, "MANY_LINES", many_lines)
    ours, twins = ([Story(f"{seed} {number}").desk.wallet for number in range(25)] for _ in range(2))
    assert [rows_of(wallet) for wallet in ours] == [rows_of(wallet) for wallet in twins]

    at_once = closes.close(wallet_pks=[wallet.pk for wallet in ours], by=FINANCE, now=CLOSED_AT)
    one_by_one = closes.close_one_by_one([wallet.pk for wallet in twins], FINANCE, CLOSED_AT)

    assert at_once == one_by_one
    assert at_once.periods > 50 and at_once.invoices > 10
    for wallet, twin in zip(ours, twins, strict=True):
        assert rows_of(wallet) == rows_of(twin)


@pytest.mark.parametrize("seed", range(3))
def test_the_totals_of_a_close_are_what_its_invoices_say(seed):
    stories = [Story(f"{seed} {number}") for number in range(20)]
    before = set(Invoice.objects.values_list("pk", flat=True))
    closed = closes.close(wallet_pks=[story.desk.wallet.pk for story in stories], by=FINANCE, now=CLOSED_AT)
    made = Invoice.objects.exclude(pk__in=before)
    said = {}
    for line in InvoiceLine.objects.filter(invoice__in=made).select_related("invoice"):
        key = line.invoice.currency, line.kind
        so_far = said.get(key, (0, 0, 0))
        added = (line.exact_micros, line.rounded_micros, line.count)
        said[key] = tuple(one + other for one, other in zip(so_far, added, strict=True))
    assert closed.totals == said
    assert closed.invoices == made.count()
    assert all(story.desk.books_are_straight() for story in stories)


def test_what_has_nothing_to_close_is_not_touched_and_twice_is_once():
    stories = [Story(f"quiet {number}") for number in range(10)]
    pks = [story.desk.wallet.pk for story in stories]
    closes.close(wallet_pks=pks, by=FINANCE, now=CLOSED_AT)
    before = [rows_of(story.desk.wallet) for story in stories]
    assert closes.close(wallet_pks=pks, by=FINANCE, now=CLOSED_AT) == closes.Closed()
    assert [rows_of(story.desk.wallet) for story in stories] == before
    assert closes.due(CLOSED_AT, 100) == []


def test_what_is_due_is_read_off_an_index_in_order(django_assert_num_queries):
    Story("due")
    with django_assert_num_queries(2) as asked:
        closes.due(CLOSED_AT, 1000)
    plan = plan_of(asked.captured_queries[0]["sql"])
    assert "wallet_by_period_end" in plan
    # A million that ended at one instant are not put in order first.
    assert "Sort" not in plan
    assert "TEMP B-TREE" not in plan


def plan_of(sql):
    explain = {"postgresql": "EXPLAIN", "sqlite": "EXPLAIN QUERY PLAN"}[connection.vendor]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # A table of three rows needs no index.
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"{explain} {sql}")
        return "\n".join(str(row) for row in cursor.fetchall())


def test_wallets_at_the_end_of_a_chunk_that_cannot_be_plain_are_closed_with_the_others():
    """A hold that expired is booked first; both wallets are closed in the same step."""
    plain, held = (Desk(a_wallet(mode="postpaid", permanent_limit="100"), NOON) for _ in range(2))
    for desk in (plain, held):
        assert desk.charge("1.004") == "accepted"
    assert held.reserve("5", life=timedelta(days=1)) == "accepted"
    pks = [plain.wallet.pk, held.wallet.pk]
    closed = closes.close(wallet_pks=pks, by=FINANCE, now=APRIL)
    assert (closed.wallets, closed.periods, closed.invoices) == (2, 2, 2)
    assert closed.totals == {("EUR", "call"): (2_008_000, 2_000_000, 2)}
    assert Wallet.objects.get(pk=held.wallet.pk).reserved_micros == 0


@pytest.mark.parametrize(
    ("currency", "amount", "billed"),
    [
        ("EUR", "1.005", "1.01"),
        ("EUR", "1.004999", "1"),
        ("JPY", "0.5", "1"),
        ("JPY", "0.499999", "0"),
        ("IDR", "1000.5", "1001"),
        ("KWD", "1.0005", "1.001"),
        ("UYW", "1.00005", "1.0001"),
    ],
)
@pytest.mark.parametrize("sign", [1, -1])
def test_a_line_is_rounded_half_away_from_zero_to_its_currencys_decimals(currency, amount, billed, sign):
    """Also a refund's line, which is below zero."""
    desk = Desk(a_wallet(mode="postpaid", permanent_limit="9999", currency=currency), NOON)
    assert desk.charge(amount) == "accepted"
    if sign < 0:
        assert desk.refund(desk.last_line()) == "accepted"
    closes.close(wallet_pks=[desk.wallet.pk], by=FINANCE, now=APRIL)
    kind = "call" if sign > 0 else "refund"
    assert InvoiceLine.objects.get(kind=kind).rounded_micros == sign * micros(billed)
    assert desk.books_are_straight()
