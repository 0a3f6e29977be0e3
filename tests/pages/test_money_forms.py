"""Money verbs as forms: what is said afterwards, what is refused at which field, and that a double click is one deed."""

from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils import timezone

from credit.actions import reservations, statuses
from credit.forms.money import new_key
from credit.groups import MANAGER
from credit.models import Change, Payment, Reservation, Transaction, Wallet
from tests.factories import an_organization, micros
from tests.pages.people import (
    HTMX,
    SYSTEM,
    ago,
    charge,
    close,
    fresh,
    live,
    postpaid,
    prepaid,
    signed_in,
    somebody,
    text,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager():
    return signed_in(MANAGER)


def address(name, wallet, *more):
    return reverse(name, args=[wallet.wallet_id, *more])


def send(client, where, **typed):
    return client.post(where, {"key": new_key(), **typed})


def said(answer):
    """The toast of a form that was saved."""
    assert answer.status_code == 302, text(answer)
    return str(list(get_messages(answer.wsgi_request))[-1])


def paid(**typed):
    return {"amount": "50", "received_on": f"{timezone.now():%Y-%m-%d}", "method": "bank_transfer", **typed}


# --- payment ----------------------------------------------------------------------------------------------------------


def test_a_payment_says_how_much_debt_it_cleared_and_what_is_usable_now(manager):
    wallet = prepaid(limit="100", paid=None)
    charge(wallet, "30")
    words = said(send(manager, address("add_payment", wallet), **paid()))
    assert words == "Recorded 50.00 EUR. It cleared 30.00 EUR of debt. Usable now 120.00 EUR."
    assert live(wallet).balance_micros == micros("20")


def test_a_payment_that_is_not_enough_says_that_the_customer_is_still_blocked(manager):
    wallet = prepaid(limit="100", paid=None)
    charge(wallet, "180", overrun=True)
    words = said(send(manager, address("add_payment", wallet), **paid()))
    assert words == "Recorded 50.00 EUR. It cleared 50.00 EUR of debt. Still blocked: usable is −30.00 EUR."


def test_a_payment_for_a_suspended_customer_says_what_still_stops_it(manager):
    wallet = prepaid()
    statuses.suspend(organization=wallet.organization, reason="Risk", by=SYSTEM, now=timezone.now)
    assert "Still stopped: the organization is suspended." in said(send(manager, address("add_payment", wallet), **paid()))


def test_a_double_click_records_one_payment(manager):
    wallet = prepaid(paid=None)
    form = {"key": new_key(), **paid()}
    first, second = (manager.post(address("add_payment", wallet), form) for _ in range(2))
    assert said(first) == said(second)
    assert Payment.objects.count() == 1


def test_the_same_reference_amount_and_date_is_the_same_payment(manager):
    wallet = prepaid(paid=None)
    said(send(manager, address("add_payment", wallet), **paid(reference="2026-1107")))
    words = said(send(manager, address("add_payment", wallet), **paid(reference="2026-1107")))
    assert words == "Already recorded by Eva Horváthová: 50.00 EUR. Nothing was added."
    assert Payment.objects.count() == 1


def test_a_used_reference_asks_before_it_becomes_another_payment(manager):
    wallet = prepaid(paid=None)
    said(send(manager, address("add_payment", wallet), **paid(reference="2026-1107")))
    other = {"key": new_key(), **paid(reference="2026-1107", amount="60")}
    asked = manager.post(address("add_payment", wallet), other)
    assert asked.status_code == 409
    assert "Reference 2026-1107 was used for 50.00 EUR" in text(asked)
    assert "Yes, this is another payment with the same reference" in text(asked)
    assert said(manager.post(address("add_payment", wallet), {**other, "confirmed": "on"})).startswith("Recorded 60.00 EUR.")
    assert Payment.objects.count() == 2


def test_too_many_decimals_are_refused_at_the_field_and_nothing_typed_is_lost(manager):
    wallet = prepaid(paid=None)
    answer = send(manager, address("add_payment", wallet), **paid(amount="50.505", remark="from the bank"))
    assert answer.status_code == 422
    assert answer.context["form"].errors["amount"] == [
        "Amount has too many decimals. EUR takes 2 here. Type 50.51, not 50.505."
    ]
    page = answer.content.decode()
    assert 'value="50.505"' in page
    assert 'value="from the bank"' in page
    assert Transaction.objects.count() == 0


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"amount": ""}, "amount"),
        ({"amount": "0"}, "amount"),
        ({"amount": "-5"}, "amount"),
        ({"amount": "five"}, "amount"),
        ({"amount": "1e15"}, "amount"),
        ({"received_on": "yesterday"}, "received_on"),
        ({"method": "barter"}, "method"),
        ({"reference": "x" * 129}, "reference"),
    ],
)
def test_bad_input_names_the_field(manager, typed, field):
    answer = send(manager, address("add_payment", prepaid(paid=None)), **paid(**typed))
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert Transaction.objects.count() == 0


def test_over_the_page_a_saved_form_only_closes_the_panel(manager):
    wallet = prepaid(paid=None)
    form = manager.get(address("add_payment", wallet), **HTMX)
    assert b"<html" not in form.content
    answer = manager.post(address("add_payment", wallet), {"key": new_key(), **paid()}, **HTMX)
    assert answer.status_code == 204
    assert "panel:saved" in answer["HX-Trigger"]


def test_a_form_leads_back_only_to_our_own_pages(manager):
    wallet = prepaid(paid=None)
    answer = send(manager, address("add_payment", wallet), next="https://evil.example/", **paid())
    assert answer["Location"].startswith("/organizations/")


def test_a_saved_form_sent_again_with_other_content_says_so(manager):
    wallet = prepaid(paid=None)
    form = {"key": new_key(), **paid()}
    said(manager.post(address("add_payment", wallet), form))
    answer = manager.post(address("add_payment", wallet), {**form, "amount": "70"})
    assert answer.status_code == 422
    assert "This form was saved before with other content" in text(answer)
    assert Payment.objects.count() == 1


# --- credit, money out, money between wallets ------------------------------------------------------------------------------


def test_credit_is_given_and_taken_back(manager):
    wallet = prepaid(paid=None)
    where = address("adjust_credit", wallet)
    assert said(send(manager, where, direction="give", amount="10", reason="Goodwill")) == "Gave 10.00 EUR. Usable now 10.00 EUR."
    assert said(send(manager, where, direction="take_back", amount="4", reason="Too much")).startswith("Took back 4.00 EUR.")


def test_taking_back_more_than_own_money_asks_for_a_yes_to_the_debt(manager):
    wallet = prepaid(paid="10")
    form = {"key": new_key(), "direction": "take_back", "amount": "25", "reason": "Typed twice"}
    asked = manager.post(address("adjust_credit", wallet), form)
    assert asked.status_code == 409
    assert "makes a debt of 15.00 EUR" in text(asked)
    said(manager.post(address("adjust_credit", wallet), {**form, "confirmed": "on"}))
    assert live(wallet).balance_micros == micros("-15")


def test_a_withdrawal_beyond_own_money_is_refused_and_a_smaller_one_then_passes(manager):
    wallet = prepaid(limit="100", paid="10")
    refused = send(manager, address("withdraw", wallet), amount="20", reason="Asked back")
    assert refused.status_code == 422
    assert "amount" in refused.context["form"].errors
    new = refused.context["form"]["key"].value()
    again = manager.post(address("withdraw", wallet), {"key": new, "amount": "10", "reason": "Asked back"})
    assert said(again) == "Withdrew 10.00 EUR. Usable now 100.00 EUR."


def test_money_moves_between_wallets_of_one_organization_and_currency(manager):
    organization = an_organization()
    source, target = prepaid(organization=organization), prepaid(organization=organization, paid=None)
    words = said(send(manager, address("transfer", source), target=target.wallet_id, amount="40", reason="Moved"))
    assert words == f"Moved 40.00 EUR to {target.wallet_id}. Usable now 60.00 EUR."
    assert live(target).balance_micros == micros("40")


def test_a_transfer_never_reaches_a_wallet_of_somebody_else(manager):
    source, strange = prepaid(), prepaid()
    dollars = prepaid(organization=source.organization, currency="USD")
    for target in (strange, dollars):
        answer = send(manager, address("transfer", source), target=target.wallet_id, amount="40", reason="Moved")
        assert "target" in answer.context["form"].errors
    assert "has no other open wallet in EUR" in text(manager.get(address("transfer", source)))


def test_a_debt_is_written_off_to_the_last_digit(manager):
    wallet = prepaid(limit="100", paid=None)
    charge(wallet, "12.345678")
    form = manager.get(address("write_off", wallet)).context["form"]
    assert form["amount"].value() == "12.345678"
    said(send(manager, address("write_off", wallet), amount="12.345678", reason="Insolvent"))
    assert live(wallet).balance_micros == 0


# --- corrections ------------------------------------------------------------------------------------------------------


def test_a_refund_goes_back_to_the_unbilled_amount_it_came_from(manager):
    wallet = postpaid()
    charge(wallet, "30")
    line = Transaction.objects.get()
    form = manager.get(address("refund", wallet, line.sequence))
    assert "30.00 EUR is left of it. The refund goes to the running month’s unbilled amount." in text(form)
    assert said(send(manager, address("refund", wallet, line.sequence), amount="12.5", reason="Wrong rate")).startswith("Refunded 12.50 EUR.")
    assert live(wallet).live_unbilled_micros == micros("17.5")


def test_a_refund_of_more_than_is_left_is_refused_at_the_amount(manager):
    wallet = prepaid()
    charge(wallet, "30")
    line = Transaction.objects.get(kind="call")
    answer = send(manager, address("refund", wallet, line.sequence), amount="30.01", reason="Wrong rate")
    assert "30.00 is left of this item. Ask for at most that." in answer.context["form"].errors["amount"]


def test_a_bounced_payment_is_reversed_once(manager):
    wallet = prepaid(paid="100")
    line = Transaction.objects.get(kind="payment")
    where = address("reverse", wallet, line.sequence)
    assert said(send(manager, where, reason="Bounced")) == "Reversed 100.00 EUR. Still blocked: usable is 0.00 EUR."
    again = send(manager, where, reason="Bounced")
    assert "The line has been reversed already." in text(again)
    assert live(wallet).balance_micros == 0


def test_a_reservation_is_released(manager):
    wallet = prepaid()
    reservations.reserve(wallet=wallet, reference="res-1", amount="5", life=timedelta(hours=1), by=SYSTEM, now=timezone.now)
    hold = Reservation.objects.get()
    assert said(send(manager, address("release_reservation", wallet, hold.pk))) == "Released res-1. Usable now 100.00 EUR."


def test_a_reservation_of_another_wallet_is_not_found(manager):
    wallet, other = prepaid(), prepaid()
    reservations.reserve(wallet=other, reference="res-1", amount="5", by=SYSTEM, now=timezone.now)
    where = address("release_reservation", wallet, Reservation.objects.get().pk)
    assert manager.get(where).status_code == 404


# --- mode and scheme --------------------------------------------------------------------------------------------------


def change_form(client, where, **typed):
    version = client.get(where).context["form"]["version"].value()
    return {"key": new_key(), "version": version, "reason_code": "contract", "reason": "New contract", **typed}


def test_nobody_becomes_postpaid_without_a_limit_in_the_same_step(manager):
    wallet = prepaid()
    where = address("change_mode", wallet)
    answer = manager.post(where, change_form(manager, where, scheme="consolidated", limit=""))
    assert answer.status_code == 422
    assert "limit" in answer.context["form"].errors
    assert said(manager.post(where, change_form(manager, where, scheme="consolidated", limit="500"))).startswith(
        f"{wallet.wallet_id} is postpaid now."
    )
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
    said(send(manager, reverse("resume_organization", args=[organization.uuid]), reason="Paid"))
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
    said(send(manager, where, time_zone="Asia/Tokyo", reason="Moved"))
    assert fresh(wallet).time_zone == "Asia/Tokyo"
    assert fresh(wallet).period_ends_at == end


def test_a_wallet_that_is_not_empty_is_not_closed(manager):
    wallet = prepaid(paid="1")
    answer = send(manager, address("close_wallet", wallet), reason="Left")
    assert "The wallet is not empty." in text(answer)
    assert fresh(wallet).closed_at is None


def test_an_empty_wallet_is_closed_and_reopened(manager):
    wallet = prepaid(paid=None)
    assert said(send(manager, address("close_wallet", wallet), reason="Left")) == f"{wallet.wallet_id} is closed."
    page = manager.get(reverse("organization", args=[wallet.organization.uuid]))
    assert "It takes no postings until it is reopened." in text(page)
    assert address("add_payment", wallet) not in page.content.decode()
    said(send(manager, address("reopen_wallet", wallet), reason="Came back"))
    assert Wallet.objects.get().closed_at is None


def test_a_monthly_debt_paid_in_the_portal_settles_its_invoice(manager):
    wallet = postpaid(days=70)
    charge(wallet, "80", now=ago(days=65))
    close(wallet)
    words = said(send(manager, address("add_payment", wallet), **paid(amount="100")))
    assert words == "Recorded 100.00 EUR. It cleared 80.00 EUR of debt. Usable now 1,020.00 EUR."
