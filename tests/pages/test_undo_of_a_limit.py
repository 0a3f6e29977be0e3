"""Undo in the toast: a new, recorded change, opened with what stood there before."""

from html import unescape

import pytest
from django.urls import reverse

from credit.groups import MANAGER, OFFICER
from tests.factories import a_wallet, an_organization
from tests.pages.people import signed_in

pytestmark = pytest.mark.django_db


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
