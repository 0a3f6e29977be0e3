"""Ticking wallets in the list, as a person does it: by mouse, as a range, and on to the preview and the yes."""

import pytest
from playwright.sync_api import expect

from credit import tasks
from credit.models import BulkChange, Wallet
from tests.factories import a_wallet, an_organization, micros


@pytest.fixture
def five(transactional_db):
    return [
        a_wallet(an_organization(name=f"Customer {number}"), wallet_id=f"W-1-{number}", permanent_limit="100")
        for number in range(5)
    ]


def test_ticks_a_range_all_of_the_page_and_clearing_are_said_in_words(desks, five):
    page = desks("eva").open("/organizations/")
    bar, ticks = page.locator("#bulk"), page.locator("[data-tick]")
    expect(bar).to_be_hidden()

    ticks.nth(0).click()
    expect(bar).to_contain_text("1 wallet selected on this page.")
    ticks.nth(2).click(modifiers=["Shift"])
    expect(bar).to_contain_text("3 wallets selected on this page.")
    page.locator("[data-pick-all]").click()
    expect(bar).to_contain_text("5 wallets selected on this page.")

    page.get_by_role("button", name="Clear").click()
    expect(bar).to_be_hidden()
    assert page.locator("[data-tick]:checked").count() == 0


def test_from_ticks_over_the_preview_to_done(desks, five):
    page = desks("eva").open("/organizations/")
    page.locator("[data-tick]").nth(1).click()
    page.locator("[data-tick]").nth(3).click()
    page.get_by_role("button", name="Raise by…").click()
    expect(page.locator("main")).to_contain_text("2 wallets ticked in the list")

    page.fill("[name=percent]", "25")
    page.select_option("[name=reason_code]", "seasonal")
    page.fill("[name=reason]", "More calls in December")
    page.get_by_role("button", name="Preview 2 wallets").click()
    expect(page.locator("#rows-table")).to_contain_text("125.00")

    page.get_by_role("button", name="Change 2 wallets").click()
    expect(page.locator("#progress")).to_contain_text("Running")
    tasks.work_on_bulk_change(BulkChange.objects.get().pk)
    expect(page.locator("#progress")).to_contain_text("2 done, 0 left out.")
    raised = Wallet.objects.filter(permanent_limit_micros=micros("125")).values_list("wallet_id", flat=True)
    assert sorted(raised) == ["W-1-1", "W-1-3"]
