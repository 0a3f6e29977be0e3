"""What jobs have written in English is said to a German reader in German; a person's words stay as they are."""

import pytest
from django.utils import translation

from credit.actions import limits
from credit.actions.reconciliation import CHECKS
from credit.actions.settling import HAS_ENDED
from credit.groups import MANAGER
from credit.models import Change, Difference, JobRun, Notice
from credit.origins import Door
from credit.retold import retold
from credit.views.change_words import where, why
from tests.pages.people import SYSTEM, ago, prepaid, signed_in, text


@pytest.fixture
def german(db):
    return signed_in(MANAGER, language="de")


def in_german(written):
    with translation.override("de"):
        return retold(written)


def test_a_notice_tells_its_amount_as_the_reader_writes_it():
    assert (
        in_german(HAS_ENDED % ("15,000.00", "INR")) == "Das temporäre Limit von 15.000,00 INR ist abgelaufen."
    )
    suspended = "Suspended: 1,200.50 EUR of invoice INV-2026-0001 are 31 days late."
    assert in_german(suspended).startswith("Gesperrt: 1.200,50 EUR der Rechnung INV-2026-0001 sind 31 Tage")
    assert retold(suspended) == suspended


@pytest.mark.parametrize(
    "typed", ["", "They pay on Friday", "Bulk change of May", "Bulk change 12, again", "100 % %(amount)s"]
)
def test_what_a_person_has_typed_is_nobodys_sentence(typed):
    assert in_german(typed) == typed


def test_the_jobs_page_speaks_german_about_notices_errors_counts_and_differences(german):
    wallet = prepaid(limit="100")
    limits.set_limit(
        wallet=wallet, amount="1500", days=2, reason_code="other", reason="x", by=SYSTEM, now=ago(days=5)
    )
    limits.book_ended(wallet_pks=[wallet.pk], by=SYSTEM, now=ago(days=1))
    assert Notice.objects.get().text == "The temporary limit of 1,500.00 EUR has ended."
    JobRun.objects.create(
        name="Issue invoices", started_at=ago(seconds=5), error="OperationalError: disk full"
    )
    JobRun.objects.create(
        name="Seal the audit trail", started_at=ago(seconds=5), counts={"changes_sealed": 1200}
    )
    seen = {"found_at": ago(hours=1), "seen_at": ago(hours=1), "expected_micros": 1, "actual_micros": 2}
    Difference.objects.create(wallet=wallet, what="number of lines", **seen)

    page = text(german.get("/jobs/"))
    assert "Das temporäre Limit von 1.500,00 EUR ist abgelaufen." in page
    assert "Anzahl der Buchungen" in page
    assert "1.200 Einträge versiegelt" in page
    for english in ("has ended", "Issue invoices", "Number of lines", "sealed"):
        assert english not in page


def test_every_name_of_what_is_reconciled_is_told_in_german():
    assert [what for what in CHECKS if in_german(what) == what] == []
    assert in_german("paid of INV-7") == "bezahlt von INV-7"


def test_the_audit_trail_names_task_system_and_its_reason_in_german(german):
    wallet = prepaid()
    reason = "1,200.50 EUR of invoice INV-1 are 31 days late."
    change = Change.objects.create(
        wallet=wallet, organization=wallet.organization, at=ago(hours=1), verb="suspend", by_name="End of reservations",
        door=Door.JOB, task="Bulk change 12", reason=reason,
    )  # fmt: skip

    with translation.override("de"):
        assert "Sammeländerung 12" in where(change)
        assert "1.200,50 EUR der Rechnung INV-1" in why(change)
    for address in ("/audit-trail/", f"/audit-trail/{change.pk}/"):
        page = text(german.get(address))
        assert "Sammeländerung 12" in page
        assert "Ende von Reservierungen" in page
        assert "1.200,50 EUR der Rechnung INV-1" in page
    assert "1,200.50 EUR of invoice" not in page
