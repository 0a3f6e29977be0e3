"""A portal with the demo's data in a process of its own: SQLite, hashed and compressed static files, the web server.

`python -m tests.browser.demo FILE` makes the data (its variables say where) and writes down what there is to open.
"""

import fcntl
import gzip
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tests.ports import free_port

BASE_DIR = Path(__file__).resolve().parent.parent.parent
ORGANIZATIONS = 100
STARTS_WITHIN_SECONDS = 60
# How Chromium is started without a screen.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class Visited(NamedTuple):
    name: str
    path: str
    weight: int  # bytes, compressed, with all that the page names; 0 where nobody counts
    queries: int


@dataclass
class Demo:
    """Pages by group, and a session per person."""

    url: str
    pages: dict[str, list["Visited"]]
    sessions: dict[str, str]

    def cookie(self, person: str) -> dict[str, str]:
        return {"name": "sessionid", "value": self.sessions[person], "url": self.url}


def made(shared: Path) -> Path:
    """The folder with the data; made by the first process that asks, kept for the others."""
    folder = shared / "demo"
    with (shared / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "pages.json").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            command = [sys.executable, "-m", "tests.browser.demo", str(folder / "pages.json")]
            answer = subprocess.run(
                command, cwd=BASE_DIR, env=_environment(folder), capture_output=True, text=True, check=False
            )
            assert answer.returncode == 0, answer.stderr[-4000:]
    return folder


def serve(folder: Path, log: Path) -> tuple[subprocess.Popen, Demo]:
    from finance_portal import supervisor

    port = free_port()
    command = list(supervisor.COMMANDS["web"])
    command[command.index("--port") + 1] = str(port)
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=BASE_DIR, env=_environment(folder), stdout=output, stderr=output
        )
    _wait(process, port, log)
    known = json.loads((folder / "pages.json").read_text())
    pages = {group: [Visited(*page) for page in pages] for group, pages in known["pages"].items()}
    return process, Demo(f"http://127.0.0.1:{port}", pages, known["sessions"])


def _environment(folder: Path) -> dict[str, str]:
    ours = ("DATABASE_URL", "REPLICA_DATABASE_URL", "REDIS_URL", "DEBUG", "SECRET_KEY")
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return {**kept, "PORTAL_VAR_DIR": str(folder), "DATABASE_URL": f"sqlite:///{folder / 'demo.sqlite3'}"}


def _wait(process: subprocess.Popen, port: int, log: Path) -> None:
    deadline = time.monotonic() + STARTS_WITHIN_SECONDS
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"The portal did not start:\n{log.read_text()[-4000:]}") from None
            time.sleep(0.05)


# -- in the process that makes the data


def make(written: Path) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "finance_portal.settings"
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("seed_demo", organizations=ORGANIZATIONS, verbosity=0)
    from benchmarks.page_addresses import SHOWN
    from benchmarks.page_examples import add_what_the_demo_lacks

    add_what_the_demo_lacks(SHOWN)
    draft = written.with_suffix(".draft")
    sessions = _sessions()
    draft.write_text(json.dumps({"pages": _pages(), "sessions": sessions}))
    draft.rename(written)


def _sessions() -> dict[str, str]:
    from django.contrib.auth.models import User
    from django.test import Client

    User.objects.filter(username="admin").update(is_staff=True, is_superuser=True)
    found = {}
    for name in ("admin", "viewer"):
        client = Client()
        client.force_login(User.objects.get(username=name))
        found[name] = client.cookies["sessionid"].value
    return found


def _pages() -> dict[str, list[list[object]]]:
    """Only what is a page: no downloads, no addresses that take what is sent to them and lead on."""
    from django.conf import settings
    from django.contrib.auth.models import User
    from django.test import Client

    from benchmarks import page_addresses

    settings.ALLOWED_HOSTS = ["testserver"]
    client = Client()
    client.force_login(User.objects.get(username="admin"))
    groups = {
        "lists": page_addresses.lists(),
        "portal": page_addresses.portal(),
        "panels": page_addresses.panels(),
        "admin": page_addresses.admin_pages(),
    }
    return {
        group: [found for page in pages if (found := _asked(client, page, group != "admin"))]
        for group, pages in groups.items()
    }


def _asked(client, page, counted: bool) -> list[object] | None:
    """[name, path, bytes, queries] of a page; counted the second time, since the first fills caches of the process."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    headers = {"HX-Request": "true"} if page.htmx else {}
    answer = client.get(page.path, headers=headers)
    assert answer.status_code in (200, 301, 302, 405), f"{page.path} answers {answer.status_code}"
    if answer.status_code != 200 or answer.streaming or "text/html" not in answer["Content-Type"]:
        return None
    # Over the list only what is a panel opens; other answers without a head are parts that a page fetches.
    if (b"data-panel-form" if page.htmx else b"<html") not in answer.content:
        return None
    if not counted:
        return [page.name, page.path, 0, 0]
    with CaptureQueriesContext(connection) as queries:
        client.get(page.path, headers=headers)
    return [page.name, page.path, _weight(answer.content), len(queries)]


def _weight(html: bytes) -> int:
    """Bytes that a first visit takes, compressed: the page, and every style, script and icon that it names."""
    from django.conf import settings

    names = {name.decode() for name in re.findall(rb"""(?:href|src)="/static/([^"#?]+)""", html)}
    return len(gzip.compress(html)) + sum(_compressed(Path(settings.STATIC_ROOT) / name) for name in names)


def _compressed(file: Path) -> int:
    small = file.with_name(f"{file.name}.gz")
    return (small if small.exists() else file).stat().st_size


if __name__ == "__main__":
    make(Path(sys.argv[1]))
