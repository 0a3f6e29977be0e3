import csv
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from credit.models import Transaction, Wallet
from credit.terms import Kind
from tests.factories import a_wallet, an_organization

HEADER = "wallet_id,kind,amount,currency,occurred_at,reference,description,key"
CALL = "W-1,call,0.8421,EUR,2026-03-02T14:30:12+01:00,CDR-1,6 min 1 s,"

pytestmark = pytest.mark.django_db


@pytest.fixture
def wallet():
    return a_wallet(wallet_id="W-1", permanent_limit="10")


@pytest.fixture
def file(tmp_path):
    def write(*lines, header=HEADER, name="usage.csv"):
        path = tmp_path / name
        path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
        return path

    return write


def run(path, *options):
    out, err = StringIO(), StringIO()
    call_command("import_transactions", str(path), *options, verbosity=0, stdout=out, stderr=err)
    return out.getvalue().strip(), err.getvalue()


def amounts():
    return list(Transaction.objects.order_by("sequence").values_list("amount_micros", flat=True))


def test_every_column_of_a_charge_reaches_the_ledger(wallet, file):
    assert run(file(CALL)) == ("1 rows: 1 posted, 0 already there, 0 refused.", "")
    line = Transaction.objects.get()
    assert (line.kind, line.amount_micros, line.reference) == ("call", -842_100, "CDR-1")
    assert (line.description, line.overrun, line.by_name) == ("6 min 1 s", True, "Import of usage.csv")
    assert line.occurred_at == datetime(2026, 3, 2, 13, 30, 12, tzinfo=UTC)


def test_a_payment_among_the_charges_raises_the_balance(wallet, file):
    header = HEADER + ",received_on,method"
    run(file("W-1,payment,25,EUR,,2026-1107,thanks,,2026-03-01,card", CALL + ",,", header=header))
    line = Transaction.objects.get(kind=Kind.PAYMENT)
    assert (line.amount_micros, line.payment.reference) == (25_000_000, "2026-1107")
    assert (line.payment.method, str(line.payment.received_on), line.payment.remark) == (
        "card",
        "2026-03-01",
        "thanks",
    )
    assert Wallet.objects.get().balance_micros == 24_157_900


def test_a_second_run_posts_nothing(wallet, file):
    path = file(CALL, "W-1,payment,25,EUR,,,,", "W-1,sms,0.05,EUR,,,,own-key")
    run(path)
    before = amounts()
    assert run(path) == ("3 rows: 0 posted, 3 already there, 0 refused.", "")
    assert amounts() == before


def test_exact_duplicates_that_really_happened_are_all_posted(wallet, file):
    path = file(CALL, CALL, CALL)
    assert run(path)[0] == "3 rows: 3 posted, 0 already there, 0 refused."
    assert run(path)[0] == "3 rows: 0 posted, 3 already there, 0 refused."
    assert amounts() == [-842_100] * 3


def test_a_mended_file_posts_only_what_was_mended(wallet, file):
    run(file(CALL, "W-1,call,1.5x,EUR,,,,", CALL))
    out, _ = run(file(CALL, "W-1,call,1.50,EUR,,,,", CALL))
    assert out == "3 rows: 1 posted, 2 already there, 0 refused."
    assert amounts() == [-842_100, -842_100, -1_500_000]


def test_the_same_row_of_another_export_is_another_transaction(wallet, file):
    run(file(CALL, name="february.csv"))
    assert run(file(CALL, name="march.csv"))[0].startswith("1 rows: 1 posted")
    assert run(file(CALL, name="renamed.csv"), "--source", "march.csv")[0].startswith(
        "1 rows: 0 posted, 1 already"
    )


def test_a_known_key_with_other_content_is_refused(wallet, file):
    run(file("W-1,call,1,EUR,,,,k1"))
    out, err = run(file("W-1,call,2,EUR,,,,k1"))
    assert "line 2: key_reused" in err
    assert out.endswith("1 refused.")
    assert amounts() == [-1_000_000]


def test_imported_usage_counts_as_delivered_and_is_charged_beyond_the_limit(wallet, file):
    run(file("W-1,call,10.000001,EUR,,,,"))
    assert amounts() == [-10_000_001]


def test_asking_the_limit_declines_what_does_not_fit(wallet, file):
    out, err = run(file("W-1,call,10,EUR,,,,", "W-1,call,0.000001,EUR,,,,"), "--ask-limit")
    assert out == "2 rows: 1 posted, 0 already there, 1 refused."
    assert "line 3: credit_limit_exceeded" in err


def test_delivered_usage_of_a_suspended_customer_is_charged(file):
    a_wallet(an_organization(status="suspended"), wallet_id="W-1", organization_status="suspended")
    assert run(file(CALL))[0].startswith("1 rows: 1 posted")


def test_a_closed_wallet_takes_nothing(file):
    a_wallet(wallet_id="W-1", closed_at=datetime(2026, 3, 1, tzinfo=UTC))
    out, err = run(file(CALL))
    assert "line 2: wallet_closed" in err
    assert out.startswith("1 rows: 0 posted")


def test_a_dry_run_stores_nothing_and_says_what_would_be(wallet, file):
    out, err = run(file(CALL, "W-2,call,1,EUR,,,,"), "--dry-run")
    assert out == "2 rows: 1 would be posted, 0 already there, 1 refused."
    assert "line 3: not_found" in err
    assert not Transaction.objects.exists()
    assert Wallet.objects.get().last_sequence == 0


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("W-2,call,1,EUR,,,,", "not_found: Wallet 'W-2' is not known"),
        (",call,1,EUR,,,,", "wallet_id is empty."),
        ("W-1,,1,EUR,,,,", "kind is empty."),
        ("W-1,rent,1,EUR,,,,", "invalid_input: Kind 'rent'"),
        ("W-1,refund,1,EUR,,,,", "invalid_input: Kind 'refund'"),
        ("W-1,call,,EUR,,,,", "amount is empty."),
        ("W-1,call,-1,EUR,,,,", "invalid_amount: Amount is negative."),
        ('W-1,call,"1,50",EUR,,,,', "invalid_amount: Amount is not a number."),
        ("W-1,call,1.0000001,EUR,,,,", "invalid_amount: Amount has too many decimals."),
        ("W-1,payment,1.005,EUR,,,,", "invalid_amount: Amount has too many decimals."),
        ("W-1,payment,0,EUR,,,,", "invalid_amount: Amount is zero."),
        ("W-1,call,1,USD,,,,", "currency_mismatch: Currency is USD"),
        ("W-1,call,1,,,,,", "currency is empty."),
        ("W-1,call,1,EUR,2 March,,,", "occurred_at is no instant"),
        ("W-1,call,1,EUR,2026-03-02T14:30:12,,,", "occurred_at has no offset from UTC."),
        (
            "W-1,call,1,EUR,2999-03-02T14:30:12Z,,,",
            "invalid_input: Occurred at lies more than 24 hours ahead.",
        ),
        (f"W-1,call,1,EUR,,{'r' * 129},,", "invalid_input: Reference is longer"),
        (f"W-1,call,1,EUR,,,,{'k' * 256}", "invalid_input: Key is longer"),
        ("W-1,call,1,EUR,,,,,", "The row has 9 cells, the header 8."),
    ],
)
def test_a_row_that_cannot_be_posted_is_refused_with_its_line_and_reason(
    wallet, file, tmp_path, line, reason
):
    refused = tmp_path / "refused.csv"
    out, err = run(file(CALL, line, "W-1,sms,0.05,EUR,,,,"), "--refused", str(refused))
    assert f"line 3: {reason}" in err
    assert out == "3 rows: 2 posted, 0 already there, 1 refused."
    with refused.open(encoding="utf-8", newline="") as rows:
        (row,) = csv.DictReader(rows)
    assert row["line"] == "3"
    assert row["reason"].startswith(reason)


def test_a_reference_used_for_another_payment_is_left_to_a_person(wallet, file):
    out, err = run(file("W-1,payment,25,EUR,,R-7,,", "W-1,payment,30,EUR,,R-7,,"))
    assert "line 3: reference_used" in err
    assert amounts() == [25_000_000]
    assert out.endswith("1 refused.")


def test_more_rows_than_one_batch_keep_their_order(wallet, file):
    run(file(*(f"W-1,sms,0.{number:06d},EUR,,,," for number in range(1, 2503))))
    assert amounts() == [-number for number in range(1, 2503)]
    assert Wallet.objects.get().balance_micros == -sum(range(1, 2503))


def test_a_file_without_the_columns_is_refused_as_a_whole(file):
    with pytest.raises(CommandError, match="no column amount, currency"):
        run(file("W-1,call", header="wallet_id,kind"))
