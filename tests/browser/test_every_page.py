"""Every page and panel of the portal, with the demo's data: axe-core finds nothing, and no page scrolls sideways.

The same at 1440 and 390 pixels, in light and dark. Which pages there are, the page benchmark knows: a page nobody
added there fails `page_addresses`, and so this.
"""

import pytest
from django.db import connection
from django.test import RequestFactory

from benchmarks.page_addresses import SHOWN
from credit.views.errors import server_error
from tests.browser.looking import complaints

pytestmark = pytest.mark.skipif(
    connection.vendor != "sqlite",
    reason="What a browser is sent is the same; it is looked at in the run on SQLite.",
)

HEAVIEST_BYTES = 100_000
MOST_QUERIES = 30
# A past instant is rebuilt from every history there is.
MORE_QUERIES = {"organization: as of": 50}
# Of the many ways to ask the list, those that look different.
LISTS = ("all", "nothing found", "blocked", "temporary limits", "by usable, downwards")

ADMIN = ("wallet", "organization", "invoice", "transaction", "refusedline", "taxrate", "user")
# Of Django's own widgets: its search box has an icon for a label, its date and time share one, its tables of lines
# begin with a head that says nothing and scroll on a phone without a place for the focus.
DJANGOS_OWN = (
    "label-title-only",
    "aria-prohibited-attr",
    "label",
    "empty-table-header",
    "scrollable-region-focusable",
)


@pytest.fixture
def page(chromium, demo):
    """Signed in as somebody who may see everything."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    context.add_cookies([demo.cookie("admin")])
    yield context.new_page()
    context.close()


def found_on(page, demo, pages, without=()):
    """{page: complaints} of those that have any."""
    found = {}
    for asked in pages:
        page.goto(f"{demo.url}{asked.path}")
        if said := complaints(page, without):
            found[asked.name] = said
    return found


def test_every_page_is_light_and_asks_the_database_little(demo):
    """The weight is that of a first visit. Django's admin brings scripts of its own: 120 kB."""
    ours = [page for group in ("lists", "portal", "panels") for page in demo.pages[group]]
    heavy = {page.name: page.weight for page in ours if page.weight >= HEAVIEST_BYTES}
    curious = {
        page.name: page.queries for page in ours if page.queries > MORE_QUERIES.get(page.name, MOST_QUERIES)
    }
    assert (heavy, curious) == ({}, {})


@pytest.mark.parametrize("part", [0, 1, 2], ids=["first third", "second third", "last third"])
def test_every_page_can_be_read_by_everybody(page, demo, part):
    assert len(demo.pages["portal"]) > 30
    assert found_on(page, demo, demo.pages["portal"][part::3]) == {}


def test_every_state_of_the_list_can_be_read_by_everybody(page, demo):
    wanted = {f"list: {name}" for name in LISTS}
    asked = [one for one in demo.pages["lists"] if one.name in wanted]
    assert len(asked) == len(LISTS)
    assert found_on(page, demo, asked) == {}


@pytest.mark.parametrize("part", [0, 1], ids=["one half", "the other"])
def test_every_panel_can_be_read_by_everybody(page, demo, part):
    found = {}
    for one in demo.pages["panels"][part::2]:
        page.goto(f"{demo.url}/organizations/?q={SHOWN}")
        page.evaluate(
            """path => { const link = Object.assign(document.createElement("a"), {href: path});
            link.dataset.panel = ""; document.getElementById("main").append(link); link.click(); link.remove(); }""",
            one.path,
        )
        page.wait_for_url(f"**{one.path}")
        if said := complaints(page):
            found[one.name] = said
    assert found == {}


def test_what_opens_over_a_page_can_be_read_by_everybody(page, demo):
    found = {}
    page.goto(f"{demo.url}/organizations/")
    page.keyboard.press("?")
    found["the map of keys"] = complaints(page)
    page.keyboard.press("Escape")
    page.click("#chip-use summary")
    found["an open filter"] = complaints(page)
    page.keyboard.press("Escape")
    page.click("[data-row] summary")
    found["an open row menu"] = complaints(page)
    page.goto(f"{demo.url}/wallets/{SHOWN}/limit/")
    page.click("#save")
    page.wait_for_selector("[data-errors]")
    found["a refused limit"] = complaints(page)
    assert {name: said for name, said in found.items() if said} == {}


def test_what_goes_wrong_can_be_read_by_everybody(page, demo):
    found = {}
    page.goto(f"{demo.url}/no-such-page/")
    found["404"] = complaints(page)
    body = server_error(RequestFactory().get("/")).content.decode()
    page.route("**/broken/", lambda route: route.fulfill(status=500, body=body, content_type="text/html"))
    page.goto(f"{demo.url}/broken/")
    found["500"] = complaints(page)
    page.context.clear_cookies()
    page.context.add_cookies([demo.cookie("viewer")])
    page.goto(f"{demo.url}/api-clients/")
    assert "right" in page.inner_text("main")
    found["403"] = complaints(page)
    page.context.clear_cookies()
    page.goto(f"{demo.url}/sign-in/")
    found["signing in"] = complaints(page)
    page.fill("#id_username", "nobody")
    page.fill("#id_password", "wrong")
    page.click("text=Sign in >> nth=-1")
    page.wait_for_selector("[role=alert]")
    found["a refused sign-in"] = complaints(page)
    assert {name: said for name, said in found.items() if said} == {}


def test_the_admin_can_be_read_by_everybody(page, demo):
    """One list and one form of each sort; the others are made of the same parts."""
    wanted = {"admin/", *(f"admin/{model}/{form}" for model in ADMIN for form in ("", "<pk>/"))}
    pages = [one for one in demo.pages["admin"] if one.name in wanted]
    assert len(pages) > 10
    assert found_on(page, demo, pages, DJANGOS_OWN) == {}
