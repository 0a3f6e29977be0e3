"""Which reads may go to a copy of the database, what is written in the settings, and what happens without a copy."""

import json

import pytest
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, OperationalError, transaction
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import URLPattern, get_resolver, reverse

from credit import replica
from credit.groups import MANAGER
from credit.models import Wallet
from tests.pages.people import prepaid, signed_in
from tests.test_settings import PRINT_SETTINGS, process_with  # noqa: F401

POSTGRESQL = "postgresql://portal@db.example.com/portal?application_name=web"
NOT_THERE = {"ENGINE": "django.db.backends.postgresql", "NAME": "nowhere", "HOST": "/nowhere"}


def patterns(found, prefix=""):
    for each in found:
        if isinstance(each, URLPattern):
            yield prefix + str(each.pattern), each
        else:
            yield from patterns(each.url_patterns, prefix + str(each.pattern))


def marked():
    every = patterns(get_resolver().url_patterns)
    return {name: each for name, each in every if getattr(each.callback, "may_be_old", False)}


def test_lists_exports_reports_and_statements_may_be_old():
    names = {each.name for each in marked().values()}

    assert {"organizations", "organizations_export", "ledger_csv", "invoices", "receivables"} <= names


def test_nothing_that_decides_or_is_typed_into_may_be_old():
    names = {each.name for each in marked().values()}
    never = (
        "limit",
        "preview",
        "payment",
        "mode",
        "reverse",
        "refund",
        "suspend",
        "wallet_new",
        "month_end",
        "admin",
    )

    assert not [name for name in names if any(word in name for word in never)]
    assert not [path for path in marked() if path.startswith("api/")]


@pytest.mark.django_db
def test_a_page_that_may_be_old_takes_nothing_but_questions():
    manager = signed_in(MANAGER)
    wallet = prepaid()
    values = {"wallet_id": wallet.wallet_id, "uuid": wallet.organization.uuid, "pk": 1, "number": 1}
    for each in marked().values():
        wanted = {name: values[name] for name in each.pattern.converters}
        assert manager.post(reverse(each.name, kwargs=wanted)).status_code in (403, 405), each.name


@pytest.fixture
def page():
    """A page that says which database it would read; `asked` counts how often it was built."""
    asked = []

    @replica.may_be_old
    def view(request):
        asked.append(replica.Router().db_for_read(Wallet))
        return HttpResponse(asked[-1])

    view.asked = asked
    return view


def test_without_a_copy_every_page_reads_the_database_itself(page):
    answer = page(RequestFactory().get("/"))

    assert page.asked == [DEFAULT_DB_ALIAS]
    assert replica.HEADER not in answer.headers


def test_a_form_cannot_be_marked_as_old(page):
    with pytest.raises(AssertionError, match="reads the database itself"):
        page(RequestFactory().post("/"))


@pytest.mark.django_db(transaction=True)
def test_a_copy_that_is_away_is_passed_over_and_not_waited_for_again(page, with_alias, monkeypatch):
    with_alias({**settings.DATABASES["default"], **NOT_THERE, "OPTIONS": {}})
    noted = []
    monkeypatch.setattr(replica.log, "warning", lambda *words: noted.append(words))

    assert [page(RequestFactory().get("/")).content for _ in range(3)] == [b"default"] * 3
    assert len(noted) == 1


def test_a_page_on_which_the_copy_stumbles_is_built_again_from_the_database(
    monkeypatch, nothing_is_passed_over
):
    monkeypatch.setattr(replica, "_age", lambda request: 3)
    monkeypatch.setattr(replica._PassedOver, "note", lambda self, error: None)

    @replica.may_be_old
    def view(request):
        if replica.Router().db_for_read(Wallet) == replica.REPLICA:
            raise OperationalError("canceling statement due to conflict with recovery")
        return HttpResponse("whole")

    request = RequestFactory().get("/")
    answer = view(request)

    assert answer.content == b"whole"
    assert replica.HEADER not in answer.headers
    assert request.oldest_seconds is None


@pytest.mark.django_db(transaction=True)
def test_inside_a_transaction_the_copy_is_never_read():
    with replica._from_the_copy():
        assert replica.Router().db_for_read(Wallet) == replica.REPLICA
        with transaction.atomic():
            assert replica.Router().db_for_read(Wallet) == DEFAULT_DB_ALIAS
        assert replica.Router().db_for_write(Wallet) == DEFAULT_DB_ALIAS
    assert replica.Router().db_for_read(Wallet) == DEFAULT_DB_ALIAS


def test_the_copy_is_asked_read_only_and_given_up_sooner(process_with):  # noqa: F811
    found = process_with(
        PRINT_SETTINGS, "DATABASES", DATABASE_URL=POSTGRESQL,
        REPLICA_DATABASE_URL="postgresql://portal@one:5432,two:5433/portal?target_session_attrs=standby",
    )["DATABASES"]  # fmt: skip

    copy = found["replica"]
    assert (copy["HOST"], copy["PORT"]) == ("one,two", "5432,5433")
    assert copy["OPTIONS"]["options"] == "-c default_transaction_read_only=on"
    assert copy["OPTIONS"]["connect_timeout"] < found["default"]["OPTIONS"]["connect_timeout"]
    assert copy["OPTIONS"]["target_session_attrs"] == "standby"
    assert "application_name" not in copy["OPTIONS"]


def test_a_copy_of_sqlite_is_refused_aloud(process_with):  # noqa: F811
    with pytest.raises(Exception) as refused:
        process_with(PRINT_SETTINGS, "DATABASES", REPLICA_DATABASE_URL=POSTGRESQL)

    assert b"REPLICA_DATABASE_URL needs PostgreSQL" in refused.value.stderr


def test_a_silent_database_is_noticed_within_seconds(process_with):  # noqa: F811
    options = process_with(PRINT_SETTINGS, "DATABASES", DATABASE_URL=POSTGRESQL)["DATABASES"]["default"][
        "OPTIONS"
    ]

    assert options["connect_timeout"] <= 5
    assert options["tcp_user_timeout"] <= 15_000
    assert options["keepalives_idle"] + options["keepalives_interval"] * options["keepalives_count"] <= 20
    assert json.dumps(options)
