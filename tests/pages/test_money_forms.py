"""Money verbs as forms: what is said afterwards, what is refused at which field, a double click is one deed."""

from datetime import timedelta

import pytest
from django.utils import timezone

from credit import display
from credit.actions import reservations, statuses
from credit.forms.money import new_key
from credit.groups import MANAGER
from credit.models import Payment, Reservation, Transaction
from tests.factories import an_organization, micros
from tests.pages.people import (
    HTMX,
    SYSTEM,
    address,
    ago,
    charge,
    close,
    live,
    postpaid,
    prepaid,
    said,
    send,
    signed_in,
    text,
)

pytestmark = pytest.mark.django_db
ZONE = "Europe/Bratislava"  # whose day is offered: the portal's


@pytest.fixture
def manager():
    return signed_in(MANAGER)


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
    assert "Still stopped: the organization is suspended." in said(
        send(manager, address("add_payment", wallet), **paid())
    )


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
    assert said(manager.post(address("add_payment", wallet), {**other, "confirmed": "on"})).startswith(
        "Recorded 60.00 EUR."
    )
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


# --- credit, money out, money between wallets ---------------------------------------------------------------------


def test_credit_is_given_and_taken_back(manager):
    wallet = prepaid(paid=None)
    where = address("adjust_credit", wallet)
    assert (
        said(send(manager, where, direction="give", amount="10", reason="Goodwill"))
        == "Gave 10.00 EUR. Usable now 10.00 EUR."
    )
    assert said(send(manager, where, direction="take_back", amount="4", reason="Too much")).startswith(
        "Took back 4.00 EUR."
    )


def test_taking_back_more_than_own_money_asks_for_a_yes_to_the_debt(manager):
    wallet = prepaid(paid="10")
    form = {
        "key": new_key(),
        "direction": "take_back",
        "amount": "25",
        "reason_code": "correction",
        "reason": "Typed twice",
    }
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
    again = send(manager, address("withdraw", wallet), key=new, amount="10", reason="Asked back")
    assert said(again) == "Withdrew 10.00 EUR. Usable now 100.00 EUR."


def test_money_moves_between_wallets_of_one_organization_and_currency(manager):
    organization = an_organization()
    source, target = prepaid(organization=organization), prepaid(organization=organization, paid=None)
    words = said(
        send(manager, address("transfer", source), target=target.wallet_id, amount="40", reason="Moved")
    )
    assert words == f"Moved 40.00 EUR to {target.wallet_id}. Usable now 60.00 EUR."
    assert live(target).balance_micros == micros("40")


def test_a_transfer_never_reaches_a_wallet_of_somebody_else(manager):
    source, strange = prepaid(), prepaid()
    dollars = prepaid(organization=source.organization, currency="USD")
    for target in (strange, dollars):
        answer = send(
            manager, address("transfer", source), target=target.wallet_id, amount="40", reason="Moved"
        )
        assert "target" in answer.context["form"].errors
    assert "has no other open wallet in EUR" in text(manager.get(address("transfer", source)))


def test_a_debt_is_written_off_to_the_last_digit(manager):
    wallet = prepaid(limit="100", paid=None)
    charge(wallet, "12.345678")
    form = manager.get(address("write_off", wallet)).context["form"]
    assert form["amount"].value() == "12.345678"
    said(send(manager, address("write_off", wallet), amount="12.345678", reason="Insolvent"))
    assert live(wallet).balance_micros == 0


def test_what_a_german_form_offers_is_the_whole_debt_and_today(manager):
    german = {"accept-language": "de"}
    wallet = prepaid(limit="2000", paid=None)
    charge(wallet, "1610.61061")

    payment = manager.get(address("add_payment", wallet), headers=german).content.decode()
    offered = manager.get(address("write_off", wallet), headers=german).context["form"]["amount"].value()

    assert f'type="date" name="received_on" value="{display.local(timezone.now(), ZONE):%Y-%m-%d}"' in payment
    assert offered == "1610,61061"
    manager.post(
        address("write_off", wallet),
        {"key": new_key(), "amount": offered, "reason_code": "risk", "reason": "Insolvenz"},
        headers=german,
    )
    assert live(wallet).balance_micros == 0


# --- corrections ------------------------------------------------------------------------------------------------------


def test_a_refund_goes_back_to_the_unbilled_amount_it_came_from(manager):
    wallet = postpaid()
    charge(wallet, "30")
    line = Transaction.objects.get()
    form = manager.get(address("refund", wallet, line.sequence))
    assert "30.00 EUR is left of it. The refund goes to the running month’s unbilled amount." in text(form)
    assert said(
        send(manager, address("refund", wallet, line.sequence), amount="12.5", reason="Wrong rate")
    ).startswith("Refunded 12.50 EUR.")
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
    assert (
        said(send(manager, where, reason="Bounced"))
        == "Reversed 100.00 EUR. Still blocked: usable is 0.00 EUR."
    )
    again = send(manager, where, reason="Bounced")
    assert "The line has been reversed already." in text(again)
    assert live(wallet).balance_micros == 0


def test_a_reservation_is_released(manager):
    wallet = prepaid()
    reservations.reserve(
        wallet=wallet, reference="res-1", amount="5", life=timedelta(hours=1), by=SYSTEM, now=timezone.now
    )
    hold = Reservation.objects.get()
    assert (
        said(send(manager, address("release_reservation", wallet, hold.pk)))
        == "Released res-1. Usable now 100.00 EUR."
    )


def test_a_reservation_of_another_wallet_is_not_found(manager):
    wallet, other = prepaid(), prepaid()
    reservations.reserve(wallet=other, reference="res-1", amount="5", by=SYSTEM, now=timezone.now)
    where = address("release_reservation", wallet, Reservation.objects.get().pk)
    assert manager.get(where).status_code == 404


def test_a_monthly_debt_paid_in_the_portal_settles_its_invoice(manager):
    wallet = postpaid(days=70)
    charge(wallet, "80", now=ago(days=65))
    close(wallet)
    words = said(send(manager, address("add_payment", wallet), **paid(amount="100")))
    assert words == "Recorded 100.00 EUR. It cleared 80.00 EUR of debt. Usable now 1,020.00 EUR."
