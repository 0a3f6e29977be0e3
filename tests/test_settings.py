"""The frame: what the portal does with and without variables, and what it refuses a browser."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User

from finance_portal.celery import app as celery_app
from finance_portal.settings import kept_secret_key

BASE_DIR = Path(__file__).resolve().parent.parent
PRINT_SETTINGS = """
import json, sys
from finance_portal import settings
print(json.dumps({name: getattr(settings, name) for name in sys.argv[1:]}))
"""


PRINT_SQLITE = """
import django, json
django.setup()
from django.db import connection
with connection.cursor() as cursor:
    found = {
        name: cursor.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "foreign_keys")
    }
print(json.dumps({**found, "transactions": connection.transaction_mode}))
"""


@pytest.fixture
def process_with(tmp_path):
    """What a process of its own prints, under the given variables and no others."""

    def run(code: str, *arguments: str, **variables: str) -> dict:
        environment = {
            "PATH": os.environ["PATH"],
            "PORTAL_VAR_DIR": str(tmp_path),
            "DJANGO_SETTINGS_MODULE": "finance_portal.settings",
            **variables,
        }
        command = [sys.executable, "-c", code, *arguments]
        answer = subprocess.run(command, cwd=BASE_DIR, env=environment, check=True, capture_output=True)
        return json.loads(answer.stdout)

    return run


@pytest.fixture
def settings_with(process_with):
    def read(*names: str, **variables: str) -> dict:
        return process_with(PRINT_SETTINGS, *names, **variables)

    return read


def test_without_any_variable_the_portal_needs_no_server(settings_with, tmp_path):
    found = settings_with("DATABASES", "CELERY_BROKER_URL", "DEBUG", "SECRET_KEY")

    assert found["DATABASES"]["default"]["NAME"] == str(tmp_path / "portal.sqlite3")
    assert found["CELERY_BROKER_URL"] == "filesystem://localhost"
    assert found["DEBUG"] is False
    assert len(found["SECRET_KEY"]) >= 50


def test_database_url_and_redis_url_switch_to_real_servers(settings_with):
    found = settings_with(
        "DATABASES",
        "CELERY_BROKER_URL",
        DATABASE_URL="postgresql://finance:secret@db.example.com:5433/portal",
        REDIS_URL="redis://cache.example.com:6380/1",
    )

    database = found["DATABASES"]["default"]
    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert (database["HOST"], database["PORT"], database["NAME"]) == ("db.example.com", 5433, "portal")
    assert database["CONN_HEALTH_CHECKS"] is True
    assert found["CELERY_BROKER_URL"] == "redis://cache.example.com:6380/1"


def test_several_sentinels_pass_through_with_the_name_of_their_master(settings_with):
    sentinels = "sentinel://one.example.com:26379;sentinel://two.example.com:26379"
    found = settings_with(
        "CELERY_BROKER_URL",
        "CELERY_BROKER_TRANSPORT_OPTIONS",
        REDIS_URL=sentinels,
        REDIS_SENTINEL_MASTER="finance",
    )

    assert found["CELERY_BROKER_URL"] == sentinels
    assert found["CELERY_BROKER_TRANSPORT_OPTIONS"]["master_name"] == "finance"


def test_over_https_cookies_never_travel_in_the_clear(settings_with):
    names = ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT")

    assert settings_with(*names) == dict.fromkeys(names, False)
    assert settings_with(*names, HTTPS="1") == dict.fromkeys(names, True)


def test_first_starts_at_the_same_time_agree_on_one_secret_key(tmp_path):
    found = []
    starts = [
        threading.Thread(target=lambda: found.append(kept_secret_key(tmp_path / "key"))) for _ in range(8)
    ]
    for start in starts:
        start.start()
    for start in starts:
        start.join()

    assert len(found) == 8
    assert len(set(found)) == 1
    assert (tmp_path / "key").stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def test_beat_asks_only_for_jobs_that_exist():
    celery_app.loader.import_default_modules()
    asked_for = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}

    assert asked_for <= set(celery_app.tasks)


def test_sqlite_keeps_what_was_answered_when_the_power_fails(process_with):
    assert process_with(PRINT_SQLITE) == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "transactions": "IMMEDIATE",
    }


@pytest.mark.django_db
def test_a_stranger_sees_the_sign_in_page_and_nothing_else(client):
    answer = client.get("/")

    assert answer.status_code == 302
    assert answer["Location"] == "/sign-in/?next=/"
    assert client.get("/sign-in/").status_code == 200


@pytest.mark.django_db
def test_a_browser_loads_and_runs_only_what_the_portal_itself_serves(client):
    policy = client.get("/sign-in/")["Content-Security-Policy"]

    assert set(policy.split("; ")) == {
        "default-src 'self'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "object-src 'none'",
    }


@pytest.mark.django_db
def test_a_person_signs_in_and_out(client):
    User.objects.create_user("officer", password="a long enough secret")

    answer = client.post("/sign-in/", {"username": "officer", "password": "a long enough secret"})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.session["_auth_user_id"]

    client.post("/sign-out/")
    assert "_auth_user_id" not in client.session
