"""Pages for when something is missing, forbidden or broken: what happened, and what to do."""

import logging

import pytest
from django.contrib.auth.models import User
from django.test import Client, RequestFactory

from credit.views.errors import server_error


def test_an_address_that_names_nothing_says_where_to_search(client):
    answer = client.get("/nowhere/")
    assert answer.status_code == 404 and "Nothing is at this address" in answer.content.decode()


@pytest.mark.django_db
def test_who_lacks_the_right_is_told_who_can_give_it(client):
    client.force_login(User.objects.create_user("nobody"))
    answer = client.get("/organizations/")
    assert answer.status_code == 403 and "An administrator can add you" in answer.content.decode()


def test_a_broken_page_carries_the_number_that_stands_in_the_log(caplog):
    with caplog.at_level(logging.ERROR):
        page = server_error(RequestFactory().get("/organizations/"))
    number = caplog.messages[0].split()[2].rstrip(":")
    assert page.status_code == 500 and number in page.content.decode()


def test_a_form_that_outlived_its_session_is_explained():
    answer = Client(enforce_csrf_checks=True).post("/sign-in/", {"username": "x"})
    assert answer.status_code == 403 and "open for too long" in answer.content.decode()
