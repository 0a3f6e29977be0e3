"""Changing mode, scheme, status and zone as forms: preview, the limit in the same step, two people at once."""

import pytest
from django.urls import reverse

from credit.forms.money import new_key
from credit.groups import MANAGER
from credit.models import Change, Wallet
from tests.factories import an_organization, micros
from tests.pages.people import (
    HTMX,
    address,
    charge,
    fresh,
    live,
    postpaid,
    prepaid,
    said,
    send,
    signed_in,
    somebody,
    text,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager():
    return signed_in(MANAGER)


# --- mode and scheme --------------------------------------------------------------------------------------------------


def change_form(client, where, **typed):
    version = client.get(where).context["form"]["version"].value()
    return {
        "key": new_key(),
        "version": version,
        "reason_code": "contract",
        "reason": "New contract",
        **typed,
    }


def test_nobody_becomes_postpaid_without_a_limit_in_the_same_step(manager):
    wallet = prepaid()
    where = address("change_mode", wallet)
    answer = manager.post(where, change_form(manager, where, scheme="consolidated", limit=""))
    assert answer.status_code == 422
    assert "limit" in answer.context["form"].errors
    assert said(
        manager.post(where, change_form(manager, where, scheme="consolidated", limit="500"))
    ).startswith(f"{wallet.wallet_id} is postpaid now.")
    assert fresh(wallet).permanent_limit_micros == micros("500")


def test_the_preview_of_a_mode_change_writes_nothing(manager):
    wallet = prepaid(paid="40")
    where = address("change_mode", wallet)
    form = change_form(manager, where, scheme="consolidated", limit="500", preview="1")
    shown = manager.post(where, form)
    assert shown.status_code == 200
    assert shown.context["after"]["usable"] == micros("540")
    part = manager.post(where, form, **HTMX)
    assert b"<form" not in part.content
    assert b"540.00" in part.content
    assert fresh(wallet).mode == "prepaid"


def test_becoming_prepaid_asks_whether_the_limit_stays(manager):
    wallet = postpaid(limit="1000")
    charge(wallet, "200")
    where = address("change_mode", wallet)
    unanswered = manager.post(where, change_form(manager, where))
    assert "keep_limit" in unanswered.context["form"].errors
    said(manager.post(where, change_form(manager, where, keep_limit="remove")))
    now = live(wallet)
    assert (now.mode, now.limit_state, now.balance_micros) == ("prepaid", "not_set", micros("-200"))


def test_two_people_at_once_the_second_is_told_of_the_first(manager):
    wallet = postpaid()
    where = address("change_scheme", wallet)
    first, second = (change_form(manager, where, scheme=scheme) for scheme in ("none", "individual"))
    said(manager.post(where, first))
    answer = manager.post(where, second)
    assert answer.status_code == 409
    assert "Eva Horváthová changed it" in text(answer)
    assert fresh(wallet).scheme == "none"


# --- statuses ---------------------------------------------------------------------------------------------------------


def test_suspending_names_that_it_stops_all_wallets_and_resuming_undoes_it(manager):
    organization = an_organization()
    wallets = [prepaid(organization=organization) for _ in range(2)]
    where = reverse("suspend_organization", args=[organization.uuid])
    assert "withdrawals and transfers out on all its 2 open wallets" in text(manager.get(where))
    said(send(manager, where, reason_code="risk", reason="No answer"))
    assert {live(wallet).standing for wallet in wallets} == {"suspended"}
    said(
        send(
            manager,
            reverse("resume_organization", args=[organization.uuid]),
            reason_code="other",
            reason="Paid",
        )
    )
    assert {live(wallet).standing for wallet in wallets} == {"works"}
    assert Change.objects.filter(verb="suspend", by_user=somebody(MANAGER), reason="No answer").exists()


def test_a_change_needs_a_reason_in_words(manager):
    where = reverse("suspend_organization", args=[prepaid().organization.uuid])
    answer = send(manager, where, reason_code="risk", reason=" ")
    assert answer.context["form"].errors["reason"] == ["Say why in a few words."]


def test_a_time_zone_is_changed_for_all_wallets(manager):
    wallet = postpaid()
    end = fresh(wallet).period_ends_at
    where = reverse("change_time_zone", args=[wallet.organization.uuid])
    said(send(manager, where, time_zone="Asia/Tokyo", reason_code="correction", reason="Moved"))
    assert fresh(wallet).time_zone == "Asia/Tokyo"
    assert fresh(wallet).period_ends_at == end


def test_a_wallet_that_is_not_empty_is_not_closed(manager):
    wallet = prepaid(paid="1")
    answer = send(manager, address("close_wallet", wallet), reason_code="contract", reason="Left")
    assert "The wallet is not empty." in text(answer)
    assert fresh(wallet).closed_at is None


def test_an_empty_wallet_is_closed_and_reopened(manager):
    wallet = prepaid(paid=None)
    assert (
        said(send(manager, address("close_wallet", wallet), reason_code="contract", reason="Left"))
        == f"{wallet.wallet_id} is closed."
    )
    page = manager.get(reverse("organization", args=[wallet.organization.uuid]))
    assert "It takes no postings until it is reopened." in text(page)
    assert address("add_payment", wallet) not in page.content.decode()
    said(send(manager, address("reopen_wallet", wallet), reason_code="contract", reason="Came back"))
    assert Wallet.objects.get().closed_at is None
