"""Notes on a customer: what was said, what was promised by when, and what comes back until it is settled."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from credit import tasks
from credit.actions import corrections, notes, payments
from credit.actions.refusals import NotDone
from credit.actors import Actor
from credit.groups import MANAGER, OFFICER, VIEWER
from credit.models import Change, Note, Transaction
from tests.pages.people import SYSTEM, address, charge, fresh, prepaid, said, send, signed_in, somebody, text

pytestmark = pytest.mark.django_db

FRIDAY = date(2026, 3, 20)
TUESDAY = datetime(2026, 3, 17, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def on_tuesday():
    with time_machine.travel(TUESDAY, tick=False):
        yield


@pytest.fixture
def wallet():
    return prepaid()


def eva():
    return Actor.person(somebody(OFFICER))


def write(wallet, words="Says the transfer is on its way.", by=None, **more):
    return notes.write_note(wallet=wallet, text=words, by=by or eva(), now=timezone.now, **more)


def pays(wallet, amount):
    return payments.record_payment(wallet=wallet, amount=amount, by=SYSTEM, now=timezone.now)


def due_on(day, hour=12):
    return [note.text for note in notes.due(datetime(day.year, day.month, day.day, hour, tzinfo=UTC))]


def test_a_promise_comes_back_on_its_day_and_every_day_after(wallet):
    write(wallet, "100 by Friday", promised_on=FRIDAY, amount="100")

    assert due_on(FRIDAY - timedelta(days=1)) == []
    assert due_on(FRIDAY) == due_on(FRIDAY + timedelta(days=40)) == ["100 by Friday"]


def test_the_day_is_that_of_the_portals_calendar(wallet):
    write(wallet, promised_on=FRIDAY)

    assert due_on(date(2026, 3, 19), hour=22) == []
    assert due_on(date(2026, 3, 19), hour=23) == ["Says the transfer is on its way."]


def test_payments_since_keep_a_promise_once_they_reach_its_amount(wallet):
    write(wallet, "100 by Friday", promised_on=FRIDAY, amount="100")
    pays(wallet, "60")
    assert due_on(FRIDAY) == ["100 by Friday"]

    pays(wallet, "40")

    assert due_on(FRIDAY) == []


def test_money_that_came_before_the_promise_does_not_keep_it(wallet):
    pays(wallet, "500")
    write(wallet, promised_on=FRIDAY, amount="100")

    assert len(due_on(FRIDAY)) == 1


def test_only_payments_keep_a_promise(wallet):
    from credit.actions import credits

    write(wallet, promised_on=FRIDAY, amount="100")
    credits.give_credit(wallet=wallet, amount="500", reason="goodwill", by=SYSTEM, now=timezone.now)

    assert len(due_on(FRIDAY)) == 1


def test_without_an_amount_any_payment_keeps_the_promise(wallet):
    write(wallet, promised_on=FRIDAY)
    pays(wallet, "0.01")

    assert due_on(FRIDAY) == []


def test_a_payment_that_bounced_keeps_nothing(wallet):
    write(wallet, promised_on=FRIDAY, amount="100")
    pays(wallet, "100")
    line = Transaction.objects.filter(wallet=wallet).latest("sequence")
    corrections.reverse(transaction=line, reason="bounced", by=SYSTEM, now=timezone.now)

    assert len(due_on(FRIDAY)) == 1


def test_the_job_only_writes_down_what_payments_have_said_already(wallet):
    note, other = (
        write(wallet, promised_on=FRIDAY, amount="100"),
        write(wallet, "Later", promised_on=FRIDAY, amount="900"),
    )
    pays(wallet, "100")
    paid_at = Transaction.objects.filter(wallet=wallet).latest("sequence").posted_at
    with time_machine.travel(TUESDAY + timedelta(hours=5), tick=False):
        tasks.book_kept_promises()
        tasks.book_kept_promises()
    note.refresh_from_db()
    other.refresh_from_db()

    assert (note.settled_as, note.settled_at, note.settled_by_name) == ("kept", paid_at, "Payments")
    assert other.settled_as == ""


def test_a_person_may_say_that_a_promise_was_kept_or_not(wallet):
    note = write(wallet, promised_on=FRIDAY, amount="100")

    settled = notes.settle(note=note, outcome="broken", by=eva(), now=timezone.now)

    assert (settled.settled_as, settled.settled_by_name) == ("broken", "Eva Horváthová")
    assert due_on(FRIDAY) == []
    assert notes.settle(note=note, outcome="kept", by=eva(), now=timezone.now).settled_as == "kept"


def test_a_follow_up_without_a_promise_comes_back_until_it_is_done(wallet):
    note = write(wallet, "Ask about the contract", comes_back_on=FRIDAY)
    pays(wallet, "500")
    assert due_on(FRIDAY) == ["Ask about the contract"]

    notes.settle(note=note, outcome="done", by=eva(), now=timezone.now)

    assert due_on(FRIDAY) == []


def test_a_promise_may_come_back_on_another_day_than_its_own(wallet):
    write(wallet, "Check on Monday", promised_on=FRIDAY, comes_back_on=date(2026, 3, 23))

    assert due_on(FRIDAY) == [] and due_on(date(2026, 3, 23)) == ["Check on Monday"]


def test_a_note_that_was_struck_out_stays_to_be_read_and_does_not_come_back(wallet):
    note = write(wallet, "Wrong customer", promised_on=FRIDAY)
    struck = notes.strike_out(note=note, reason="Mixed up two names", by=eva(), now=timezone.now)

    assert due_on(FRIDAY) == []
    assert struck.struck_reason == "Mixed up two names"
    page = signed_in(VIEWER).get(reverse("organization", args=[wallet.organization.uuid])).content.decode()
    assert "<del" in page and "Wrong customer" in page and "Mixed up two names" in page


def test_what_was_struck_out_is_changed_no_more(wallet):
    note = write(wallet, promised_on=FRIDAY)
    notes.strike_out(note=note, reason="Wrong", by=eva(), now=timezone.now)

    with pytest.raises(NotDone, match="has struck the note out"):
        notes.settle(note=note, outcome="kept", by=eva(), now=timezone.now)
    with pytest.raises(NotDone, match="has struck the note out"):
        notes.strike_out(note=note, reason="Again", by=eva(), now=timezone.now)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE credit_note SET text = 'Other words'",
        "UPDATE credit_note SET promised_on = '2027-01-01', comes_back_on = '2027-01-01'",
        "DELETE FROM credit_note",
    ],
)
def test_the_database_refuses_to_change_what_a_note_says(wallet, statement):
    write(wallet)

    with (
        pytest.raises(DatabaseError, match="never changed"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"text": " "}, "text"),
        ({"text": "x" * 2001}, "text"),
        ({"amount": "100"}, "promised_on"),
        ({"promised_on": date(2026, 3, 16)}, "promised_on"),
        ({"comes_back_on": date(2029, 1, 1)}, "comes_back_on"),
        ({"promised_on": FRIDAY, "amount": "-1"}, "amount"),
        ({"promised_on": FRIDAY, "amount": "0"}, "amount"),
        ({"promised_on": FRIDAY, "amount": "1.005"}, "amount"),
    ],
)
def test_a_note_that_cannot_be_kept_is_refused_at_its_field(wallet, sent, field):
    with pytest.raises(NotDone) as refused:
        notes.write_note(wallet=wallet, by=eva(), now=timezone.now, **{"text": "Promise", **sent})

    assert refused.value.field == field and not Note.objects.exists()


def test_a_second_click_writes_no_second_note(wallet):
    assert write(wallet, promised_on=FRIDAY) == write(wallet, promised_on=FRIDAY)
    with time_machine.travel(TUESDAY + timedelta(minutes=2), tick=False):
        write(wallet, promised_on=FRIDAY)
    assert Note.objects.count() == 2


def test_a_note_leaves_its_trace_and_is_no_change_of_the_customer(wallet):
    note = write(wallet, "Promise", promised_on=FRIDAY, amount="100")
    notes.strike_out(note=note, reason="Wrong", by=eva(), now=timezone.now)

    trail = Change.objects.filter(wallet=wallet).order_by("pk").values_list("verb", flat=True)
    assert list(trail)[-2:] == ["write_note", "strike_note_out"]
    assert not Change.objects.decisions().filter(verb="write_note").exists()


# -- pages


def test_who_may_not_write_notes_reads_them(wallet):
    note = write(wallet)
    viewer = signed_in(VIEWER)

    page = viewer.get(reverse("organization", args=[wallet.organization.uuid])).content.decode()
    assert note.text in page and address("write_note", wallet) not in page
    for where in (
        address("write_note", wallet),
        address("strike_note", wallet, note.pk),
        address("settle_note", wallet, note.pk),
    ):
        assert viewer.get(where).status_code == viewer.post(where).status_code == 403


def test_a_note_is_written_settled_and_struck_out_through_the_panels(wallet):
    officer = signed_in(OFFICER)
    answer = send(
        officer, address("write_note", wallet), text="Pays on Friday", promised_on="2026-03-20", amount="100"
    )
    assert said(answer) == "The note is saved. It comes back on 20 Mar 2026."
    note = Note.objects.get()
    assert (note.promised_micros, note.by_user) == (100_000_000, somebody(OFFICER))

    assert "Not kept" in text(officer.get(address("settle_note", wallet, note.pk)))
    assert (
        said(send(officer, address("settle_note", wallet, note.pk), outcome="broken")) == "Noted: not kept."
    )
    answer = send(officer, address("strike_note", wallet, note.pk), reason="Wrong customer")
    assert said(answer) == "The note is struck out. It stays to be read."


def test_a_field_that_is_wrong_keeps_what_was_typed(wallet):
    answer = send(signed_in(OFFICER), address("write_note", wallet), text="Pays soon", amount="100")

    assert answer.status_code == 422
    assert "Pays soon" in answer.content.decode() and "by which day?" in text(answer)


def test_a_note_of_another_wallet_is_not_found_at_this_one(wallet):
    note = write(prepaid())

    assert signed_in(OFFICER).get(address("strike_note", wallet, note.pk)).status_code == 404


def test_the_list_shows_what_is_due_what_comes_and_what_was_settled(wallet):
    write(wallet, "Due one", promised_on=date(2026, 3, 17), amount="100")
    write(wallet, "Coming one", promised_on=FRIDAY)
    notes.settle(
        note=write(wallet, "Settled one", comes_back_on=FRIDAY), outcome="done", by=eva(), now=timezone.now
    )
    viewer, where = signed_in(VIEWER), reverse("promises")

    first = text(viewer.get(where))
    assert "Due one" in first and "due today" in first and "Coming one" not in first
    assert "Coming one" in text(viewer.get(where, {"list": "coming"}))
    assert "Settled one" in text(viewer.get(where, {"list": "settled"}))
    assert "Nothing is listed" in text(viewer.get(where, {"list": "dance"}))


def test_part_of_the_money_is_said_beside_the_promise(wallet):
    write(wallet, "Half now", promised_on=date(2026, 3, 17), amount="100")
    pays(wallet, "40")
    charge(fresh(wallet), "1")

    assert "100.00 EUR promised by 17 Mar 2026; 40.00 EUR paid since" in text(
        signed_in(VIEWER).get(reverse("promises"))
    )


def test_the_list_asks_the_database_as_often_for_many_as_for_one(wallet, django_assert_max_num_queries):
    for number in range(60):
        write(wallet, f"Promise {number}", promised_on=date(2026, 3, 17), amount="100")
    client = signed_in(MANAGER)
    client.get(reverse("promises"))

    with django_assert_max_num_queries(8):
        answer = client.get(reverse("promises"))

    assert answer.content.decode().count("data-row") == 50 and answer.context["next_url"]
    assert (
        signed_in(MANAGER)
        .get(reverse("promises") + answer.context["next_url"])
        .content.decode()
        .count("data-row")
        == 10
    )
