"""Old lines leave the ledger for a file; no balance changes, nothing is lost or doubled, and all of it is proven."""

import gzip
from datetime import UTC, date, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from credit.actions import reconciliation
from credit.archive import files, leaving
from credit.models import ArchivedLines, Invoice, LedgerArchive, LockedMonth, Transaction, Wallet
from tests.desk import ACCEPTED, Desk
from tests.factories import a_wallet

pytestmark = pytest.mark.django_db

JANUARY, FEBRUARY, MARCH = (datetime(2026, month, 1, tzinfo=UTC) for month in (1, 2, 3))
IN_JANUARY = datetime(2026, 1, 20, 12, tzinfo=UTC)
IN_FEBRUARY = datetime(2026, 2, 20, 12, tzinfo=UTC)
TODAY = datetime(2026, 3, 14, 12, tzinfo=UTC)


def lock(month):
    LockedMonth.objects.create(month=month, ends_at=MARCH, locked_at=TODAY, by_name="Finance")


def run(*arguments):
    said = StringIO()
    call_command("archive_ledger", *map(str, arguments), stdout=said, stderr=said)
    return said.getvalue()


def a_year_of_use(mode="postpaid", issued=True, **columns):
    """Some charges and a payment in January, in February and in March; the ended months are closed and issued."""
    period = {"period_starts_at": JANUARY, "period_ends_at": FEBRUARY} if mode == "postpaid" else {}
    wallet = a_wallet(
        mode=mode, permanent_limit="1000", latest_at=JANUARY, created_at=JANUARY, **period, **columns
    )
    desk = Desk(wallet, IN_JANUARY)
    for desk.now in (IN_JANUARY, IN_FEBRUARY, TODAY):
        for amount in ("1.234567", "2", "3.5", "0.000001"):
            assert desk.charge(amount) == ACCEPTED
        assert desk.pay("5", reference=f"{desk.now:%B}") == ACCEPTED
        assert desk.charge("7", "sms") == ACCEPTED
    desk.close_periods()
    for number, invoice in enumerate(Invoice.objects.filter(wallet=wallet) if issued else [], 1):
        invoice.number, invoice.issued_at = f"INV-{wallet.pk}-{number}", TODAY
        invoice.save(update_fields=["number", "issued_at"])
    return desk


@pytest.fixture
def desk():
    lock(date(2026, 1, 1))
    return a_year_of_use()


def numbers(desk):
    row = desk.read(TODAY)
    return (row.current_balance_micros, row.usable_micros, row.due_micros, row.last_sequence)


# -- leaving


def test_the_charges_of_the_locked_month_leave_and_the_payment_stays(desk, tmp_path):
    before = desk.lines()

    run("--before", "2026-02", "--to", tmp_path)

    gone = {line.sequence for line in before} - {line.sequence for line in desk.lines()}
    assert gone == {1, 2, 3, 4, 6}
    parts = ArchivedLines.objects.order_by("first_sequence")
    assert [(part.first_sequence, part.last_sequence) for part in parts] == [(1, 4), (6, 6)]


def test_no_number_of_the_wallet_changes(desk, tmp_path):
    before = numbers(desk)

    run("--before", "2026-02", "--to", tmp_path)

    assert numbers(desk) == before
    counts = reconciliation.reconcile(wallet_pks=[desk.wallet.pk], now=TODAY)
    assert counts["differences"] == 0
    assert "every wallet adds up" in run("--verify", tmp_path)


def test_a_month_that_is_not_locked_keeps_its_lines(desk, tmp_path):
    with pytest.raises(CommandError, match="February 2026 is not locked"):
        run("--before", "2026-03", "--to", tmp_path)
    assert not LedgerArchive.objects.exists()


def test_a_dry_run_counts_and_writes_nothing(desk, tmp_path):
    assert run("--before", "2026-02", "--dry-run").startswith("5 lines of 1 wallets would leave")
    assert not LedgerArchive.objects.exists()
    assert list(tmp_path.iterdir()) == []


def test_a_second_run_finds_nothing_more(desk, tmp_path):
    run("--before", "2026-02", "--to", tmp_path)
    assert "No line may leave" in run("--before", "2026-02", "--to", tmp_path)


def test_the_file_says_every_column_and_is_the_same_for_the_same_lines(desk, tmp_path):
    lines = list(leaving.choosing.lines_before(date(2026, 2, 1)))
    written = [
        files.write(tmp_path / where, "x", lines)
        for where in ("a", "b")
        if (tmp_path / where).mkdir() is None
    ]
    assert written[0] == written[1]

    run("--before", "2026-02", "--to", tmp_path)

    record = LedgerArchive.objects.get()
    head, first, *others = gzip.decompress((tmp_path / record.name).read_bytes()).decode().splitlines()
    assert head.split(",")[:3] == ["wallet", "id", "by_user_id"]
    assert first.split(",")[0] == desk.wallet.wallet_id
    assert len(others) == 4
    assert files.digest_beside(tmp_path / record.name) == record.sha256


def test_what_was_refunded_stays_with_its_refund(desk, tmp_path):
    first = desk.lines()[0]
    assert desk.refund(first) == ACCEPTED

    run("--before", "2026-02", "--to", tmp_path)

    assert Transaction.objects.filter(pk=first.pk).exists()
    assert "every wallet adds up" in run("--verify", tmp_path)


def test_lines_of_a_draft_stay(desk, tmp_path):
    other = a_year_of_use(issued=False)

    run("--before", "2026-02", "--to", tmp_path)

    assert not ArchivedLines.objects.filter(wallet=other.wallet).exists()
    assert ArchivedLines.objects.filter(wallet=desk.wallet).exists()


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Honolulu"])
def test_the_month_is_the_one_of_the_wallets_own_clock(zone, tmp_path):
    lock(date(2026, 1, 1))
    wallet = a_wallet(
        mode="prepaid", permanent_limit="1000", time_zone=zone, latest_at=JANUARY, created_at=JANUARY
    )
    desk = Desk(wallet)
    for desk.now in (datetime(2026, 1, 31, 10, 30, tzinfo=UTC), datetime(2026, 2, 1, 9, 30, tzinfo=UTC)):
        assert desk.charge("1") == ACCEPTED

    run("--before", "2026-02", "--to", tmp_path)

    left = {"Pacific/Kiritimati": [1, 2], "Pacific/Honolulu": []}[zone]
    assert [line.sequence for line in desk.lines()] == left


def test_files_end_with_a_whole_wallet(tmp_path):
    lock(date(2026, 1, 1))
    desks = [a_year_of_use(mode) for mode in ("prepaid", "postpaid", "prepaid")]

    run("--before", "2026-02", "--to", tmp_path, "--lines-per-file", 7)

    assert [record.lines for record in LedgerArchive.objects.all()] == [10, 5]
    assert [record.number for record in LedgerArchive.objects.all()] == [1, 2]
    assert len(desks) == 3
    run("--verify", tmp_path)


# -- what the database refuses


def delete(sequence, desk):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM credit_transaction WHERE wallet_id = %s AND sequence = %s",
            [desk.wallet.pk, sequence],
        )


def test_a_line_that_no_archive_names_cannot_be_deleted(desk, tmp_path):
    run("--before", "2026-02", "--to", tmp_path)

    for line in desk.lines():
        with pytest.raises(DatabaseError, match="append-only"):
            delete(line.sequence, desk)


def test_after_archiving_no_line_can_be_changed(desk, tmp_path):
    run("--before", "2026-02", "--to", tmp_path)

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Transaction.objects.filter(wallet=desk.wallet).update(amount_micros=0)


def test_the_record_of_archived_lines_stays_and_cannot_be_changed(desk, tmp_path):
    run("--before", "2026-02", "--to", tmp_path)
    record = LedgerArchive.objects.get()

    with pytest.raises(DatabaseError, match="only when the lines are back"), transaction.atomic():
        ArchivedLines.objects.all()._raw_delete("default")
    with pytest.raises(DatabaseError, match="only when the lines are back"), transaction.atomic():
        ArchivedLines.objects.update(last_sequence=17)
    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        LedgerArchive.objects.update(sha256="0" * 64)
    with pytest.raises(DatabaseError), transaction.atomic():
        record.delete()


# -- a run that was stopped


class Stopped(Exception):
    pass


def stop_at(monkeypatch, name, call):
    """The `call`-th time that the step is asked for, the process is gone."""
    step, calls = getattr(leaving, name), []

    def stopping(*given, **named):
        calls.append(name)
        if len(calls) == call:
            raise Stopped
        return step(*given, **named)

    monkeypatch.setattr(leaving, name, stopping)


@pytest.mark.parametrize(
    ("step", "call"),
    [
        ("_write", 1),
        ("_recorded", 1),
        ("remove", 1),
        ("_remove", 1),
        ("_remove", 2),
        ("_remove", 3),
        ("_parts", 2),
    ],
)
def test_a_run_that_was_stopped_anywhere_goes_on_without_losing_or_doubling_a_line(
    desk, tmp_path, monkeypatch, step, call
):
    before = numbers(desk)
    with monkeypatch.context() as patched:
        patched.setattr(leaving, "LINES_AT_ONCE", 2)
        stop_at(patched, step, call)
        with pytest.raises(Stopped):
            run("--before", "2026-02", "--to", tmp_path)
    assert reconciliation.reconcile(wallet_pks=[desk.wallet.pk], now=TODAY)["differences"] == 0
    assert "every wallet adds up" in run("--verify", tmp_path)

    run("--before", "2026-02", "--to", tmp_path)

    assert [line.sequence for line in desk.lines()][:2] == [5, 7]
    assert sum(part.count for part in ArchivedLines.objects.all()) == 5
    assert numbers(desk) == before
    assert LedgerArchive.objects.count() == 1
    assert "every wallet adds up" in run("--verify", tmp_path)


def test_a_line_refunded_between_writing_and_removing_stays(desk, tmp_path, monkeypatch):
    with monkeypatch.context() as patched:
        stop_at(patched, "remove", 1)
        with pytest.raises(Stopped):
            run("--before", "2026-02", "--to", tmp_path)
    assert desk.refund(desk.lines()[1]) == ACCEPTED

    run("--before", "2026-02", "--to", tmp_path)

    parts = [(part.first_sequence, part.last_sequence) for part in ArchivedLines.objects.all()]
    assert parts == [(1, 1), (3, 4), (6, 6)]
    assert reconciliation.reconcile(wallet_pks=[desk.wallet.pk], now=TODAY)["differences"] == 0
    assert "every wallet adds up" in run("--verify", tmp_path)


def test_two_processes_do_not_write_into_one_directory(desk, tmp_path):
    with files.alone_in(tmp_path), pytest.raises(CommandError, match="Wait for it"):
        run("--before", "2026-02", "--to", tmp_path)


# -- proof


def differences(tmp_path):
    said = StringIO()
    with pytest.raises(CommandError) as refused:
        call_command("archive_ledger", "--verify", str(tmp_path), stdout=said, stderr=said)
    assert refused.value.returncode == 1
    return said.getvalue()


def test_a_file_that_was_changed_is_found(desk, tmp_path):
    run("--before", "2026-02", "--to", tmp_path)
    path = tmp_path / LedgerArchive.objects.get().name
    text = gzip.decompress(path.read_bytes()).replace(b"-2000000", b"-1000000")
    path.write_bytes(gzip.compress(text, mtime=0))

    assert f"{path.name} was changed" in differences(tmp_path)


def test_a_file_that_is_gone_is_found(desk, tmp_path):
    run("--before", "2026-02", "--to", tmp_path)
    (tmp_path / LedgerArchive.objects.get().name).unlink()

    assert "is missing" in differences(tmp_path)


def test_a_wallet_that_does_not_add_up_is_named(desk, tmp_path):
    run("--before", "2026-02", "--to", tmp_path)
    Wallet.objects.filter(pk=desk.wallet.pk).update(balance_micros=1)

    assert f"Wallet {desk.wallet.wallet_id}: archive and ledger add up to" in differences(tmp_path)


def test_lines_recorded_as_gone_that_are_in_no_file_are_found(desk, tmp_path):
    run("--before", "2026-02", "--to", tmp_path)
    ArchivedLines.objects.create(
        wallet=desk.wallet,
        archive=LedgerArchive.objects.get(),
        first_sequence=9,
        last_sequence=9,
        amount_micros=-3_500_000,
        current_balance_after_micros=0,
        posted_before=MARCH,
    )
    delete(9, desk)

    assert f"Wallet {desk.wallet.wallet_id}: lines 9 to 9 are not in" in differences(tmp_path)


# -- back


def test_restored_lines_are_what_they_were(desk, tmp_path):
    before = list(Transaction.objects.order_by("pk").values())
    run("--before", "2026-02", "--to", tmp_path)
    path = tmp_path / LedgerArchive.objects.get().name

    assert run("--restore", path).startswith("5 lines are back in the ledger; 0 were there")

    assert list(Transaction.objects.order_by("pk").values()) == before
    assert not ArchivedLines.objects.exists()
    assert "every wallet adds up" in run("--verify", tmp_path)
    assert run("--restore", path).startswith("0 lines are back in the ledger; 5 were there")


def test_lines_can_leave_again_after_they_came_back(desk, tmp_path):
    run("--before", "2026-02", "--to", tmp_path)
    run("--restore", tmp_path / LedgerArchive.objects.get().name)
    run("--before", "2026-02", "--to", tmp_path)

    assert [record.number for record in LedgerArchive.objects.filter(restored_at=None)] == [2]
    assert "every wallet adds up" in run("--verify", tmp_path)


def test_a_file_that_was_changed_is_not_put_back(desk, tmp_path):
    run("--before", "2026-02", "--to", tmp_path)
    path = tmp_path / LedgerArchive.objects.get().name
    path.write_bytes(path.read_bytes()[:-9] + b"x" * 9)

    with pytest.raises(CommandError, match="was changed"):
        run("--restore", path)
    assert ArchivedLines.objects.exists()


def test_a_lost_ledger_comes_back_from_the_file_alone(desk, tmp_path):
    run("--before", "2026-02", "--to", tmp_path)
    path = tmp_path / LedgerArchive.objects.get().name
    elsewhere = tmp_path / "elsewhere.csv.gz"
    elsewhere.write_bytes(path.read_bytes())
    elsewhere.with_name("elsewhere.csv.gz.sha256").write_text(f"{files.digest(path)}  elsewhere.csv.gz\n")

    assert run("--restore", elsewhere).startswith("5 lines are back")

    assert [line.sequence for line in desk.lines()] == list(range(1, len(desk.lines()) + 1))


def test_a_file_of_another_database_is_refused(desk, tmp_path):
    run("--before", "2026-02", "--to", tmp_path)
    path = tmp_path / LedgerArchive.objects.get().name
    Wallet.objects.filter(pk=desk.wallet.pk).update(wallet_id="W-0000-0001")

    with pytest.raises(CommandError, match="which is not in this database"):
        run("--restore", path)
