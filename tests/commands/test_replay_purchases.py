"""The replay against a sum made by a tool outside the project: awk, over the raw file, in whole cents."""

import os
import shutil
import subprocess
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Count, F, Sum
from django.db.models.functions import TruncMonth

from credit.management.commands.replay_purchases import ZONE, Command
from credit.models import Answer, Invoice, Period, Transaction, Wallet
from tests.factories import a_wallet

# The real file may be read but not shipped; it lies beside the checkout where there is one.
REAL = Path(
    os.environ.get("PURCHASES_FILE", Path(__file__).parents[3] / "shared" / "data" / "purchases_cdnow.txt")
)
SAMPLE = """\
 customer_id  date number_of_cds  dollar_value
 00001 19970101  1   11.77
 00002 19970112  1   12.00
 00002 19970112  5   77.00
 00003 19970102  2   20.76
 00003 19970102  2   20.76
 00003 19970131  1    0.00
 00003 19970201  2   20.76
 00004 19971231  3   33.33
 00004 19980101  3   33.33
 00004 19980630  1    0.01
"""
# Cents as whole numbers, since awk's own are floating; -v who: only customers up to this one.
SUM = r"""
NR > 1 && NF == 4 && (who == "" || $1 <= who) {
    sub(/\r$/, "", $4); split($4, part, "."); cents = part[1] * 100 + part[2]
    month = substr($2, 1, 4) "-" substr($2, 5, 2)
    total["month " month] += cents; count["month " month]++
    total["wallet " $1] += cents; count["wallet " $1]++
}
END { for (name in total) printf "%s\t%d\t%d\n", name, count[name], total[name] }
"""

pytestmark = pytest.mark.django_db


def sums_by_awk(path, up_to=""):
    awk = shutil.which("awk")
    assert awk, "awk makes the independent sum; install it"
    answer = subprocess.run(
        [awk, "-v", f"who={up_to}", SUM, path], check=True, capture_output=True, text=True
    )
    rows = (line.split("\t") for line in answer.stdout.splitlines())
    return {name: (int(count), int(cents) * 10_000) for name, count, cents in rows}


def sums_of_the_ledger():
    charges = Transaction.objects.filter(kind="hardware").order_by()
    by_month = charges.values(month=TruncMonth("posted_at", tzinfo=ZoneInfo(ZONE)))
    by_customer = charges.values(customer=F("wallet__organization__reference"))
    numbers = {"count": Count("pk"), "total": Sum("amount_micros")}
    sums = {f"month {row['month']:%Y-%m}": row for row in by_month.annotate(**numbers)}
    sums |= {row["customer"].replace("CDNOW-", "wallet "): row for row in by_customer.annotate(**numbers)}
    return {name: (row["count"], -row["total"]) for name, row in sums.items()}


def invoiced_per_month():
    """By the close: what each month's invoices add up to."""
    invoices = Invoice.objects.order_by().annotate(
        month=TruncMonth("period_starts_at", tzinfo=ZoneInfo(ZONE))
    )
    rows = invoices.values("month").annotate(total=Sum("total_micros"))
    return {f"month {row['month']:%Y-%m}": row["total"] for row in rows}


def replay(path, **options):
    out = StringIO()
    call_command("replay_purchases", str(path), verbosity=0, stdout=out, **options)
    return out.getvalue().splitlines()


def assert_agrees(independent):
    assert sums_of_the_ledger() == independent
    months = {name: total for name, (_, total) in independent.items() if name.startswith("month") and total}
    assert {name: total for name, total in invoiced_per_month().items() if total} == months
    # Every month is closed, so all of it is due and nothing is unbilled; no limit stood in the way.
    sums = Wallet.objects.aggregate(balance=Sum("balance_micros"), unbilled=Sum("unbilled_micros"))
    assert (sums["balance"], sums["unbilled"]) == (-sum(months.values()), 0)
    assert not Period.objects.filter(closed_at=None).exists()


@pytest.fixture
def sample(tmp_path):
    path = tmp_path / "purchases.txt"
    path.write_text(SAMPLE)
    return path


def test_totals_per_month_and_wallet_equal_an_independent_sum(sample):
    printed = replay(sample)
    assert_agrees(sums_by_awk(sample))
    assert printed[0].split() == ["1997-01", "6", "142.29"]
    assert printed[-1] == "10 purchases posted, 0 already there."


def test_zero_amounts_and_real_duplicates_are_posted(sample):
    replay(sample)
    amounts = Transaction.objects.filter(wallet__organization__reference="CDNOW-00003").values_list(
        "amount_micros", flat=True
    )
    assert sorted(amounts) == [-20_760_000] * 3 + [0]


def test_a_second_replay_posts_nothing(sample):
    replay(sample)
    before = list(Wallet.objects.order_by("pk").values())
    assert replay(sample)[-1] == "0 purchases posted, 10 already there."
    assert list(Wallet.objects.order_by("pk").values()) == before
    assert_agrees(sums_by_awk(sample))


def test_a_replay_that_was_stopped_goes_on_where_it_was(sample, monkeypatch):
    post, days = Command._post, []

    def stop_on_the_third_day(self, batch, now):
        days.append(now)
        if len(days) == 3:
            raise KeyboardInterrupt
        post(self, batch, now)

    monkeypatch.setattr(Command, "_post", stop_on_the_third_day)
    with pytest.raises(KeyboardInterrupt):
        replay(sample)
    monkeypatch.undo()
    assert replay(sample)[-1] == "7 purchases posted, 3 already there."
    assert_agrees(sums_by_awk(sample))


def test_a_dry_run_stores_nothing(sample):
    assert replay(sample, dry_run=True) == ["10 purchases of 4 customers can be replayed."]
    assert not Wallet.objects.exists()


def test_a_line_that_cannot_be_read_stops_before_anything_is_posted(sample):
    sample.write_text(SAMPLE + " 00005 19980630 1\n")
    with pytest.raises(CommandError, match="Line 12 "):
        replay(sample)
    assert not Wallet.objects.exists()


def test_the_past_is_not_replayed_beside_real_wallets(sample):
    a_wallet()
    with pytest.raises(CommandError, match="other wallets"):
        replay(sample)


def real_file():
    if not REAL.is_file():
        pytest.skip(f"{REAL} is not there: the real purchases are NOT replayed in this run")
    return REAL


def test_real_purchases_of_some_customers_equal_an_independent_sum():
    replay(real_file(), customers=500)
    assert_agrees(sums_by_awk(REAL, up_to="00500"))


@pytest.mark.skipif(
    connection.vendor == "sqlite" and not os.environ.get("WHOLE_REPLAY"),
    reason="WHOLE_REPLAY=1 replays all 69,659 purchases on SQLite too: minutes, where PostgreSQL needs about one",
)
@pytest.mark.django_db(
    transaction=True
)  # as in life: one transaction for all would keep every version of a row
def test_all_real_purchases_equal_an_independent_sum():
    replay(real_file())
    assert_agrees(sums_by_awk(REAL))
    assert Answer.objects.count() == 69_659
    assert Wallet.objects.count() == 23_570
    assert Transaction.objects.filter(kind="hardware", amount_micros=0).count() == 80
    assert Wallet.objects.filter(period_starts_at__gte=datetime(1998, 7, 1, tzinfo=UTC)).count() == 23_570
