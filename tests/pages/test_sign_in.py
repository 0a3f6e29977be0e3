"""Signing in: after too many failed tries a name waits, on every page that asks for a password."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection

from credit.models import SignInTries
from tests.races.together import together

NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)
DOORS = ["/sign-in/", "/admin/login/"]


@pytest.fixture(autouse=True)
def person(db, settings):
    settings.SIGN_IN_TRIES, settings.SIGN_IN_MINUTES = 3, 15
    return User.objects.create_superuser("eva", password="right")


@pytest.fixture
def clock(time_machine):
    time_machine.move_to(NOW, tick=False)
    return time_machine


def try_in(client, password="wrong", name="eva", door="/sign-in/"):
    return client.post(door, {"username": name, "password": password})


def is_in(answer):
    return answer.status_code == 302


@pytest.mark.parametrize("door", DOORS)
def test_after_too_many_tries_the_right_password_has_to_wait_too(client, clock, door):
    for _ in range(3):
        assert not is_in(try_in(client, door=door))
    assert not is_in(try_in(client, "right", door=door))
    clock.move_to(NOW + timedelta(minutes=15))
    assert is_in(try_in(client, "right", door=door))


def test_tries_at_one_door_count_at_the_other(client):
    for door in [*DOORS, DOORS[0]]:
        try_in(client, door=door)
    assert not any(is_in(try_in(client, "right", door=door)) for door in DOORS)


def test_the_page_says_how_long_to_wait_and_the_same_for_a_name_that_nobody_has(client, clock):
    for name in ("eva", "nobody"):
        for _ in range(3):
            assert "That did not work" in try_in(client, name=name).content.decode()
        clock.move_to(NOW + timedelta(minutes=5))
        assert "Wait 10 minutes" in try_in(client, name=name).content.decode()
        clock.move_to(NOW)


def test_capital_letters_make_no_other_name(client):
    for name in ("eva", "Eva", "EVA"):
        try_in(client, name=name)
    assert not is_in(try_in(client, "right"))


def test_other_people_sign_in_meanwhile(client):
    User.objects.create_user("jan", password="right")
    for _ in range(5):
        try_in(client)
    assert is_in(try_in(client, "right", name="jan"))


def test_one_who_signs_in_begins_to_count_anew(client):
    for _ in range(3):
        try_in(client)
        try_in(client)
        assert is_in(try_in(client, "right"))
        client.logout()
    assert not SignInTries.objects.exists()


def test_names_are_kept_for_one_window_only_and_never_as_they_were_typed(client, clock):
    for number in range(5):
        try_in(client, name=f"a password {number}")
    assert not SignInTries.objects.filter(name_digest__contains="password").exists()
    clock.move_to(NOW + timedelta(minutes=15))
    try_in(client)
    assert SignInTries.objects.count() == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_tries_at_one_moment_are_all_counted(client):
    def attempt():
        client_of_its_own = type(client)()
        try_in(client_of_its_own)
        connection.close()

    together(*[attempt] * 8)
    assert 3 <= SignInTries.objects.get().count <= 8
    assert not is_in(try_in(client, "right"))
