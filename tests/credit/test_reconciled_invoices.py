"""What reconciliation and the system check say about invoices."""

import pytest
from django.core.checks import run_checks

from credit.actions import invoices, reconciliation
from credit.models import Difference, Invoice, Seller
from tests.desk import ACCEPTED, Desk
from tests.factories import NOON, a_wallet, micros

pytestmark = pytest.mark.django_db


def test_an_invoice_that_is_paid_otherwise_than_its_allocations_say_is_reported_until_it_is_mended():
    desk = Desk(a_wallet(mode="postpaid", scheme="individual", permanent_limit="100"))
    assert desk.charge("10", "hardware") == ACCEPTED
    invoices.issue(now=NOON)
    assert desk.pay("4") == ACCEPTED
    asked = {"wallet_pks": [desk.wallet.pk], "now": NOON}
    assert reconciliation.reconcile(**asked) == {"wallets": 1, "differences": 0}
    Invoice.objects.update(paid_micros=micros("5"))
    assert reconciliation.reconcile(**asked)["differences"] == 1
    found = Difference.objects.get()
    assert found.what == "paid of INV-2026-000001"
    assert (found.expected_micros, found.actual_micros) == (micros("4"), micros("5"))
    Invoice.objects.update(paid_micros=micros("4"))
    assert reconciliation.reconcile(**asked)["differences"] == 0
    assert Difference.objects.get().gone_at == NOON


def warnings(databases):
    return [each.id for each in run_checks(tags=["database"], databases=databases)]


def test_the_check_warns_where_no_seller_is_known_and_only_where_it_may_ask():
    assert "credit.W001" in warnings(["default"])
    assert "credit.W001" not in warnings(None)
    Seller.objects.create(valid_from=NOON.date(), name="Northline", address="Street 1")
    assert "credit.W001" not in warnings(["default"])
