"""What every test stands on: a database of its own, one that can be emptied, and a real worker for those who ask.

`pytest` runs on SQLite; `python -m tests.servers pytest` on PostgreSQL and Redis.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import hypothesis
import pytest
from django.conf import settings
from django.db import connections
from django.test import TransactionTestCase
from django.utils import translation

from finance_portal.celery import app as celery_app
from tests import emptying
from tests.append_only import may_be_emptied
from tests.browser.lighthouse import summary as lighthouse_summary
from tests.scenarios import summary

BASE_DIR = Path(__file__).resolve().parent.parent
WORKER_STARTS_WITHIN_SECONDS = 60

# The machine of a CI run is slow now and then; a wrong answer is what we look for, not a late one.
# The same examples each time, so that a red run blames its own commit; HYPOTHESIS_PROFILE=search draws new ones.
hypothesis.settings.register_profile("portal", deadline=None, print_blob=True, derandomize=True)
hypothesis.settings.register_profile("search", deadline=None, print_blob=True)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "portal"))


def pytest_configure(config: pytest.Config) -> None:
    # Registered here, since the process that prints the summary loads no conftest of a folder.
    config.pluginmanager.register(summary, "scenarios-summary")
    config.pluginmanager.register(lighthouse_summary, "lighthouse-summary")
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.STORAGES = {
        **settings.STORAGES,
        # Tests read the sources; hashed names exist only after collectstatic.
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    _wait_for_no_disk()
    _empty_tables_despite_their_triggers()


def _wait_for_no_disk() -> None:
    """SQLite syncs at every commit, as it must; no test cuts the power. Processes that tests start keep FULL."""
    options = connections["default"].settings_dict["OPTIONS"]
    if connections["default"].vendor == "sqlite":
        options["init_command"] = options["init_command"].replace("synchronous=FULL", "synchronous=OFF")


def pytest_report_header() -> str:
    engine = connections["default"].vendor
    return f"database: {engine}, broker: {'redis' if settings.REDIS_URL else 'files'}"


def _empty_tables_despite_their_triggers() -> None:
    """Between transactional tests Django empties every table, which the ledger refuses by design."""
    fixture_teardown = TransactionTestCase._fixture_teardown

    def teardown(self) -> None:
        connection = connections["default"]
        databases = self._databases_names(include_mirrors=False)
        if emptying.only_the_default(databases) and emptying.emptied(connection):
            return
        with may_be_emptied(connection):
            fixture_teardown(self)
        emptying.remember(connection)

    TransactionTestCase._fixture_teardown = teardown


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory, django_db_modify_db_settings_parallel_suffix) -> None:
    """SQLite: a file of this run alone, so that two runs in one checkout do not meet."""
    connection = connections["default"]
    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")


@pytest.fixture(scope="session")
def var_dir(tmp_path_factory) -> Path:
    """The `var/` of this run: what a test sends must not reach the worker of a portal that runs meanwhile."""
    return tmp_path_factory.mktemp("var")


@pytest.fixture(scope="session", autouse=True)
def broker_of_this_run(var_dir) -> None:
    """A queue that nobody works off; a test with a worker has one of its own."""
    celery_app.conf.task_default_queue = f"tests-{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
    if not settings.REDIS_URL:
        for name in ("messages", "control"):
            (var_dir / "broker" / name).mkdir(parents=True)
        celery_app.conf.broker_transport_options = {
            "data_folder_in": str(var_dir / "broker" / "messages"),
            "data_folder_out": str(var_dir / "broker" / "messages"),
            "control_folder": str(var_dir / "broker" / "control"),
        }


@pytest.fixture(scope="session")
def process_environment(django_db_setup, var_dir) -> dict[str, str]:
    """The variables with which another process works on the database and broker of this test run."""
    return {
        **os.environ,
        "DATABASE_URL": _test_database_url(),
        "PORTAL_VAR_DIR": str(var_dir),
        "CELERY_QUEUE": celery_app.conf.task_default_queue,
    }


@pytest.fixture(autouse=True)
def language_of_the_source() -> Iterator[None]:
    """A thread keeps the language of its last page; the next test starts without it."""
    with translation.override(settings.LANGUAGE_CODE):
        yield


def _test_database_url() -> str:
    name = connections["default"].settings_dict["NAME"]
    if connections["default"].vendor == "sqlite":
        return f"sqlite:///{name}"
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()


@pytest.fixture
def celery_worker_process(transactional_db, process_environment, tmp_path) -> Iterator[subprocess.Popen]:
    """A real worker on the test database, for this test alone: no other test's tasks are done behind its back."""
    nobodys = celery_app.conf.task_default_queue
    queue = celery_app.conf.task_default_queue = f"{nobodys}-{uuid4()}"
    log = tmp_path / "worker.log"
    command = [sys.executable, "-m", "celery", "-A", "finance_portal", "worker", "--concurrency=2"]
    with log.open("wb") as output:
        worker = subprocess.Popen(
            [*command, "--without-gossip", "--without-mingle", "--loglevel=INFO"],
            cwd=BASE_DIR,
            env={**process_environment, "CELERY_QUEUE": queue},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_for_line(" ready.", log, worker)
        yield worker
    finally:
        celery_app.conf.task_default_queue = nobodys
        # It finishes what it has begun, before the tables are emptied.
        worker.terminate()
        worker.wait(60)


def _wait_for_line(words: str, log: Path, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + WORKER_STARTS_WITHIN_SECONDS
    while words not in log.read_text():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            pytest.fail(f"The worker did not start:\n{log.read_text()}")
        time.sleep(0.1)
