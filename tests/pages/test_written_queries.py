"""A question's text is kept, never its answer: who is signed in, what they chose and what waits for them is of now."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db.models import Case, Value, When
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from credit.actions import requests
from credit.actors import Actor
from credit.groups import MANAGER, OFFICER, VIEWER
from credit.models import Preferences, SavedView
from credit.templatetags.waiting import requests_waiting
from credit.written_queries import WrittenRows
from tests.factories import a_wallet
from tests.govern.people import a_manager, a_person, an_officer, desk_for, may
from tests.pages.people import signed_in, somebody

pytestmark = pytest.mark.django_db
HELP = "help"


def is_signed_in(client):
    answer = client.get(reverse(HELP))
    assert answer.status_code in (200, 302)
    return answer.status_code == 200


def person_of(client):
    return client.get(reverse(HELP)).wsgi_request.user


def test_a_number_and_a_truth_that_are_equal_are_given_apart():
    somebody(OFFICER)
    found = User.objects.filter(is_active=True).annotate(
        is_one=Case(When(pk__gte=1, then=Value(True)), default=False)
    )
    asked = WrittenRows(found.annotate(one=Value(1)).order_by("pk"), "default").found()
    assert [(type(person), person.is_one, person.one) for person in asked] == [
        (User, True, 1)
    ] * found.count()


def test_a_session_that_has_ended_signs_nobody_in():
    viewer = signed_in(VIEWER)
    assert is_signed_in(viewer)
    Session.objects.update(expire_date=timezone.now())
    assert not is_signed_in(viewer)


def test_a_session_that_was_removed_is_gone_with_the_next_page():
    viewer = signed_in(VIEWER)
    assert is_signed_in(viewer)
    Session.objects.all().delete()
    assert not is_signed_in(viewer)


def test_each_browser_is_its_own_person():
    officer, viewer = signed_in(OFFICER), signed_in(VIEWER)
    seen = [person_of(client).username for client in (officer, viewer, officer)]
    assert seen[0] == seen[2] != seen[1]


def test_who_is_no_longer_active_or_whose_password_was_changed_is_out_with_the_next_page():
    viewer, manager = signed_in(VIEWER), signed_in(MANAGER)
    assert is_signed_in(viewer) and is_signed_in(manager)
    somebody(VIEWER, is_active=False)
    person = somebody(MANAGER)
    person.set_password("another one")
    person.save()
    assert not is_signed_in(viewer) and not is_signed_in(manager)


def test_a_person_comes_with_every_column_as_django_reads_it():
    stored = somebody(VIEWER, email="eva@example.com", last_login=timezone.now() - timedelta(days=1))
    client = Client()
    client.force_login(stored)
    stored.refresh_from_db()
    person = person_of(client)
    assert person == stored
    for field in stored._meta.concrete_fields:
        assert getattr(person, field.attname) == getattr(stored, field.attname), field.attname
    assert type(person.is_active) is bool


def test_what_a_person_chooses_holds_from_the_next_page_on_and_for_nobody_else():
    viewer, officer = signed_in(VIEWER), signed_in(OFFICER)
    assert not hasattr(person_of(viewer), "preferences")
    Preferences.objects.create(user=somebody(VIEWER), time_zone="Asia/Tokyo", hidden_columns=["balance"])
    chosen = person_of(viewer).preferences
    assert (chosen.time_zone, chosen.hidden_columns, chosen.single_letters) == (
        "Asia/Tokyo",
        ["balance"],
        True,
    )
    assert chosen.user == somebody(VIEWER)
    assert not hasattr(person_of(officer), "preferences")
    Preferences.objects.update(hidden_columns=[], single_letters=False)
    assert person_of(viewer).preferences.hidden_columns == []
    assert person_of(viewer).preferences.single_letters is False


def test_what_waits_is_counted_anew_for_everybody_whose_authority_has_no_bound():
    root, other = (a_person(name, is_superuser=True) for name in ("Root", "Second root"))
    assert requests_waiting(root.user) == ""
    desk = desk_for(an_officer(), a_wallet(permanent_limit="100"))
    desk.set_limit("20000")
    said = {"reason_code": "payment_promised", "reason": "Pays on Friday"}
    now = timezone.now()
    request = requests.ask(beyond=desk.last, by=desk.by, now=now, **said)
    assert requests_waiting(root.user) == requests_waiting(other.user) == "1"
    assert requests_waiting(desk.by.user) == ""
    requests.reject(request=request, words="Too much", by=Actor.person(root.user), now=now)
    assert requests_waiting(root.user) == ""


def test_what_waits_for_a_manager_follows_their_authority_and_no_other_managers():
    manager, other = a_manager(), a_manager("Petr")
    desk = desk_for(an_officer(), a_wallet(permanent_limit="100"))
    desk.set_limit("20000")
    now = timezone.now()
    requests.ask(
        beyond=desk.last, by=desk.by, now=now, reason_code="payment_promised", reason="Pays on Friday"
    )
    other.user.groups.clear()
    seen = []
    for amount, currency in [("30000", ""), ("10000", ""), ("30000", ""), ("10000", "EUR"), ("10000", "USD")]:
        may(MANAGER, amount, "30000", currency=currency)
        fresh = Actor.person(User.objects.get(pk=manager.user.pk))
        seen.append(requests_waiting(fresh.user))
        assert requests_waiting(fresh.user) == str(requests.waiting_for(fresh, now).count() or "")
        assert requests_waiting(User.objects.get(pk=other.user.pk)) == ""
    assert seen == ["1", "", "1", "", ""]


def test_a_person_comes_with_whether_anything_waits_and_whether_views_are_offered():
    """Only who has any is asked about them; whose request it is does not wait for it."""
    manager, officer, viewer = signed_in(MANAGER), signed_in(OFFICER), signed_in(VIEWER)
    people = {"manager": manager, "officer": officer, "viewer": viewer}

    def told():
        found = {name: person_of(client) for name, client in people.items()}
        return [
            {name for name, person in found.items() if getattr(person, bit)}
            for bit in ("something_waits", "is_offered_views")
        ]

    assert told() == [set(), set()]
    desk = desk_for(Actor.person(person_of(officer)), a_wallet(permanent_limit="100"))
    desk.set_limit("20000")
    said = {"reason_code": "payment_promised", "reason": "Pays on Friday"}
    request = requests.ask(beyond=desk.last, by=desk.by, now=timezone.now(), **said)
    assert told() == [{"manager", "viewer"}, set()]
    mine = {"owner": person_of(officer), "created_at": timezone.now(), "query": "use=blocked"}
    view = SavedView.objects.create(name="Blocked ones", **mine)
    requests.withdraw(request=request, by=desk.by, now=timezone.now())
    assert told() == [set(), {"officer"}]
    SavedView.objects.update(is_shared=True)
    assert told() == [set(), {"manager", "officer", "viewer"}]
    assert view.name in viewer.get(reverse("organizations")).content.decode()
