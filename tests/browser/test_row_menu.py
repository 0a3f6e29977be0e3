"""A row's menu is whole wherever its row stands: nothing of it is cut by what the table scrolls in."""

import pytest
from django.utils import timezone

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
