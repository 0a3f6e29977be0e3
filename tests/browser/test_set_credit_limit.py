"""Finding a customer, previewing, setting, colliding and expiring, as a person sees it."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from credit.actions import limits
from credit.actors import Actor
from credit.models import Wallet
from tests.factories import a_wallet, an_organization


@pytest.fixture
def node_nexus(transactional_db):
    """Prepaid, at its limit: balance −100, limit 100, usable 0."""
    now = timezone.now()
    organization = an_organization(name="Node Nexus Network OÜ", time_zone="Europe/Tallinn")
    a_wallet(an_organization(name="Algorithm s.r.o."), wallet_id="W-4071-0547", permanent_limit="100")
    return a_wallet(
        organization,
        wallet_id="W-4071-2236",
        balance="-100",
        permanent_limit="100",
        latest_at=now - timedelta(days=1),
        created_at=now - timedelta(days=60),
    )


def live(wallet):
    return Wallet.objects.at(timezone.now()).get(pk=wallet.pk)


def row(page):
    return page.inner_text("#row-W-4071-2236")


@pytest.mark.parametrize("text", ["node ou", "w40712236", "4071 2236"])
def test_a_customer_is_found_by_typing_and_the_address_can_be_kept(desks, node_nexus, text):
    page = desks("eva").panel_of(text)
    assert "Node Nexus Network OÜ" in page.inner_text("#panel .phead")
    page.keyboard.press("Escape")
    page.wait_for_selector("#panel", state="hidden")
    assert page.url.endswith(f"/organizations/?q={text.replace(' ', '+')}")
    page.reload()
    assert page.locator("[data-row]").count() == 1


def test_a_temporary_limit_is_previewed_while_typing_and_saved_by_keyboard_alone(desks, node_nexus):
    page = desks("eva").panel_of("node")
    assert "Blocked" in page.inner_text("#preview")
    page.keyboard.type("150")
    page.keyboard.press("Tab")
    page.fill("#id_days", "7")
    page.wait_for_selector("#ends-note:has-text('Ends by itself on')")
    page.wait_for_selector("#preview:has-text('After it ends')")
    assert "in Tallinn" in page.inner_text("#ends-note")
    assert page.inner_text("#amount-note") == "+50 over the permanent 100"
    assert "50.00" in page.inner_text("#preview .sum .after")
    assert live(node_nexus).limit_state == "permanent", "a preview writes nothing"

    page.select_option("#id_reason_code", "payment_promised")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#toasts:has-text('Usable 50.00 EUR')")
    assert "150.00" in row(page) and "→ 100" in row(page) and "50.00 EUR" in row(page)
    assert page.evaluate("document.activeElement.closest('tr').id") == "row-W-4071-2236"
    assert live(node_nexus).usable_micros == 50_000_000


def test_what_is_saved_from_the_home_page_is_said_there_and_its_row_is_gone(desks, node_nexus):
    page = desks("eva").open("/")
    page.click(".todo li:has-text('Node Nexus') a[data-panel]")
    page.wait_for_selector("#panel[open] #id_amount")
    page.fill("#id_amount", "150")
    page.fill("#id_days", "2")
    page.select_option("#id_reason_code", "payment_promised")
    page.click("#save")
    page.wait_for_selector("#toasts:has-text('Usable 50.00 EUR')")
    expect(page.locator(".todo li:has-text('Node Nexus'):has-text('Blocked')")).to_have_count(0)
    assert page.url.endswith("/") and page.locator("#panel[open]").count() == 0


def test_a_quick_raise_and_days_need_no_typing(desks, node_nexus):
    page = desks("eva").panel_of("node")
    page.click("#panel button:has-text('+50 %')")
    page.click("#panel button[data-set='14']")
    page.wait_for_selector("#preview .sum .after:has-text('50.00')")
    assert (page.input_value("#id_amount"), page.input_value("#id_days")) == ("150.00", "14")


def test_a_running_limit_keeps_its_end_until_days_or_permanent_take_its_place(desks, node_nexus):
    by, now = Actor.system("Test"), timezone.now()
    limits.set_limit(wallet=node_nexus, amount="150", days=5, by=by, now=now)
    page = desks("eva").panel_of("node")
    end = page.input_value("#id_ends_at")
    assert end.startswith(
        f"{live(node_nexus).limit_ends_at.astimezone(ZoneInfo('Europe/Tallinn')):%Y-%m-%dT%H:%M}"
    )
    page.fill("#id_amount", "200")
    page.wait_for_selector("#preview:has-text('This replaces the running temporary limit')")
    page.fill("#id_days", "3")
    assert page.input_value("#id_ends_at") == ""
    page.fill("#id_ends_at", end[:16])
    assert page.input_value("#id_days") == ""
    page.click("#panel button:has-text('Permanent')")
    page.wait_for_selector("#ends-note:has-text('The temporary limit of 150.00 EUR ends at once.')")
    assert page.input_value("#id_ends_at") == ""
    page.select_option("#id_reason_code", "contract")
    page.click("#save")
    page.click("#toasts a:has-text('Have the temporary limit again')")
    page.wait_for_selector("#id_amount")
    assert (page.input_value("#id_amount"), page.input_value("#id_ends_at")[:16]) == ("150.00", end[:16])


def test_a_limit_that_blocks_needs_a_tick_and_its_button_names_the_deed(desks, node_nexus):
    page = desks("eva").panel_of("node")
    page.fill("#id_amount", "40")
    page.wait_for_selector("#save:has-text('Lower and block')")
    page.select_option("#id_reason_code", "risk")
    page.click("#save")
    page.wait_for_selector("[data-errors]:has-text('Tick the box')")
    assert page.input_value("#id_amount") == "40"
    page.check("#id_confirmed")
    page.click("#save")
    page.wait_for_selector("#toasts:has-text('40.00 EUR')")
    assert live(node_nexus).permanent_limit_micros == 40_000_000


def test_the_second_person_sees_the_first_ones_change_and_keeps_what_was_typed(desks, node_nexus):
    eva, jana = desks("eva"), desks("jana")
    hers, theirs = eva.panel_of("node"), jana.panel_of("node")
    theirs.fill("#id_amount", "200")
    theirs.select_option("#id_reason_code", "contract")
    theirs.click("#save")
    theirs.wait_for_selector("#toasts:has-text('200.00 EUR')")

    hers.fill("#id_amount", "150")
    hers.fill("#id_days", "7")
    hers.select_option("#id_reason_code", "payment_promised")
    hers.click("#save")
    hers.wait_for_selector("#panel .versus")
    assert "Jana Kováčová changed this wallet" in hers.inner_text("#panel .body")
    assert live(node_nexus).permanent_limit_micros == 200_000_000
    hers.click("text=Edit mine again")
    hers.wait_for_selector("#id_amount")
    assert (hers.input_value("#id_amount"), hers.input_value("#id_days")) == ("150", "7")
    hers.check("#id_confirmed")
    hers.click("#save")
    hers.wait_for_selector("#toasts:has-text('150.00 EUR')")
    assert live(node_nexus).effective_limit_micros == 150_000_000


def test_a_temporary_limit_ends_on_the_page_at_its_instant_with_no_worker_running(desks, node_nexus):
    now = timezone.now()
    by = Actor.system("Test")
    limits.set_limit(wallet=node_nexus, amount="150", ends_at=now + timedelta(seconds=12), by=by, now=now)
    page = desks("eva").open("/organizations/?q=node")
    assert "150.00" in row(page) and "50.00 EUR" in row(page)
    page.wait_for_timeout(max(0, (now + timedelta(seconds=12) - timezone.now()).total_seconds() * 1000 + 200))
    page.reload()
    assert "→" not in row(page) and "0.00 EUR" in row(page) and "Blocked" in row(page)


def test_escape_asks_once_and_only_if_something_was_typed(desks, node_nexus):
    page = desks("eva").panel_of("node")
    page.keyboard.type("15")
    page.keyboard.press("Escape")
    assert "Nothing is saved yet" in page.inner_text("[data-panel-say]")
    page.keyboard.press("Escape")
    page.wait_for_selector("#panel", state="hidden")


def test_the_browsers_back_button_closes_the_panel_and_stays_on_the_list(desks, node_nexus):
    page = desks("eva").panel_of("node")
    assert page.url.endswith("/wallets/W-4071-2236/limit/")
    page.go_back()
    page.wait_for_selector("#panel", state="hidden")
    assert page.url.endswith("/organizations/?q=node")


def test_everything_works_without_script(desks, node_nexus):
    page = desks("eva", java_script_enabled=False).open("/organizations/")
    page.fill("#q", "node")
    page.press("#q", "Enter")
    page.click("#row-W-4071-2236 summary")
    page.click("#row-W-4071-2236 >> text=Set credit limit")
    page.fill("#id_amount", "150")
    page.fill("#id_days", "7")
    page.click("button[name=preview]")
    assert "50.00" in page.inner_text("#preview .sum .after")
    page.select_option("#id_reason_code", "payment_promised")
    page.click("#save")
    assert "150.00 EUR" in page.inner_text("#toasts") and "150.00" in row(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_scrolls_sideways_at_any_width(desks, node_nexus, scheme):
    eva = desks("eva", color_scheme=scheme)
    for path in ("/organizations/", "/organizations/?q=nobody", "/wallets/W-4071-2236/limit/"):
        page = eva.open(path)
        for width in (390, 768, 1024, 1440, 1800):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)


def test_a_filter_and_an_order_are_chosen_in_place_and_the_address_says_so(desks, node_nexus):
    page = desks("eva").open("/organizations/")
    page.click("#chip-use summary")
    page.click("#chip-use >> text=blocked")
    expect(page.locator("[data-row]")).to_have_count(1)
    page.click("#by-usable a")
    page.wait_for_selector("#by-usable[aria-sort=ascending]")
    assert page.url.endswith("?use=blocked&sort=usable")
    page.click("#chip-use .x")
    expect(page.locator("[data-row]")).to_have_count(2)
    page.go_back()
    expect(page.locator("[data-row]")).to_have_count(1)
