"""The command: what is posted, what is not and why, and what a second run does."""

import csv
import gc
import tracemalloc
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command

from credit.models import Decline, RefusedLine, Transaction, Upload, Wallet
from credit.usage_files import reading, working
from tests.factories import a_wallet, an_organization
from tests.usage_files.conftest import CALL, HEADER, amounts, sms

pytestmark = pytest.mark.django_db


def told(path):
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_every_column_reaches_the_ledger(wallet, file, run):
    assert run(file(CALL)) == ("1 lines: 1 posted, 0 already there, 0 declined, 0 refused.", "")
    line = Transaction.objects.get()
    assert (line.kind, line.amount_micros, line.reference) == ("call", -842_100, "CDR-1")
    assert (line.description, line.overrun, line.by_name) == ("6 min 1 s", True, "Import of usage.csv")
    assert line.occurred_at == datetime(2026, 3, 2, 13, 30, 12, tzinfo=UTC)


def test_a_packed_file_is_the_same_file_whatever_its_name(wallet, file, run):
    run(file(*sms(3), name="usage.csv"))
    out, _ = run(file(*sms(3), name="packed.csv", packed=True))
    assert out == "3 lines: 0 posted, 3 already there, 0 declined, 0 refused."
    assert amounts() == [-1, -2, -3]


def test_a_second_run_posts_nothing_and_says_when_the_first_was(wallet, file, run):
    path = file(CALL, CALL, "W-1,sms,0.05,EUR,,,,own-key")
    run(path)
    out, err = run(path)
    assert out == "3 lines: 0 posted, 3 already there, 0 declined, 0 refused."
    assert "This content was imported at" in err
    assert amounts() == [-842_100, -842_100, -50_000]


def test_exact_duplicates_in_a_file_happened_twice_and_are_both_charged(wallet, file, run):
    assert run(file(CALL, CALL, CALL))[0].startswith("3 lines: 3 posted")
    assert amounts() == [-842_100] * 3


def test_a_key_of_the_files_own_is_known_in_another_file(wallet, file, run):
    run(file("W-1,sms,0.05,EUR,,,,k1", name="one.csv"))
    out, _ = run(file("W-1,sms,0.05,EUR,,,,k1", "W-1,sms,0.06,EUR,,,,k2", name="two.csv"))
    assert out == "2 lines: 1 posted, 1 already there, 0 declined, 0 refused."


def test_another_content_under_a_known_name_is_warned_about(wallet, file, run):
    run(file(*sms(2)))
    _, err = run(file(*sms(3)))
    assert "Lines that are in both are charged twice" in err


def test_usage_counts_as_delivered_and_is_charged_beyond_the_limit(wallet, file, run):
    run(file("W-1,call,10.000001,EUR,,,,"))
    assert amounts() == [-10_000_001]


def test_delivered_usage_of_a_suspended_customer_is_charged(file, run):
    a_wallet(an_organization(status="suspended"), wallet_id="W-1", organization_status="suspended")
    assert run(file(CALL))[0].startswith("1 lines: 1 posted")


def test_a_closed_wallet_takes_nothing(file, run):
    a_wallet(wallet_id="W-1", closed_at=datetime(2026, 3, 1, tzinfo=UTC))
    out, err = run(file(CALL))
    assert "line 2: wallet_closed" in err
    assert out == "1 lines: 0 posted, 0 already there, 1 declined, 0 refused."


def test_gated_usage_beyond_the_limit_is_declined_and_recorded(wallet, file, run):
    path = file("W-1,call,10,EUR,,,,", "W-1,call,0.000001,EUR,,,,")
    out, err = run(path, "--gated")
    assert out == "2 lines: 1 posted, 0 already there, 1 declined, 0 refused."
    assert "line 3: credit_limit_exceeded" in err
    assert Decline.objects.get().amount_micros == 1
    assert run(path, "--gated")[0] == "2 lines: 0 posted, 1 already there, 1 declined, 0 refused."
    assert Decline.objects.count() == 1


def test_the_same_content_is_not_imported_both_ways(wallet, file, run):
    path = file(CALL)
    run(path, "--gated")
    with pytest.raises(CommandError, match="imported with the limit asked"):
        run(path)
    assert len(amounts()) == 1


def test_declined_lines_are_charged_as_delivered_from_the_file_of_refused_lines(wallet, file, run, tmp_path):
    refused = tmp_path / "refused.csv"
    run(
        file("W-1,call,10,EUR,,,,", "W-1,call,2,EUR,,,+421 904 118 220,"),
        "--gated",
        "--refused",
        str(refused),
    )
    assert told(refused)[0]["description"] == "'+421 904 118 220"
    assert run(refused)[0] == "1 lines: 1 posted, 0 already there, 0 declined, 0 refused."
    assert amounts() == [-10_000_000, -2_000_000]
    assert Transaction.objects.last().description == "+421 904 118 220"


def test_a_line_refused_for_an_unknown_wallet_is_posted_once_the_wallet_is_there(wallet, file, run):
    path = file(CALL, "W-2,call,1,EUR,,,,")
    assert run(path)[0] == "2 lines: 1 posted, 0 already there, 0 declined, 1 refused."
    a_wallet(wallet_id="W-2")
    assert run(path)[0] == "2 lines: 1 posted, 1 already there, 0 declined, 0 refused."
    assert not RefusedLine.objects.exists()


def test_a_dry_run_stores_nothing_and_says_what_would_be(wallet, file, run, tmp_path):
    refused = tmp_path / "refused.csv"
    out, err = run(file(CALL, "W-2,call,1,EUR,,,,"), "--dry-run", "--refused", str(refused))
    assert out == "2 lines: 1 would be posted, 0 already there, 0 declined, 1 refused."
    assert "line 3: not_found" in err
    assert [row["line"] for row in told(refused)] == ["3"]
    assert not Transaction.objects.exists()
    assert not Upload.objects.exists()


@pytest.mark.parametrize(
    ("line", "reason", "field"),
    [
        ("W-2,call,1,EUR,,,,", "not_found", "wallet_id"),
        (",call,1,EUR,,,,", "invalid_input", "wallet_id"),
        ("W-1,,1,EUR,,,,", "invalid_input", "kind"),
        ("W-1,rent,1,EUR,,,,", "invalid_input", "kind"),
        ("W-1,payment,1,EUR,,,,", "invalid_input", "kind"),
        ("W-1,call,,EUR,,,,", "invalid_amount", "amount"),
        ("W-1,call,-1,EUR,,,,", "invalid_amount", "amount"),
        ("W-1,call,NaN,EUR,,,,", "invalid_amount", "amount"),
        ("W-1,call,1e99,EUR,,,,", "invalid_amount", "amount"),
        ('W-1,call,"1,50",EUR,,,,', "invalid_amount", "amount"),
        ("W-1,call,1.0000001,EUR,,,,", "invalid_amount", "amount"),
        ("W-1,call,1,USD,,,,", "currency_mismatch", "currency"),
        ("W-1,call,1,,,,,", "invalid_input", "currency"),
        ("W-1,call,1,EUR,2 March,,,", "invalid_input", "occurred_at"),
        ("W-1,call,1,EUR,2026-03-02T14:30:12,,,", "invalid_input", "occurred_at"),
        ("W-1,call,1,EUR,0001-01-01T00:00:00+14:00,,,", "invalid_input", "occurred_at"),
        ("W-1,call,1,EUR,2999-03-02T14:30:12Z,,,", "invalid_input", "occurred_at"),
        (f"W-1,call,1,EUR,,{'r' * 129},,", "invalid_input", "reference"),
        (f"W-1,call,1,EUR,,,,{'k' * 256}", "invalid_input", "key"),
        ("W-1,call,1,EUR,,,,,", "invalid_input", ""),
        ("W-1,call,1,EUR", "invalid_input", ""),
        ('W-1,call,1,EUR,,,"never closed,', "invalid_input", ""),
        ('W-1,call,1,EUR,,,"closed" too early,', "invalid_input", ""),
        ("W-1,call,1,EUR,,,a\x00b,", "invalid_input", ""),
        ("x" * 200_000, "invalid_input", ""),
    ],
)
def test_a_line_that_cannot_be_posted_is_refused_alone(wallet, file, run, tmp_path, line, reason, field):
    refused = tmp_path / "refused.csv"
    out, err = run(file(CALL, line, "W-1,sms,0.05,EUR,,,,"), "--refused", str(refused))
    assert f"line 3: {reason}: " in err
    assert out == "3 lines: 2 posted, 0 already there, 0 declined, 1 refused."
    (row,) = told(refused)
    assert (row["line"], row["reason"], row["field"]) == ("3", reason, field)
    assert row["message"]


def test_a_line_that_is_not_utf_8_is_refused_alone(wallet, file, run):
    path = file(CALL, CALL)
    path.write_bytes(path.read_bytes().replace(b"6 min", b"\xff min", 1))
    out, err = run(path)
    assert "line 2: invalid_input: The line is not in UTF-8." in err
    assert out.startswith("2 lines: 1 posted")


def test_a_cell_may_have_line_breaks_and_quotes_in_it(wallet, file, run):
    out, _ = run(file('W-1,call,1,EUR,,,"two\nlines and ""quotes""",', 'W-1,sms,0.05,EUR,,,5" pipe,', ""))
    assert out.startswith("2 lines: 2 posted")
    assert [line.description for line in Transaction.objects.order_by("sequence")] == [
        'two\nlines and "quotes"',
        '5" pipe',
    ]


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("wallet_id,kind", "no column amount, currency"),
        ("", "no column wallet_id"),
        (f"{HEADER},amount", "the column amount twice"),
    ],
)
def test_a_file_without_the_columns_is_refused_as_a_whole(file, run, header, words):
    with pytest.raises(CommandError, match=words):
        run(file(CALL, header=header))
    assert not Upload.objects.exists()


def test_a_damaged_archive_is_refused_before_anything_is_posted(wallet, file, run):
    path = file(*sms(5000), packed=True)
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(CommandError, match="The file is damaged"):
        run(path)
    assert not Transaction.objects.exists()


def test_more_lines_than_one_batch_keep_their_order(wallet, file, run):
    run(file(*sms(2502)))
    assert amounts() == [-number for number in range(1, 2503)]
    assert Wallet.objects.get().balance_micros == -sum(range(1, 2503))


@pytest.fixture
def quick_collector():
    """Collecting looks only at what the test makes."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("wallet", "quick_collector")
def test_memory_does_not_grow_with_the_file(file, monkeypatch):
    monkeypatch.setattr(working, "BATCH", 20)
    monkeypatch.setattr(reading, "CHUNK_BYTES", 4096)  # smaller than the smaller file
    post = working.post_lines

    def post_tidily(lines, **how):
        gc.collect()  # what waits for the collector is no growth
        return post(lines, **how)

    monkeypatch.setattr(working, "post_lines", post_tidily)

    def peak(path):
        tracemalloc.start()
        try:
            call_command("import_charges", str(path), verbosity=0)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(file(*sms(200, start=900_000), name="first.csv"))  # what is kept for good is kept now
    # The smaller one is long enough to fill the driver's cache of statements, which has a bound of 100.
    small, large = file(*sms(2500), name="small.csv"), file(*sms(7500, start=2501), name="large.csv")
    least = peak(small)
    assert peak(large) - least < (large.stat().st_size - small.stat().st_size) / 3


def test_a_run_that_was_stopped_goes_on_where_it_stood(wallet, file, run, monkeypatch):
    path = file(*sms(30), "W-2,sms,1,EUR,,,,", *sms(30, start=31))
    monkeypatch.setattr(working, "BATCH", 10)
    post, batches = working.post_lines, []

    def stop_at_the_fifth(lines, **how):
        batches.append(lines)
        if len(batches) == 5:
            raise KeyboardInterrupt
        return post(lines, **how)

    monkeypatch.setattr(working, "post_lines", stop_at_the_fifth)
    with pytest.raises(CommandError, match="Stopped after line 41"):
        run(path)
    out, err = run(path)
    assert "Goes on after line 41." in err
    assert out == "61 lines: 60 posted, 0 already there, 0 declined, 1 refused."
    assert amounts() == [-number for number in range(1, 61)]


def test_what_nobody_has_thought_of_is_told_and_goes_on_later(wallet, file, run, monkeypatch):
    path = file(*sms(30))
    monkeypatch.setattr(working, "BATCH", 10)
    post = working.post_lines

    def break_once(lines, **how):
        if lines[0].number == 12:
            monkeypatch.setattr(working, "post_lines", post)
            raise ZeroDivisionError
        return post(lines, **how)

    monkeypatch.setattr(working, "post_lines", break_once)
    with pytest.raises(ZeroDivisionError):
        run(path)
    upload = Upload.objects.get()
    assert (upload.state, upload.error) == ("failed", "The portal could not go on after line 11.")
    assert run(path)[0].startswith("30 lines: 30 posted")
