"""Menus are whole wherever they stand, pages begin at their top, and the focus stays where somebody works."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.factories import a_wallet, an_organization

SEEN = """menu => [...menu.querySelectorAll("li")].filter((item) => {
    const { x, y, width, height } = item.getBoundingClientRect();
    return item.contains(document.elementFromPoint(x + width / 2, y + height / 2));
}).length"""


@pytest.fixture
def customers(transactional_db):
    now = timezone.now()
    for number in range(40):
        name = "Only one" if number == 7 else f"Few {number:02}" if number > 36 else f"Many {number:02}"
        a_wallet(an_organization(name=name), permanent_limit="100", latest_at=now, created_at=now)


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (900, 800), (390, 844)])
def test_every_entry_can_be_pressed_in_a_list_of_one_of_few_and_of_many(desks, customers, width, height):
    page = desks("eva").open("/organizations/?q=only")
    page.set_viewport_size({"width": width, "height": height})
    for asked, row in (("?q=only", 0), ("?q=few", 0), ("?q=few", 2), ("?q=many", 0), ("?q=many", -1)):
        page.goto(page.url.partition("?")[0] + asked)
        page.locator(".wallets .menu > summary").nth(row).click()
        menu = page.locator(".wallets .menu[open] > ul")
        entries = menu.locator("li").count()
        assert menu.evaluate(SEEN) == entries >= 5, (asked, row)


@pytest.mark.parametrize("width", [390, 768, 1440])
def test_no_menu_reaches_beyond_the_window(desks, customers, width):
    page = desks("eva").open("/organizations/?q=only")
    page.locator(".wallets tbody th a").first.click()
    page.wait_for_url("**wallet=**")
    page.set_viewport_size({"width": width, "height": 844})
    portal, opened = page.url.partition("/organizations/")[0], 0
    for address in (page.url.removeprefix(portal), "/organizations/", "/invoices/", "/receivables/"):
        page.goto(portal + address)
        page.wait_for_load_state("networkidle")
        for menu in page.locator("details.menu").all():
            if not menu.locator("> summary").is_visible():
                continue
            menu.locator("> summary").scroll_into_view_if_needed()
            menu.evaluate("menu => { menu.open = true }")
            page.evaluate(
                "() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))"
            )
            left, right = menu.locator("> ul").evaluate(
                "list => [list.getBoundingClientRect().left, list.getBoundingClientRect().right]"
            )
            menu.evaluate("menu => { menu.open = false }")
            assert 0 <= left < right <= width, (page.url, menu.text_content(), left, right)
            opened += 1
    assert opened >= 8


def test_the_next_page_begins_at_its_first_row(desks, customers):
    page = desks("eva").open("/organizations/")
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator("#next").scroll_into_view_if_needed()
    assert page.evaluate("scrollY") > 1000
    page.click("#next")
    page.wait_for_url("**after=**")
    expect(page.locator("h1")).to_be_in_viewport()
    assert page.evaluate("document.activeElement.id") == "main", "there is no next one behind the last"


def test_from_the_search_an_arrow_leads_to_the_first_row(desks, customers):
    page = desks("eva").open("/organizations/")
    page.keyboard.press("/")
    page.keyboard.type("few")
    expect(page.locator("[data-row]")).to_have_count(3)
    page.keyboard.press("ArrowDown")
    expect(page.locator("[data-row] th a").first).to_be_focused()
    assert page.evaluate("document.activeElement.textContent").startswith("Few")
    page.keyboard.press("l")
    page.wait_for_selector("#panel[open] #id_amount")


def test_what_a_customers_page_has_saved_leaves_the_focus_where_it_was_and_escape_clears_the_toast(
    desks, customers
):
    page = desks("eva").open("/organizations/?q=only")
    page.locator(".wallets tbody th a").first.click()
    page.wait_for_url("**wallet=**")
    page.keyboard.press("l")
    page.wait_for_selector("#panel[open] #id_amount")
    page.fill("#id_amount", "150")
    page.select_option("#id_reason_code", "contract")
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-toast]")).to_have_count(1)
    expect(page.locator("#do-limit")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("[data-toast]")).to_have_count(0)
