"""`python -m tests.storm`: a PostgreSQL and a Redis of its own, the storm, the figures. Ends with 1 at any fault.

With DATABASE_URL the storm takes that server, and a database of its own on it, which it drops afterwards.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from tests import servers


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.storm")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--kills", type=int, default=2, help="how often the web server is killed")
    chosen = parser.parse_args(arguments)
    given = os.environ.get("DATABASE_URL", "")
    if given and not given.startswith("postgres"):
        sys.exit(
            "The storm needs PostgreSQL: many writers at once. Unset DATABASE_URL, and it starts one of its own."
        )
    with servers.environment() as env, tempfile.TemporaryDirectory() as name, _database(env) as url:
        os.environ.update({**env, "DATABASE_URL": url, "PORTAL_VAR_DIR": name})
        return _blow(chosen, Path(name))


@contextmanager
def _database(env: dict[str, str]) -> Iterator[str]:
    name = f"storm_{os.getpid()}"
    with psycopg.connect(env["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    try:
        yield urlsplit(env["DATABASE_URL"])._replace(path=f"/{name}").geturl()
    finally:
        with psycopg.connect(env["DATABASE_URL"], autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _blow(chosen: argparse.Namespace, directory: Path) -> int:
    os.environ["DJANGO_SETTINGS_MODULE"] = "finance_portal.settings"
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    from tests.storm import run

    call_command("migrate", verbosity=0)
    env = {**os.environ, "SECRET_KEY": settings.SECRET_KEY}
    log = directory / "web.log"
    report = run.blow(env, log, seconds=chosen.seconds, seed=chosen.seed, kills=chosen.kills)
    sys.stdout.write(
        f"Storm of {chosen.seconds:g} s, {run.CLIENTS} clients, seed {chosen.seed}\n{report.text()}\n"
    )
    if report.faults:
        sys.stderr.write(f"The end of the log:\n{log.read_text()[-4000:]}\n")
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
