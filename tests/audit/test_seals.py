"""What was written once cannot be changed unnoticed: batches are sealed, and any tampering names its batch."""

from datetime import timedelta
from io import StringIO
from itertools import count

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from credit import tasks
from credit.actions import payments, sealing, trail
from credit.actions.seal_checks import Check
from credit.groups import MANAGER
from credit.models import JobRun, Seal, SealCheck, Sealed
from tests.append_only import may_be_emptied
from tests.pages.people import SYSTEM, charge, prepaid, signed_in, text

pytestmark = pytest.mark.django_db(transaction=True)

minutes = count(10, 10)  # the job comes by again later, not at once
CHANGES, LEDGER = Sealed.CHANGES, Sealed.LEDGER


def entries(number_of_them):
    now = timezone.now()
    return [
        trail.of_portal("lock_month", by=SYSTEM, at=now, after={"month": f"2026-{number:02d}"})
        for number in range(1, number_of_them + 1)
    ]


def sealed(of=CHANGES):
    """As the job does it: once to look ahead, and once when that is settled."""
    now = timezone.now() + timedelta(minutes=next(minutes))
    made = list(sealing.seal(of, now=now))
    return made + list(sealing.seal(of, now=now + timedelta(minutes=5)))


def in_batches_of(monkeypatch, size):
    monkeypatch.setattr(sealing, "MOST_ROWS", {CHANGES: size, LEDGER: size})


def tamper(statement, *values):
    """As somebody with the database's password would."""
    with may_be_emptied(connection), connection.cursor() as cursor:
        cursor.execute(statement, values)


def check(of=CHANGES, **more):
    return Check(of, **more).run(now=timezone.now())


def verify(*arguments):
    told = StringIO()
    call_command("verify_audit", *arguments, stdout=told, stderr=told)
    return told.getvalue()


def test_batches_follow_each_other_and_each_holds_the_digest_of_the_one_before(monkeypatch):
    in_batches_of(monkeypatch, 2)
    made = entries(5)

    seals = sealed()

    assert [(seal.number, seal.count) for seal in seals] == [(1, 2), (2, 2), (3, 1)]
    assert seals[0].previous_digest == "0" * 64
    assert [seal.previous_digest for seal in seals[1:]] == [seal.digest for seal in seals[:-1]]
    assert (seals[0].first_pk, seals[-1].last_pk) == (1, made[-1].pk)
    assert check().number == 3 and not check().fault


def test_sealing_again_makes_nothing_new():
    entries(3)
    sealed()

    assert sealed() == []
    assert Seal.objects.count() == 1


def test_what_comes_later_goes_into_the_next_batch():
    entries(2)
    sealed()
    entries(3)
    sealed()

    assert list(Seal.objects.order_by("number").values_list("count", flat=True)) == [2, 3]
    assert check().rows == 5


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE credit_change SET by_name = 'Somebody else' WHERE id = %s",
        "UPDATE credit_change SET address = '10.0.0.1' WHERE id = %s",
        "UPDATE credit_change SET reason = 'Agreed' WHERE id = %s",
        """UPDATE credit_change SET after = '{"month": "2031-01"}' WHERE id = %s""",
        "UPDATE credit_change SET by_client_id = NULL, at = '2020-01-01 00:00:00+00:00' WHERE id = %s",
        "DELETE FROM credit_change WHERE id = %s",
    ],
)
def test_a_row_that_was_changed_or_deleted_past_the_triggers_names_its_batch(monkeypatch, statement):
    in_batches_of(monkeypatch, 2)
    made = entries(6)
    sealed()

    tamper(statement, made[2].pk)

    found = check()
    assert found.number == 1 and found.fault.startswith("Batch 2 (pk ")
    assert SealCheck.objects.get(of=CHANGES).fault == found.fault


def test_a_row_slipped_in_among_sealed_ones_is_found():
    made = entries(3)
    tamper("DELETE FROM credit_change WHERE id = %s", made[1].pk)
    sealed()
    columns = (
        "organization_id, wallet_id, at, verb, reason_code, reason, before, after, by_name, door, address"
    )
    tamper(
        f"INSERT INTO credit_change (id, {columns}) SELECT %s, {columns} FROM credit_change WHERE id = %s",
        made[1].pk, made[0].pk,
    )  # fmt: skip

    assert check().fault.startswith("Batch 1 ") and "has 3 rows; 2 were sealed" in check().fault


def test_a_changed_seal_is_found(monkeypatch):
    in_batches_of(monkeypatch, 1)
    entries(3)
    sealed()

    tamper("UPDATE credit_seal SET digest = %s WHERE number = 2", "f" * 64)

    assert check().fault.startswith("Batch 2 ")


def test_a_seal_that_was_taken_out_is_missed(monkeypatch):
    in_batches_of(monkeypatch, 1)
    entries(3)
    sealed()
    check()

    tamper("DELETE FROM credit_seal WHERE number = 3")
    assert check().fault == "Seal 3 is missing: there were 3 once."
    tamper("DELETE FROM credit_seal WHERE number = 1")
    assert check().fault == "Seal 1 is missing."


def test_whoever_makes_the_whole_chain_anew_is_betrayed_by_a_digest_kept_elsewhere(tmp_path):
    made = entries(3)
    sealed()
    kept = tmp_path / "seals.txt"
    kept.write_bytes(signed_in(MANAGER).get(reverse("seals")).content)
    assert "hold" in verify("--kept", str(kept))

    tamper("UPDATE credit_change SET by_name = 'Somebody else' WHERE id = %s", made[0].pk)
    tamper("DELETE FROM credit_seal")
    tamper("DELETE FROM credit_sealcheck")
    sealed()

    assert not check().fault
    with pytest.raises(CommandError):
        verify("--kept", str(kept), "--only", "changes")
    assert "another digest than the one that was kept" in SealCheck.objects.get(of=CHANGES).fault


def test_the_command_says_what_holds_and_fails_where_something_does_not():
    made = entries(2)
    charge(prepaid(), "5")
    sealed(CHANGES), sealed(LEDGER)

    told = verify()
    assert "audit trail: all 1 seals hold" in told and "ledger: all 1 seals hold, over 2 rows." in told

    tamper("UPDATE credit_change SET verb = 'dance' WHERE id = %s", made[0].pk)
    with pytest.raises(CommandError) as failed:
        verify()
    assert failed.value.returncode == 1


def test_the_ledger_is_sealed_in_the_same_way():
    wallet = prepaid(paid="100")
    payments.record_payment(wallet=wallet, amount="5", by=SYSTEM, now=timezone.now)
    sealed(LEDGER)
    assert check(LEDGER).rows == 2

    tamper("UPDATE credit_transaction SET amount_micros = amount_micros + 1 WHERE sequence = 2")

    assert check(LEDGER).fault.startswith("Batch 1 ")


def test_lines_that_vanish_are_not_excused_by_an_archive_that_does_not_have_them():
    wallet = prepaid(paid="100")
    payments.record_payment(wallet=wallet, amount="5", by=SYSTEM, now=timezone.now)
    sealed(LEDGER)

    tamper(
        "DELETE FROM credit_payment WHERE transaction_id IN (SELECT id FROM credit_transaction WHERE sequence = 2)"
    )
    tamper("DELETE FROM credit_transaction WHERE sequence = 2")

    assert "has 1 rows; 2 were sealed" in check(LEDGER).fault


@pytest.mark.parametrize("statement", ["UPDATE credit_seal SET count = 9", "DELETE FROM credit_seal"])
def test_the_database_refuses_to_change_a_seal(statement):
    entries(1)
    sealed()

    with (
        pytest.raises(DatabaseError, match="never changed"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_the_job_seals_and_the_page_says_until_when():
    entries(1)
    tasks.seal_what_is_written()
    sealed()
    tasks.verify_seals()

    page = text(signed_in(MANAGER).get(reverse("audit")))
    assert "Audit trail: sealed until" in page and "all 1 seals hold" in page


def test_a_difference_is_an_error_of_the_job_and_stands_on_the_page():
    made = entries(1)
    sealed()
    tamper("UPDATE credit_change SET verb = 'dance' WHERE id = %s", made[0].pk)

    with pytest.raises(tasks.NotAsSealed):
        tasks.verify_seals()

    assert "Batch 1" in JobRun.objects.get(name="Verify the seals").error
    assert "is not what was sealed" in text(signed_in(MANAGER).get(reverse("audit")))


def test_a_chain_that_a_setting_leaves_out_is_not_promised(settings):
    settings.CREDIT_SEALED = ["changes"]
    charge(prepaid(), "5")
    tasks.seal_what_is_written()

    assert not Seal.objects.filter(of=LEDGER).exists()
    assert "Ledger:" not in text(signed_in(MANAGER).get(reverse("audit")))
