"""The rest of the portal once old lines are in an archive: the right number, or a plain sentence, never a wrong one."""

from datetime import date, timedelta

import pytest
from django.core.management import call_command
from django.urls import reverse

from credit import past
from credit.actions import reconciliation
from credit.archive import telling
from credit.models import ArchivedLines, Invoice, LedgerArchive, LockedMonth, Period, Transaction, Wallet
from tests.commands.test_archive_ledger import FEBRUARY, IN_JANUARY, JANUARY, TODAY, a_year_of_use, lock
from tests.desk import ACCEPTED, Desk
from tests.factories import a_wallet
from tests.histories.test_past import NUMBERS, Story
from tests.pages.people import signed_in

pytestmark = pytest.mark.django_db

WORDS = "Charges before 1 February 2026 are in the archive (ledger-before-2026-02-0001-"


@pytest.fixture
def desk(tmp_path):
    lock(date(2026, 1, 1))
    desk = a_year_of_use()
    call_command("archive_ledger", "--before", "2026-02", "--to", str(tmp_path), verbosity=0)
    assert ArchivedLines.objects.exists()
    desk.wallet.refresh_from_db()
    return desk


def issue_everything():
    """By hand, since these tests are not about issuing."""
    for invoice in Invoice.objects.filter(issued_at=None):
        invoice.number, invoice.issued_at = f"INV-{invoice.pk}", invoice.created_at
        invoice.save(update_fields=["number", "issued_at"])


@pytest.mark.parametrize("seed", range(8))
def test_as_of_any_instant_since_the_archive_is_what_it_was_then(seed, tmp_path):
    story = Story(seed)
    for _ in range(40):
        story.step()
    issue_everything()
    months = [story.said[len(story.said) * part // 4][0] for part in (1, 2, 3)]
    LockedMonth.objects.create(
        month=date(2030, 1, 1), ends_at=story.at, locked_at=story.at, by_name="Finance"
    )
    for month in months:
        call_command("archive_ledger", "--before", f"{month:%Y-%m}", "--to", str(tmp_path), verbosity=0)
        check_the_past(story)
    call_command("archive_ledger", "--verify", str(tmp_path), verbosity=0)
    for record in LedgerArchive.objects.all():
        call_command("archive_ledger", "--restore", str(tmp_path / record.name), verbosity=0)
    check_the_past(story)


def check_the_past(story):
    wallet = Wallet.objects.get(pk=story.wallet.pk)
    archived = telling.of(wallet)
    for at, said in story.said:
        if archived and at < archived.before:
            with pytest.raises(past.NotThatFarBack, match="are in the archive"):
                past.wallet_as_of(wallet, at)
        else:
            rebuilt = past.wallet_as_of(wallet, at)
            assert {name: getattr(rebuilt, name) for name in NUMBERS} == said, f"as of {at}"
    assert reconciliation.reconcile(wallet_pks=[wallet.pk], now=story.at)["differences"] == 0


def test_a_wallet_all_of_whose_lines_are_archived_still_has_its_balance(tmp_path):
    lock(date(2026, 1, 1))
    quiet = Desk(a_wallet(permanent_limit="50", latest_at=JANUARY, created_at=JANUARY), IN_JANUARY)
    assert quiet.charge("7.5") == ACCEPTED
    call_command("archive_ledger", "--before", "2026-02", "--to", str(tmp_path), verbosity=0)
    assert quiet.lines() == []

    counts = reconciliation.reconcile(wallet_pks=[quiet.wallet.pk], now=TODAY)
    assert counts == {"wallets": 1, "differences": 0}
    wallet = Wallet.objects.get(pk=quiet.wallet.pk)
    assert past.wallet_as_of(wallet, TODAY).current_balance_micros == -7_500_000
    quiet.now = TODAY
    assert quiet.charge("0.5") == ACCEPTED
    assert quiet.last_line().sequence == 2
    assert quiet.last_line().current_balance_after_micros == -8_000_000


def test_an_instant_before_the_archive_is_refused_with_the_reason(desk):
    with pytest.raises(past.NotThatFarBack) as refused:
        past.wallet_as_of(desk.wallet, FEBRUARY - timedelta(microseconds=1))
    assert str(refused.value).startswith(WORDS)
    assert past.wallet_as_of(desk.wallet, FEBRUARY).current_balance_micros == -8_734_568


def test_the_invoice_of_an_archived_month_says_where_its_lines_are(desk):
    january, february = Period.objects.filter(wallet=desk.wallet).order_by("starts_at")
    assert telling.of_period(january).startswith(WORDS)
    assert telling.of_period(february) == ""


def test_reports_learn_what_is_archived(desk):
    before, name = telling.latest()
    assert before == date(2026, 2, 1)
    assert name == LedgerArchive.objects.get().name


# -- pages


@pytest.fixture
def viewer():
    return signed_in("Finance manager")


def test_the_ledger_says_which_charges_are_not_in_it(desk, viewer):
    page = viewer.get(reverse("organization", args=[desk.wallet.organization.uuid])).content.decode()

    assert WORDS in page
    assert "15 of 15 lines" in page


def test_the_exported_ledger_says_so_in_its_first_row(desk, viewer):
    answer = viewer.get(reverse("ledger_csv", args=[desk.wallet.wallet_id]))
    head, first, *lines = b"".join(answer.streaming_content).decode().splitlines()

    assert head.startswith("\ufeffLine,")
    assert first.startswith(WORDS)
    assert len(lines) == 15


def test_a_ledger_without_an_archive_has_no_such_row(viewer):
    other = a_year_of_use("prepaid")
    answer = viewer.get(reverse("ledger_csv", args=[other.wallet.wallet_id]))

    assert "archive" not in b"".join(answer.streaming_content).decode()


def test_a_line_in_the_archive_cannot_be_refunded_from_the_page(desk, viewer):
    assert viewer.get(reverse("refund", args=[desk.wallet.wallet_id, 1])).status_code == 404


def test_a_charge_that_leaves_while_its_refund_waits_is_refused(desk):
    line = Transaction(pk=1, wallet=desk.wallet, sequence=1, kind="call", amount_micros=-1_234_567)
    desk.now = TODAY
    assert desk.refund(line) == "not_found"
    assert "archive" in desk.last.message
