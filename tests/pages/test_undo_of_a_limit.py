"""Undo in the toast: a new, recorded change, opened with what stood there before."""

from datetime import timedelta
from html import unescape

import pytest
from django.urls import reverse
from django.utils import timezone

from credit.groups import MANAGER, OFFICER
from tests.factories import a_wallet, an_organization
from tests.pages.people import signed_in

pytestmark = pytest.mark.django_db

SOON, LATER = (f"{timezone.now() + timedelta(days=days):%Y-%m-%d}T18:00" for days in (4, 6))


def toast_after(group, wallet, **typed):
    client = signed_in(group)
    address = reverse("set_limit", args=[wallet.wallet_id])
    page = client.get(address)
    version = page.context["form"]["version"].value()
    given = {"limit_is": "amount", "reason_code": "review", "reason": "", "version": version, **typed}
    given["confirmed"] = "|".join(
        str(given.get(name, "")) for name in ("limit_is", "amount", "days", "ends_at", "starts_at")
    )
    answer = client.post(address, given, follow=True)
    return str(next(iter(answer.context["messages"])))


def test_undoing_the_first_limit_is_removing_it():
    wallet = a_wallet()
    assert reverse("remove_limit", args=[wallet.wallet_id]) in toast_after(OFFICER, wallet, amount="50")


def test_undoing_an_amount_is_setting_the_amount_before():
    wallet = a_wallet(permanent_limit="30")
    assert "?amount=30.00" in toast_after(OFFICER, wallet, amount="50")


def links_in(toast):
    return [unescape(part.partition('"')[0]) for part in toast.split('href="')[1:]]


def opened(group, address):
    return signed_in(group).get(address).context["form"].initial


def test_undoing_a_temporary_limit_that_replaced_another_is_having_the_other_again():
    wallet = a_wallet(an_organization(time_zone="Asia/Tokyo"))
    first = toast_after(OFFICER, wallet, amount="100", ends_at=SOON)
    assert [reverse("end_limit", args=[wallet.wallet_id, "temporary"]) in one for one in links_in(first)] == [
        True
    ]
    (undo,) = links_in(toast_after(OFFICER, wallet, amount="150", ends_at=LATER))
    given = opened(OFFICER, undo)
    assert (given["amount"], given["ends_at"], given["reason_code"]) == (
        "100.00",
        SOON,
        "correction",
    )


def test_undoing_a_scheduled_limit_that_replaced_another_is_having_the_other_again():
    wallet = a_wallet()
    lasts = {"starts_at": "2099-11-20T08:00", "ends_at": "2099-11-27T23:59"}
    first = toast_after(OFFICER, wallet, amount="100", **lasts)
    assert [reverse("end_limit", args=[wallet.wallet_id, "scheduled"]) in one for one in links_in(first)] == [
        True
    ]
    (undo,) = links_in(toast_after(OFFICER, wallet, amount="150", **lasts))
    assert {"amount": "100.00", **lasts}.items() <= opened(OFFICER, undo).items()


def test_a_permanent_limit_that_ended_a_temporary_one_offers_both_ways_back():
    wallet = a_wallet(permanent_limit="30")
    toast_after(OFFICER, wallet, amount="100", ends_at=SOON)
    undo, restore = links_in(toast_after(OFFICER, wallet, amount="150"))
    assert opened(OFFICER, undo)["amount"] == "30.00"
    given = opened(OFFICER, restore)
    assert (given["amount"], given["ends_at"]) == ("100.00", SOON)


def test_who_changes_a_running_temporary_limit_means_its_end_too():
    """An amount alone would be a permanent limit."""
    wallet = a_wallet()
    address = reverse("set_limit", args=[wallet.wallet_id])
    assert "ends_at" not in opened(OFFICER, address)
    toast_after(OFFICER, wallet, amount="100", ends_at=SOON)
    assert opened(OFFICER, address)["ends_at"] == SOON
    assert opened(OFFICER, address + "?reason_code=review")["ends_at"] == SOON
    assert "ends_at" not in opened(OFFICER, address + "?amount=30.00")


def test_the_panel_says_that_a_limit_without_an_end_is_permanent_and_what_it_ends():
    wallet = a_wallet()
    toast_after(OFFICER, wallet, amount="100", ends_at=SOON)
    typed = {"limit_is": "amount", "amount": "150"}
    answer = (
        signed_in(OFFICER).post(reverse("preview_limit", args=[wallet.wallet_id]), typed).content.decode()
    )
    assert "Permanent:" in answer
    assert "it holds until somebody changes it. The temporary limit of 100.00 EUR ends at once." in answer


def test_undoing_is_a_correction_unless_another_reason_is_chosen():
    client = signed_in(OFFICER)
    for before in ({"permanent_limit": "30"}, {}):
        wallet = a_wallet(**before)
        toast = toast_after(OFFICER, wallet, amount="50")
        address = unescape(toast.partition('href="')[2].partition('"')[0])
        assert client.get(address).context["form"]["reason_code"].value() == "correction"
    page = client.get(reverse("set_limit", args=[wallet.wallet_id]), {"reason_code": "no such"})
    assert page.status_code == 200 and 'value="no such"' not in page.content.decode()


def test_undoing_the_end_of_unlimited_opens_the_form_with_unlimited_to_save_or_to_ask_for():
    for group in (MANAGER, OFFICER):
        assert "?limit_is=unlimited" in toast_after(group, a_wallet(limit_unlimited=True), amount="50")


def test_an_end_is_said_by_the_customers_clock_and_by_the_viewers_where_they_differ():
    """The row behind the toast says it by the viewer's."""
    here, far = (a_wallet(an_organization(time_zone=zone)) for zone in ("Europe/Bratislava", "Asia/Tokyo"))
    assert "for you" not in toast_after(OFFICER, here, amount="50", days="4")
    toast = toast_after(OFFICER, far, amount="50", days="4")
    assert " in Tokyo, " in toast and "for you. Usable" in toast


def ways_in_the_history(group, wallet):
    page = signed_in(group).get(reverse("organization", args=[wallet.organization.uuid]))
    return [entry.again for entry in page.context["limits"].entries if entry.again], page.content.decode()


def test_without_the_toast_the_history_leads_back_to_a_limit_that_is_over():
    wallet = a_wallet(an_organization(time_zone="Asia/Tokyo"), permanent_limit="30")
    toast_after(OFFICER, wallet, amount="40")
    toast_after(OFFICER, wallet, amount="100", ends_at=SOON)
    toast_after(OFFICER, wallet, amount="150", ends_at=LATER)
    (replaced,), page = ways_in_the_history(OFFICER, wallet)
    assert "Set it again" in page
    given = opened(OFFICER, replaced)
    assert (given["amount"], given["ends_at"]) == ("100.00", SOON)
    toast_after(OFFICER, wallet, amount="60")
    ways, _page = ways_in_the_history(OFFICER, wallet)
    assert [opened(OFFICER, way)["amount"] for way in ways] == ["150.00", "100.00", "40.00"]
    assert "ends_at" not in ways[-1]


def test_neither_what_is_in_force_nor_what_is_over_by_its_time_is_offered_again():
    wallet = a_wallet(permanent_limit="30")
    for amount in ("40", "50", "40"):
        toast_after(OFFICER, wallet, amount=amount)
    ways, page = ways_in_the_history(OFFICER, wallet)
    assert [opened(OFFICER, way)["amount"] for way in ways] == ["50.00"]
    assert "Set it again" not in ways_in_the_history("Viewer", wallet)[1] and "Set it again" in page
