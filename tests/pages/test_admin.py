"""Django admin: everything can be looked up, nothing that is money or history can be written."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.urls import reverse
from django.utils import timezone

from credit.actions import invoices
from credit.groups import ADMINISTRATOR, OFFICER
from credit.models import AlertRule, Change, CreditLimit, Seller, TaxRate, Transaction
from organizations.models import Organization
from tests.factories import micros
from tests.pages.people import charge, fresh, live, postpaid, prepaid, signed_in, text

pytestmark = pytest.mark.django_db

MODELS = [*apps.get_app_config("credit").get_models(), *apps.get_app_config("organizations").get_models()]
NAMES = [model._meta.model_name for model in MODELS]
WRITTEN = ("authority", "wallet", "organization", "seller", "taxrate")


@pytest.fixture
def administrator():
    return signed_in(ADMINISTRATOR, is_staff=True)


def address(model, page="changelist", *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def test_every_model_is_registered():
    assert [model for model in MODELS if not admin.site.is_registered(model)] == []


@pytest.mark.parametrize("model", MODELS, ids=NAMES)
def test_a_list_opens_and_is_searched(model, administrator):
    wallet = postpaid(scheme="individual")
    charge(wallet, "5", kind="addon")
    for search in ("", wallet.wallet_id.lower(), str(wallet.organization.uuid), "Tatra"):
        assert administrator.get(address(model), {"q": search}).status_code == 200


@pytest.mark.parametrize("search", ["{id}", "{lower}", "{uuid}", "tatra"])
def test_a_line_of_the_ledger_is_found_by_wallet_uuid_and_name(search, administrator):
    wallet = prepaid()
    search = search.format(id=wallet.wallet_id, lower=wallet.wallet_id.lower(), uuid=wallet.organization.uuid)
    found = administrator.get(address(Transaction), {"q": search}).context["cl"]
    assert found.result_count == 1
    assert administrator.get(address(Transaction), {"q": "W-0000-0001"}).context["cl"].result_count == 0


@pytest.mark.parametrize("name", ["ŠPÓŁKA", "spolka", "  Spółka  čapek "])
def test_an_organization_is_found_forgiving_case_and_accents(name, administrator):
    Organization.objects.create(name="Spółka Čapek", search_name="spolka capek")
    assert administrator.get(address(Organization), {"q": name}).context["cl"].result_count == 1


@pytest.mark.parametrize(
    "model", [model for model in MODELS if model._meta.model_name not in WRITTEN], ids=lambda m: m.__name__
)
def test_history_is_read_only(model, administrator):
    wallet = postpaid(scheme="individual")
    charge(wallet, "5", kind="addon")
    assert administrator.get(address(model, "add")).status_code == 403
    row = model.objects.first()
    if row is None:
        return
    page = administrator.get(address(model, "change", row.pk))
    assert page.status_code == 200
    assert b'name="_save"' not in page.content
    # A change keeps the columns' names in what was before and after.
    assert model is Change or "micros" not in text(page).lower()
    assert administrator.post(address(model, "change", row.pk), {"amount_micros": 1}).status_code == 403
    assert administrator.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403


def test_a_wallet_is_neither_made_nor_deleted_here(administrator):
    wallet = prepaid()
    assert administrator.get(address(type(wallet), "add")).status_code == 403
    assert administrator.post(address(type(wallet), "delete", wallet.pk), {"post": "yes"}).status_code == 403


def test_money_is_shown_in_its_currency_not_as_it_is_stored(administrator):
    wallet = postpaid(limit="8000", scheme="individual")
    charge(wallet, "1204.5", kind="addon")
    page = text(administrator.get(address(type(wallet), "change", wallet.pk)))
    assert "Permanent limit: 8,000.00 EUR" in page and "Balance: −1,204.50 EUR" in page
    assert "micros" not in page.lower()


def test_the_amounts_of_an_alert_rule_are_shown_one_after_the_other(administrator):
    wallet = prepaid()
    usable, now = [micros("50"), micros("7.5")], timezone.now()
    for whose, words in ((wallet, "50.00 EUR, 7.50 EUR"), (None, "50.00, 7.50")):
        rule = AlertRule.objects.create(wallet=whose, usable_micros=usable, changed_at=now)
        assert f"Usable: {words}" in text(administrator.get(address(AlertRule, "change", rule.pk)))


def test_saving_a_wallets_record_leaves_its_money_alone(administrator):
    wallet = prepaid()
    sent = {"near_percent": "60", "balance_micros": "1", "permanent_limit_micros": "9", "mode": "postpaid"}
    assert administrator.post(address(type(wallet), "change", wallet.pk), sent).status_code == 302
    after = fresh(wallet)
    assert after.near_percent == 60
    assert (after.balance_micros, after.permanent_limit_micros, after.mode) == (
        micros("100"),
        None,
        "prepaid",
    )


def test_an_organizations_status_and_zone_are_not_edited_here(administrator):
    organization = prepaid().organization
    sent = {
        "name": "  Nové Meno ",
        "country": "SK",
        "reference": "LEI-1",
        "status": "closed",
        "time_zone": "Asia/Tokyo",
    }
    assert administrator.post(address(Organization, "change", organization.pk), sent).status_code == 302
    after = Organization.objects.get()
    assert (after.name, after.search_name, after.reference) == ("Nové Meno", "nove meno", "LEI-1")
    assert (after.status, after.time_zone) == ("active", "UTC")


def limit_form(wallet, **typed):
    return {"reason_code": "review", "reason": "Yearly", "version": live(wallet).live_version, **typed}


def a_rate(**columns):
    return {"kind": "", "rate": "2300", "valid_from": "2020-01-01"} | columns


def test_a_tax_rate_is_added_and_what_has_come_into_force_stays(administrator):
    assert administrator.post(address(TaxRate, "add"), a_rate()).status_code == 302
    assert administrator.post(address(TaxRate, "add"), a_rate(rate="10001")).status_code == 200
    first = TaxRate.objects.get()
    corrected = a_rate(rate="2000")
    where = address(TaxRate, "change", first.pk)
    assert administrator.post(where, corrected).status_code == 302, "no invoice was issued with it yet"
    charge(postpaid(scheme="individual"), "5", kind="addon")
    invoices.issue(now=timezone.now)
    assert administrator.post(where, a_rate()).status_code == 403
    assert administrator.post(address(TaxRate, "delete", first.pk), {"post": "yes"}).status_code == 403
    later = a_rate(valid_from="2099-01-01")
    assert administrator.post(address(TaxRate, "add"), later).status_code == 302
    newest = TaxRate.objects.latest("valid_from")
    assert administrator.post(address(TaxRate, "delete", newest.pk), {"post": "yes"}).status_code == 302


def test_a_seller_is_a_row_from_a_day_on(administrator):
    sent = {"name": "Northline", "address": "Street 1", "valid_from": "2020-01-01"}
    assert administrator.post(address(Seller, "add"), sent).status_code == 302
    charge(postpaid(scheme="individual"), "5", kind="addon")
    invoices.issue(now=timezone.now)
    row = Seller.objects.get()
    assert administrator.get(address(Seller, "change", row.pk)).status_code == 200
    assert administrator.post(address(Seller, "change", row.pk), sent | {"name": "X"}).status_code == 403
    assert Seller.objects.get().name == "Northline"


def test_a_limit_is_set_by_the_one_action_with_history_and_audit(administrator):
    wallet = prepaid()
    where = address(type(wallet), "set_limit", wallet.pk)
    assert "usable 100.00 EUR" in text(administrator.get(where))
    assert administrator.post(where, limit_form(wallet, amount="250")).status_code == 302
    assert live(wallet).effective_limit_micros == micros("250")
    assert CreditLimit.objects.get().by_name == "Eva Horváthová"
    assert Change.objects.filter(verb="set_limit", reason="Yearly").count() == 1


def test_the_action_refuses_in_the_admin_as_everywhere(administrator):
    wallet = postpaid(limit="100")
    charge(wallet, "80")
    where = address(type(wallet), "set_limit", wallet.pk)
    below = limit_form(wallet, amount="50")
    assert "Tick this to set it all the same" in text(administrator.post(where, below))
    assert "amount" in administrator.post(where, limit_form(wallet, amount="-1")).context["form"].errors
    assert (
        "days" in administrator.post(where, limit_form(wallet, amount="200", days="3")).context["form"].errors
    )
    assert live(wallet).effective_limit_micros == micros("100")
    assert administrator.post(where, {**below, "confirmed": "on"}).status_code == 302
    assert administrator.post(where, below).status_code == 200, "the version is an old one now"


def test_the_admin_asks_for_the_right_to_set_a_limit():
    wallet = prepaid()
    where = address(type(wallet), "set_limit", wallet.pk)
    staff = signed_in("Viewer", is_staff=True)
    assert staff.get(where).status_code == 403
    assert signed_in(OFFICER).get(where).status_code == 302, "not staff: the admin's own sign-in"


def test_a_list_of_lines_needs_no_query_per_line(administrator, django_assert_max_num_queries):
    wallet = prepaid()
    for _ in range(30):
        charge(wallet, "1", now=timezone.now())
    administrator.get(address(Transaction))
    with django_assert_max_num_queries(10):
        administrator.get(address(Transaction))


def test_wallets_are_filtered_by_their_currency(administrator):
    koruna, euro = prepaid(currency="CZK"), prepaid(currency="EUR")
    page = administrator.get(address(type(euro)), {"currency": "CZK"})
    assert [wallet.pk for wallet in page.context["cl"].result_list] == [koruna.pk]
    assert "?currency=EUR" in page.content.decode()
    assert administrator.get(address(type(euro))).context["cl"].result_count == 2
