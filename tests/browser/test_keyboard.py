"""The keyboard as design.md section 5 has it: moving, opening, ticking, paging, going to places; and switched off."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from credit.models import Preferences, SavedView
from tests.factories import a_wallet, an_organization


@pytest.fixture
def customers(transactional_db):
    """More than a page of them."""
    now = timezone.now()
    return [
        a_wallet(
            an_organization(name=f"Customer {number:02}"),
            wallet_id=f"W-4071-{number:04}",
            permanent_limit="100",
            latest_at=now,
            created_at=now,
        )
        for number in range(60)
    ]


@pytest.fixture
def page(desks, customers):
    return desks("eva").open("/organizations/")


def row_in_focus(page):
    return page.evaluate("document.activeElement.closest('[data-row]')?.id.replace('row-', '') ?? null")


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def test_j_k_and_the_arrows_move_through_the_rows_and_enter_opens_one(page):
    press(page, "j")
    assert row_in_focus(page) == "W-4071-0000"
    press(page, "j", "ArrowDown", "k", "ArrowUp", "ArrowUp")
    assert row_in_focus(page) == "W-4071-0000", "the first row is where moving up ends"
    press(page, "j", "Enter")
    page.wait_for_url("**/organizations/*-*/?wallet=W-4071-0001")


def test_o_opens_the_row_and_p_its_payment(page):
    press(page, "j", "p")
    page.wait_for_selector("#panel[open] h2:has-text('Add payment')")
    press(page, "Escape")
    page.wait_for_selector("#panel", state="hidden")
    assert row_in_focus(page) == "W-4071-0000", "the focus is where it was"
    press(page, "o")
    page.wait_for_url("**/?wallet=W-4071-0000")


def test_l_acts_on_the_only_row_and_on_none_of_many(page):
    press(page, "l")
    expect(page.locator("#panel")).not_to_have_attribute("open", "")
    page.goto(f"{page.url}?q=W-4071-0007")
    press(page, "l")
    expect(page.locator("#panel[open]")).to_contain_text("W-4071-0007")


def test_a_click_on_the_limit_sets_it(page):
    page.locator("#row-W-4071-0003 .c-lim").click()
    expect(page.locator("#panel[open]")).to_contain_text("W-4071-0003")


def test_brackets_turn_the_pages_and_f_leads_to_the_first_filter(page):
    press(page, "]")
    page.wait_for_url("**after=*")
    press(page, "[")
    page.wait_for_url("**before=*")
    press(page, "f")
    assert page.evaluate("document.activeElement.matches('.chips summary')")


def test_m_opens_the_rows_menu_in_which_the_arrows_move(page):
    press(page, "j", "m", "ArrowDown")
    assert "Set credit limit" in page.evaluate("document.activeElement.textContent")
    press(page, "Escape")
    expect(page.locator("details.menu[open]")).to_have_count(0)


def test_x_ticks_the_row_and_with_shift_all_from_the_last_tick(page):
    press(page, "j", "x")
    expect(page.locator("[data-row] .c-pick input:checked")).to_have_count(1)
    press(page, "j", "j", "Shift+X")
    expect(page.locator("[data-row] .c-pick input:checked")).to_have_count(3)
    press(page, "x")
    expect(page.locator("[data-row] .c-pick input:checked")).to_have_count(2)


def test_c_copies_the_wallet_id(page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    press(page, "j", "j", "c")
    page.wait_for_selector("#toasts:has-text('W-4071-0001')")
    assert page.evaluate("navigator.clipboard.readText()") == "W-4071-0001"


def test_g_and_a_letter_lead_to_a_place_and_one_letter_alone_does_not(page):
    press(page, "i")
    assert page.url.endswith("/organizations/")
    press(page, "g", "i")
    page.wait_for_url("**/invoices/")
    press(page, "g", "o")
    page.wait_for_url("**/organizations/")


def test_g_and_a_letter_lead_to_a_place_where_the_menu_is_folded_away(page):
    page.set_viewport_size({"width": 390, "height": 844})
    press(page, "g", "i")
    page.wait_for_url("**/invoices/")


def test_letters_are_text_inside_a_field(page):
    press(page, "/")
    page.keyboard.type("jgo?")
    assert page.input_value("#q") == "jgo?"
    expect(page.locator("#keys")).not_to_be_visible()


def test_the_map_lists_the_keys_and_switches_single_letters_off_for_the_person(page):
    press(page, "?")
    assert "Tick the row" in page.inner_text("#keys")
    with page.expect_response("**/you/letters/") as answer:
        page.uncheck("#keys input[name=on]")
    assert answer.value.status == 204
    press(page, "Escape", "j")
    assert row_in_focus(page) is None
    page.reload()
    press(page, "j", "g", "i")
    assert row_in_focus(page) is None and page.url.endswith("/organizations/")
    assert Preferences.objects.get().single_letters is False
    page.click(".account summary")
    page.click("[data-keys]")
    page.check("#keys input[name=on]")
    press(page, "Escape", "j")
    assert row_in_focus(page) == "W-4071-0000"


def test_a_view_is_saved_and_columns_are_chosen_over_the_list(page):
    page.click("#chip-limit summary")
    page.click("#chip-limit >> text=permanent")
    page.click("text=Save this view")
    page.fill("#panel #id_name", "With a limit")
    press(page, "Control+Enter")
    page.wait_for_selector(".tabs [aria-current]:has-text('With a limit')")
    assert SavedView.objects.get().query == "limit=permanent"
    page.click("text=Columns")
    page.uncheck("#panel >> text=Balance")
    press(page, "Control+Enter")
    expect(page.locator("#by-balance")).to_have_count(0)
    page.go_back()
    expect(page.locator(".tabs [aria-current]")).to_have_text("All wallets")


def test_views_columns_and_the_clock_are_chosen_without_script(desks, customers):
    page = desks("jana", java_script_enabled=False).open("/organizations/?limit=permanent")
    page.click("text=Save this view")
    page.fill("#id_name", "With a limit")
    page.check("#id_is_shared")
    page.click("[data-primary]")
    assert "With a limit" in page.inner_text(".tabs [aria-current]")
    page.click("text=Columns")
    page.uncheck("main >> text=Balance")
    page.click("[data-primary]")
    assert page.locator("#by-balance").count() == 0
    page.goto(page.url.split("/organizations/")[0] + "/you/")
    page.select_option("#id_time_zone", "Asia/Tokyo")
    page.click("main [data-primary]")
    assert "Tokyo" in page.inner_text(".top .now")
