"""hledger, which shares no code with the portal, adds the exported books up to the same balances."""

import csv
import os
import shutil
import subprocess
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from credit.models import Transaction, Wallet
from credit.money import to_decimal
from credit.reports import local_days
from credit.reports.journal import Span, account_of, journal
from credit.reports.kinds import ACCOUNTS
from credit.terms import Kind
from tests.desk import a_desk
from tests.reports.life import Life

pytestmark = pytest.mark.django_db

MISSING = (
    "hledger is not installed: what it would prove stays unproven here (Debian: apt-get install hledger)."
)
EVERYTHING = {"since": None, "until": None}


@pytest.fixture(scope="session")
def hledger():
    program = shutil.which("hledger")
    if program is None and (os.environ.get("CI") or os.environ.get("HLEDGER_IS_REQUIRED")):
        pytest.fail(MISSING)
    if program is None:
        pytest.skip(MISSING)

    def ask(text, *arguments):
        answer = subprocess.run(
            [program, "-f", "-", *arguments],
            input=text, capture_output=True, text=True, timeout=120, env={**os.environ, "LC_ALL": "C.UTF-8"},
        )  # fmt: skip
        assert answer.returncode == 0, answer.stderr
        return answer.stdout

    return ask


def exported(now, wallets=None, **span):
    wallets = Wallet.objects.all() if wallets is None else wallets
    return "".join(journal(wallets, Span(**{**EVERYTHING, **span}, now=now)))


def balances(hledger, text, *arguments):
    """Account -> amount, as hledger adds it up; the accounts of customers turned to what the customer has."""
    table = hledger(text, "balance", "--flat", "--empty", "--no-total", "--output-format", "csv", *arguments)
    rows = list(csv.reader(StringIO(table)))[1:]
    return {account: sum_of(amounts) for account, amounts in rows}


def sum_of(amounts):
    """ "0", or "1.500000 EUR, -3.000000 JPY"."""
    pairs = [amount.rsplit(" ", 1) for amount in amounts.split(", ") if " " in amount]
    return {code: Decimal(number) for number, code in pairs if Decimal(number)}


def portal_balances():
    rows = Wallet.objects.all()
    micros = {row: row.balance_micros - row.closing_micros - row.unbilled_micros for row in rows}
    return {
        account_of(row): {row.currency: -to_decimal(left)} if left else {} for row, left in micros.items()
    }


def of_customers(found):
    return {account: amounts for account, amounts in found.items() if account.startswith("liabilities")}


@pytest.mark.parametrize("seed", range(6))
def test_hledger_adds_up_to_the_balance_of_every_wallet(hledger, seed):
    life = Life(seed).lived(days=100, steps=120)
    text = exported(life.now)

    hledger(text, "check", "--strict")

    expected = {account: amounts for account, amounts in portal_balances().items() if amounts}
    found = {
        account: amounts for account, amounts in of_customers(balances(hledger, text)).items() if amounts
    }
    assert found == expected


def test_the_lives_have_lines_of_every_kind():
    for seed in range(6):
        Life(seed).lived(days=100, steps=120)

    assert set(Transaction.objects.values_list("kind", flat=True)) == set(Kind.values)


@pytest.mark.parametrize("seed", [1, 4])
def test_any_month_starts_where_the_one_before_ended(hledger, seed):
    life = Life(seed).lived(days=100, steps=120)
    whole = balances(hledger, exported(life.now))
    months = [
        exported(life.now, until=date(2026, 2, 28)),
        exported(life.now, since=date(2026, 3, 1), until=date(2026, 3, 31)),
        exported(life.now, since=date(2026, 4, 1)),
    ]

    for text in months:
        hledger(text, "check", "--strict")

    assert of_customers(balances(hledger, months[-1])).items() <= of_customers(whole).items()
    entries = [text.count("\n    ; wallet:") for text in months]
    assert all(entries) and sum(entries) == Transaction.objects.count()
    for account in {*ACCOUNTS.values()} & whole.keys():
        parts = [balances(hledger, text).get(account, {}) for text in months]
        assert {code: sum(part.get(code, 0) for part in parts) for code in whole[account]} == whole[account]


def test_revenue_is_what_the_lines_of_the_kind_and_their_corrections_add_up_to(hledger):
    desk = a_desk(currency="EUR", mode="postpaid", scheme="consolidated", limit_unlimited=True)
    desk.charge("10.123456", "call")
    desk.charge("4", "sms")
    call, _ = desk.lines()
    desk.refund(call, "2")
    desk.reverse(desk.last_line())  # the refund was a mistake: the call counts in full again
    desk.refund(call, "0.123456")

    found = balances(hledger, exported(desk.now))

    assert found["revenue:calls"] == {"EUR": Decimal(-10)}
    assert found["revenue:sms"] == {"EUR": Decimal(-4)}


def test_a_wrong_line_would_be_found(hledger):
    desk = a_desk(balance="10")
    text = exported(desk.now)

    with pytest.raises(AssertionError, match="assertion"):
        hledger(
            text.replace("-10.000000 EUR = ", "-10.000001 EUR = ").replace(" 10.000000", " 10.000001"),
            "check",
        )


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=40), min_size=8, max_size=8))
def test_no_text_that_people_type_can_break_the_journal(hledger, texts):
    desk = a_desk(mode="prepaid", permanent_limit="1000")
    for number, text in enumerate(texts):
        desk.charge("1", reference=text if number % 2 else "", description=text)
    posted = len(desk.lines())
    text = exported(desk.now, Wallet.objects.filter(pk=desk.wallet.pk))

    hledger(text, "check", "--strict")
    (amounts,) = of_customers(balances(hledger, text)).values() if posted else [{}]

    assert amounts == ({"EUR": Decimal(posted)} if posted else {})


def test_the_same_books_give_the_same_text():
    life = Life(3).lived(days=60)

    assert exported(life.now) == exported(life.now)


def test_an_entry_reads_as_a_person_in_finance_expects():
    desk = a_desk(mode="prepaid")
    desk.pay("100", reference="2026-1107")
    desk.charge("0.842", "call", reference="CDR-1", description="To +421 904 118 220; 6 min")

    text = exported(desk.now)

    account = account_of(desk.wallet)
    wallet_id = desk.wallet.wallet_id
    assert text.endswith(
        f"\naccount {account}\n"
        "\n2026-03-14 (1) Payment\n"
        f"    ; wallet:{wallet_id}, kind:payment, reference:2026-1107\n"
        f"    {account}  -100.000000 EUR = -100.000000 EUR\n"
        "    assets:bank  100.000000 EUR\n"
        "\n2026-03-14 (2) To +421 904 118 220  6 min\n"
        f"    ; wallet:{wallet_id}, kind:call, reference:CDR-1\n"
        f"    {account}  0.842000 EUR = -99.158000 EUR\n"
        "    revenue:calls  -0.842000 EUR\n"
    )


def test_days_follow_each_other_without_gap_or_overlap_after_a_change_of_time_zone():
    Life(5).lived(days=100, steps=60)
    for clock in local_days.clocks(Wallet.objects.all()).values():
        begins = [clock.begins(date(2026, 1, 1) + timedelta(days=number)) for number in range(150)]
        assert begins == sorted(begins)
        for number, instant in enumerate(begins):
            assert clock.day_of(instant) >= date(2026, 1, 1) + timedelta(days=number)
            assert clock.day_of(instant - timedelta(microseconds=1)) < date(2026, 1, 1) + timedelta(
                days=number
            )


def test_the_command_writes_one_wallet_and_a_span(tmp_path, hledger):
    life = Life(2).lived(days=80)
    wallet, path = life.wallets[2], tmp_path / "books.journal"

    call_command("export_journal", wallet=wallet.wallet_id, since=date(2026, 2, 1), output=str(path))

    hledger(path.read_text(), "check", "--strict")
    assert path.read_text().count("\n    ; wallet:") == path.read_text().count(
        f"\n    ; wallet:{wallet.wallet_id},"
    )
    with pytest.raises(CommandError, match="no wallet"):
        call_command("export_journal", wallet="W-0")


def test_reading_many_wallets_asks_no_more_questions_than_reading_one(django_assert_max_num_queries):
    life = Life(7).lived(days=60)
    with django_assert_max_num_queries(20):
        exported(life.now, since=date(2026, 2, 1))
