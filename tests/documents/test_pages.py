"""Sending and billing details in the portal: who may, what is said, what is kept."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from credit.models import Change, Delivery
from credit.views import documents
from tests.documents.paper import a_customer, a_purchase, a_seller
from tests.pages.people import postpaid, said, send, signed_in, text

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def portal_that_sends(settings):
    settings.CREDIT_SEND_BY_EMAIL = True
    a_seller()


@pytest.fixture
def officer():
    return signed_in("Finance officer")


def again(delivery):
    return reverse("send_again", args=[delivery.pk])


# --- e-mail -----------------------------------------------------------------------------------------------------------


def test_an_officer_sends_an_older_invoice(officer, settings):
    settings.CREDIT_SEND_BY_EMAIL = False
    invoice = a_purchase()
    settings.CREDIT_SEND_BY_EMAIL = True
    where = reverse("send_invoice", args=[invoice.pk])
    assert f"{invoice.number} goes to bills@mediworx.example" in text(officer.get(where))
    assert said(send(officer, where)) == f"{invoice.number} is on its way to bills@mediworx.example."


def test_outcome_unknown_asks_whether_to_send_again(officer):
    a_purchase()
    Delivery.objects.update(claimed_at=timezone.now() - timedelta(hours=1), tries=1)
    delivery = Delivery.objects.get()
    page = text(officer.get(reverse("deliveries") + "?state=unknown"))
    assert "Outcome unknown" in page and "it may have left; send again?" in page
    assert "Nobody knows whether it has left." in text(officer.get(again(delivery)))
    assert "is on its way to bills@mediworx.example" in said(send(officer, again(delivery)))
    assert "Nothing here" in text(officer.get(reverse("deliveries") + "?state=unknown"))


def test_what_is_on_its_way_is_refused_with_words(officer):
    a_purchase()
    answer = send(officer, again(Delivery.objects.get()))
    assert answer.status_code == 409
    assert "It is on its way already." in text(answer)


def test_an_officer_reminds(officer, time_machine):
    invoice = a_purchase()
    time_machine.move_to(timezone.now() + timedelta(days=40))
    officer = signed_in("Finance officer")
    where = reverse("remind", args=[invoice.pk])
    assert "Reminder 1 of" in text(officer.get(where))
    assert "Reminder 1 of" in said(send(officer, where))


def test_a_viewer_reads_what_was_sent_and_sends_nothing():
    a_purchase()
    viewer, delivery = signed_in("Viewer"), Delivery.objects.get()
    page = viewer.get(reverse("deliveries"))
    assert "bills@mediworx.example" in text(page)
    assert again(delivery) not in page.content.decode()
    for name, pk in (
        ("send_again", delivery.pk),
        ("send_invoice", delivery.invoice_id),
        ("remind", delivery.invoice_id),
    ):
        assert viewer.get(reverse(name, args=[pk])).status_code == 403


def test_the_list_is_paged_and_bounded(officer, monkeypatch, django_assert_max_num_queries):
    monkeypatch.setattr(documents, "PAGE", 2)
    for _ in range(3):
        a_purchase()
    with django_assert_max_num_queries(12):
        first = officer.get(reverse("deliveries"))
    mark = f"before={sorted(Delivery.objects.values_list('pk', flat=True))[1]}"
    assert mark in first.content.decode()
    assert "1 on this page" in text(officer.get(reverse("deliveries") + f"?{mark}"))


def test_a_state_that_is_none_is_not_found(officer):
    assert officer.get(reverse("deliveries") + "?state=lost").status_code == 404


def test_a_portal_that_does_not_send_says_so(officer, settings):
    settings.CREDIT_SEND_BY_EMAIL = False
    assert "The portal sends no e-mail." in text(officer.get(reverse("deliveries")))


def test_the_invoice_page_shows_its_deliveries(officer):
    invoice = a_purchase()
    page = text(officer.get(reverse("invoice", args=[invoice.pk])))
    assert "bills go to bills@mediworx.example" in page
    assert "Waiting" in page


# --- billing details --------------------------------------------------------------------------------------------------


def details(organization):
    return reverse("billing_details", args=[organization.uuid])


def test_an_officer_sets_where_bills_go_and_it_is_kept_as_a_change(officer):
    organization = postpaid(organization=a_customer(email="")).organization
    typed = {"billing_address": " Nová 2 \r\n811 02 Bratislava", "billing_email": "new@mediworx.example"}
    answer = send(officer, details(organization), **typed, tax_id="SK1", reason="They moved")
    assert "Bills go to new@mediworx.example." in said(answer)
    organization.refresh_from_db()
    assert organization.billing_address == "Nová 2\n811 02 Bratislava"
    change = Change.objects.get(verb="set_billing_details")
    assert change.before == {
        "billing_address": "Hlavná 1\n811 01 Bratislava",
        "billing_email": "",
        "tax_id": "SK2021111111",
    }
    assert (change.after["tax_id"], change.reason, change.by_name) == ("SK1", "They moved", "Eva Horváthová")
    page = text(officer.get(reverse("organization", args=[organization.uuid])))
    assert "Set billing details" in page


def test_saving_the_same_details_is_no_change(officer):
    organization = postpaid(organization=a_customer()).organization
    typed = {name: getattr(organization, name) for name in ("billing_address", "billing_email", "tax_id")}
    said(send(officer, details(organization), **typed))
    assert not Change.objects.filter(verb="set_billing_details").exists()


@pytest.mark.parametrize(
    "typed",
    [
        {"billing_email": "no address"},
        {"billing_email": "a@b.example\nBcc: all@b.example"},
        {"tax_id": "x" * 41},
        {"billing_address": "Bell\x07 street"},
    ],
)
def test_what_cannot_stand_on_a_bill_is_refused_at_its_field(officer, typed):
    organization = postpaid(organization=a_customer()).organization
    answer = send(officer, details(organization), **typed)
    assert answer.status_code == 422
    assert answer.context["form"].errors[next(iter(typed))]
    organization.refresh_from_db()
    assert organization.billing_email == "bills@mediworx.example"


def test_a_viewer_sets_no_billing_details():
    organization = postpaid(organization=a_customer()).organization
    assert signed_in("Viewer").get(details(organization)).status_code == 403
