"""The life of a call over HTTP."""

from datetime import timedelta

import pytest
from django.utils import timezone

from credit.models import Reservation

pytestmark = pytest.mark.django_db


def test_call_is_reserved_extended_committed_and_the_rest_released(caller, wallet):
    held = caller.reserve(wallet, "10", life_seconds=600)
    extended = caller.on_hold("extend", wallet, total="30")
    part = caller.on_hold("commit", wallet, amount="12.345", final=False)
    last = caller.on_hold("commit", wallet, amount="1")

    assert [one.status for one in (held, extended, part, last)] == [200, 200, 200, 200]
    assert (held.body["granted"], held.body["rest"], held.body["usable"]) == ("10.00", "10.00", "140.00")
    assert (extended.body["rest"], extended.body["usable"]) == ("30.00", "120.00")
    assert (part.body["rest"], part.body["committed"], part.body["amount"]) == ("17.655", "12.345", "12.345")
    assert (last.body["ending"], last.body["usable"]) == ("finished", "136.655")


def test_released_reservation_gives_back_what_it_held(caller, wallet):
    caller.reserve(wallet, "10")

    assert caller.on_hold("release", wallet).body["usable"] == "150.00"
    assert caller.on_hold("release", wallet).status == 200


def test_hold_above_usable_is_declined_unless_up_to(caller, wallet):
    assert caller.reserve(wallet, "151").reason == "credit_limit_exceeded"
    assert caller.reserve(wallet, "151", up_to=True).body["granted"] == "150.00"


def test_reservation_can_be_read_under_any_reference(caller, wallet):
    reference = "call/7?x=ü#1"
    caller.reserve(wallet, "10", reference)

    read = caller.get("reservations", wallet=wallet.wallet_id, reference=reference)

    assert (read.body["rest"], read.body["is_live"], read.body["by"]) == ("10.00", True, "Mediation")


def test_expired_reservation_reads_as_expired_before_any_job_has_run(caller, wallet):
    caller.reserve(wallet, "10")
    past = timezone.now() - timedelta(seconds=1)
    Reservation.objects.update(expires_at=past, placed_at=past - timedelta(hours=1))
    type(wallet).objects.update(next_hold_ends_at=past)

    read = caller.get("reservations", wallet=wallet.wallet_id, reference="call-1")

    assert (read.body["rest"], read.body["is_live"], read.body["ending"]) == ("0.00", False, "expired")
    assert caller.on_hold("commit", wallet).reason == "reservation_expired"


@pytest.mark.parametrize("verb", ["extend", "commit", "release"])
def test_unknown_reservation_is_404(caller, wallet, verb):
    more = {"total": "1"} if verb == "extend" else {}
    answer = caller.on_hold(verb, wallet, "nobody", **more)

    assert (answer.status, answer.reason, answer.body["field"]) == (404, "not_found", "reference")


def test_unknown_reservation_cannot_be_read(caller, wallet):
    assert caller.get("reservations", wallet=wallet.wallet_id, reference="x").status == 404


def test_more_than_held_is_402_and_with_overrun_it_is_charged(caller, wallet):
    caller.reserve(wallet, "10")
    declined = caller.on_hold("commit", wallet, amount="11")

    assert (declined.status, declined.reason, declined.body["rest"]) == (402, "reservation_exceeded", "10.00")
    assert caller.on_hold("commit", wallet, amount="11", overrun=True).body["amount"] == "11.00"
    assert caller.on_hold("commit", wallet).reason == "reservation_closed"


def test_nothing_to_extend_and_two_ends_are_422(caller, wallet):
    caller.reserve(wallet, "10")
    later = timezone.now() + timedelta(hours=1)

    assert caller.on_hold("extend", wallet).status == 422
    assert caller.on_hold("extend", wallet, life_seconds=9, expires_at=later).body["field"] == "expires_at"


@pytest.mark.parametrize(
    "verb", ["reservations", "reservations/extend", "reservations/commit", "reservations/release"]
)
def test_every_verb_on_a_hold_needs_a_key(caller, wallet, verb):
    body = {"wallet": wallet.wallet_id, "reference": "call-1", "amount": "1"}

    assert caller.post(verb, body, key=None).status in (400, 422)
    body.pop("amount") if verb in ("reservations/extend", "reservations/release") else None
    assert caller.post(verb, body, key=None).reason == "key_missing"


def test_repeated_commit_is_done_once(caller, wallet):
    caller.reserve(wallet, "10")
    first = caller.on_hold("commit", wallet, amount="4", final=False, key="c1")
    again = caller.on_hold("commit", wallet, amount="4", final=False, key="c1")

    assert (again.body, again.headers["Idempotent-Replayed"]) == (first.body, "true")
    assert caller.get("reservations", wallet=wallet.wallet_id, reference="call-1").body["committed"] == "4.00"
