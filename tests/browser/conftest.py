"""Chromium on a running portal. Where there is no Chromium these tests fail: a page nobody opened is not tested."""

import os
import shutil
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import Group, User
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from credit.groups import MANAGER, OFFICER
from tests.browser.demo import FLAGS, Demo, made, serve

PATIENCE_MS = 20_000


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in str(item.path):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    # Playwright's loop runs in this thread; the tests' own queries beside it are meant.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def demo(tmp_path_factory) -> Iterator[Demo]:
    """The demo's portal, for tests that look and change nothing. Its data is made once for all processes of a run."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if os.environ.get("PYTEST_XDIST_WORKER") else own
    process, portal = serve(made(shared), own / "demo.log")
    yield portal
    process.terminate()
    process.wait(60)


class Desk:
    """One person at one browser. Whatever the browser's console complains about fails the test."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.address = address
        self.page: Page = context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda line: self._hear(line.type, line.text))

    def _hear(self, kind: str, text: str) -> None:
        # A refusal comes as 409 or 422, which the browser writes down as a failed resource.
        if kind == "error" and "409" not in text and "422" not in text:
            self.complaints.append(text)

    def sign_in(self, name: str) -> "Desk":
        self.page.goto(f"{self.address}/sign-in/")
        self.page.fill("#id_username", name)
        self.page.fill("#id_password", name)
        self.page.click("text=Sign in >> nth=-1")
        self.page.wait_for_selector("#nav", state="attached")
        return self

    def open(self, path: str) -> Page:
        self.page.goto(f"{self.address}{path}")
        return self.page

    def panel_of(self, text: str) -> Page:
        """Finds the customer by typing, and opens Set credit limit, all with the keyboard."""
        page = self.open("/organizations/")
        page.keyboard.press("/")
        page.keyboard.type(text)
        expect(page.locator("[data-row]")).to_have_count(1)
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press("j")
        page.keyboard.press("l")
        page.wait_for_selector("#panel[open] #id_amount")
        return page


@pytest.fixture
def desks(chromium, live_server, transactional_db) -> Iterator[object]:
    opened: list[tuple[BrowserContext, Desk]] = []
    for name, first, last, group in [
        ("eva", "Eva", "Horváthová", OFFICER),
        ("jana", "Jana", "Kováčová", MANAGER),
    ]:
        user = User.objects.create_user(name, password=name, first_name=first, last_name=last)
        user.groups.add(Group.objects.get(name=group))

    def desk(name: str, **settings: object) -> Desk:
        context = chromium.new_context(viewport={"width": 1440, "height": 1000}, **settings)
        person = Desk(context, live_server.url)
        opened.append((context, person))
        return person.sign_in(name)

    yield desk
    for context, person in opened:
        context.close()
        assert person.complaints == []
