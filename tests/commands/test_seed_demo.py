from datetime import UTC, datetime
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from credit.demo import people, seeding
from credit.models import (
    Allocation,
    Change,
    CreditLimit,
    Decline,
    Delivery,
    Invoice,
    InvoiceState,
    InvoiceTax,
    Period,
    Reservation,
    Seller,
    Transaction,
    Wallet,
)
from credit.terms import Kind, LimitState, Standing
from organizations.models import Organization, OrganizationStatus
from tests.credit.allocated import check_allocations

# Of the design's list: balance, unbilled, reserved, usable, used percent.
ON_THE_LIST = {
    "W-4071-0018": ("-1204.00", "6180.45", "0", "1819.55", 77),
    "W-4071-0233": ("18.40", "0", "0.75", "17.65", None),
    "W-4071-0310": ("-512.20", "1873.20", "0", "526.80", 78),
    "W-4071-0547": ("-8.67", "0", "0", "91.33", 8),
    "W-4071-0609": ("424.00", "0", "0", "2824.00", 0),
    "W-4071-0762": ("-61240.50", "0", "380", "13379.50", 82),
    "W-4071-0814": ("-9120.00", "4412.02", "36.40", "8051.58", 35),
    "W-4071-0977": ("0", "1022.10", "0", "-22.10", 102),
    "W-4071-1126": ("241800", "0", "1250", "240550", None),
    "W-4071-1805": ("-1610.61", "2246.32741", "12.50", "341.17259", 86),
    "W-4071-1806": ("58.90", "0", "0", "58.90", None),
    "W-4071-2236": ("-98.20", "0", "1.80", "0", 100),
    "W-4071-2714": ("-88000", "316420", "4800", "278780", 53),
    "W-4071-2890": ("-42.00", "0", "0", "108.00", 28),
    "W-4071-3051": ("0", "48211.90", "204.10", None, None),
    "W-4071-3388": ("-171.30", "0", "6.20", "22.50", 88),
    "W-4071-3401": ("86.10148", "0", "0", "2086.10148", 0),
    "W-4071-3402": ("-1610.61", "0.20544", "0", "1799.79456", 0),
    "W-4071-3403": ("65.98", "0.000009", "0", "165.979991", 0),
    "W-4071-3404": ("-500", "200", "0", "800", 20),
}


def micros(amount):
    return None if amount is None else round(float(amount) * 10**6)


def numbers(now):
    rows = Wallet.objects.at(now).filter(wallet_id__in=ON_THE_LIST)
    return {
        row.wallet_id: (
            row.balance_micros,
            row.live_unbilled_micros,
            row.live_reserved_micros,
            row.usable_micros,
            row.used_percent,
        )
        for row in rows
    }


EXPECTED = {wallet_id: (*map(micros, row[:4]), row[4]) for wallet_id, row in ON_THE_LIST.items()}


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker):
    """One demo for all tests of this module; what the command printed."""
    with django_db_blocker.unblock(), transaction.atomic():
        out = StringIO()
        call_command("seed_demo", organizations=250, verbosity=0, stdout=out)
        yield out.getvalue()
        transaction.set_rollback(True)


def test_the_demo_has_as_many_organizations_as_asked(demo):
    assert Organization.objects.count() == 250
    assert Wallet.objects.count() > 250


def test_the_customers_of_the_design_have_its_very_numbers(demo):
    assert numbers(timezone.now()) == EXPECTED


def test_every_wallet_agrees_with_its_ledger(demo):
    sums = dict(Transaction.objects.order_by().values_list("wallet").annotate(total=Sum("amount_micros")))
    for wallet in Wallet.objects.at(timezone.now()):
        assert wallet.current_balance_micros == sums.get(wallet.pk, 0), wallet.wallet_id
        assert wallet.current_balance_micros == (
            wallet.balance_micros - wallet.live_closing_micros - wallet.live_unbilled_micros
        )


def test_every_mode_scheme_and_state_can_be_looked_at(demo):
    wallets = list(Wallet.objects.at(timezone.now()))
    assert {wallet.standing for wallet in wallets} == set(Standing)
    assert {wallet.limit_state for wallet in wallets} == set(LimitState)
    assert {(wallet.mode, wallet.scheme) for wallet in wallets} == {
        ("prepaid", ""),
        ("postpaid", "individual"),
        ("postpaid", "consolidated"),
        ("postpaid", "none"),
    }
    assert {"EUR", "JPY", "HUF", "INR", "PLN", "SEK"} <= {wallet.currency for wallet in wallets}
    assert len({wallet.organization_id for wallet in wallets}) < len(
        {(wallet.organization_id, wallet.currency) for wallet in wallets}
    ), "a customer with two currencies"
    assert any(wallet.scheduled_limit_micros for wallet in wallets)
    assert any(wallet.overpayment_micros for wallet in wallets)
    assert {OrganizationStatus.SUSPENDED, OrganizationStatus.CLOSED} <= set(
        Organization.objects.values_list("status", flat=True)
    )


def test_every_kind_of_line_is_in_a_ledger(demo):
    assert set(Transaction.objects.order_by().values_list("kind", flat=True).distinct()) == set(Kind)
    assert Transaction.objects.filter(overrun=True).exists()
    assert Decline.objects.exists()


def test_limits_and_holds_have_ended_in_every_way(demo):
    assert set(CreditLimit.objects.values_list("ending", flat=True)) == {
        "",
        "expired",
        "superseded",
        "removed",
    }
    assert {"", "finished", "expired"} <= set(Reservation.objects.values_list("ending", flat=True))


def test_every_ended_month_is_closed_and_its_invoice_issued_or_held_back(demo):
    assert Period.objects.exists()
    assert not Period.objects.filter(closed_at=None).exists()
    assert not Invoice.objects.filter(issued_at=None, held_back_at=None).exists()


def test_invoices_are_in_every_state_and_late_by_every_class_of_days(demo):
    today = timezone.now().date()
    assert set(Invoice.objects.on(today).values_list("state", flat=True)) == set(InvoiceState)
    assert Invoice.objects.filter(held_back_at__isnull=False).exists()
    late = {
        min((today - due).days // 30, 3)
        for due in Invoice.objects.overdue(today).values_list("due_on", flat=True)
    }
    assert len(late) >= 3
    assert Seller.objects.exists()
    assert InvoiceTax.objects.filter(rate=2300).exists()


def test_what_is_paid_of_every_invoice_is_what_its_allocations_say(demo):
    check_allocations()
    assert Allocation.objects.filter(ended_at__isnull=False).exists(), "a payment bounced"
    assert Change.objects.filter(verb="reallocate_payment").exists()


def test_bills_look_sent_and_nothing_waits_to_be_sent(demo):
    states = set(Delivery.objects.at(timezone.now()).values_list("state", flat=True))
    assert states == {"sent", "failed", "unknown"}
    assert (
        not Organization.objects.exclude(billing_email="")
        .exclude(billing_email__endswith="@example.com")
        .exists()
    )


def test_the_invoice_of_the_design_rounds_per_kind(demo):
    invoices = Invoice.objects.filter(wallet__wallet_id="W-4071-1805", kind="monthly")
    last = invoices.latest("period_starts_at")
    assert last.total_micros == 1_961_610_000
    assert sum(line.exact_micros for line in last.lines.all()) == 1_961_609_710


def test_the_printed_passwords_open_the_portal(demo):
    for person in people.PEOPLE:
        assert f"{person.username:<8} {person.password}" in demo
        user = authenticate(username=person.username, password=person.password)
        assert [group.name for group in user.groups.all()] == [person.group]


def test_a_second_start_keeps_what_is_there(demo):
    out = StringIO()
    before = list(Wallet.objects.order_by("pk").values())
    call_command("seed_demo", if_empty=True, verbosity=0, stdout=out)
    assert out.getvalue() == demo
    assert list(Wallet.objects.order_by("pk").values()) == before


def test_the_demo_is_not_mixed_with_anything(demo):
    with pytest.raises(CommandError, match="only made in an empty one"):
        call_command("seed_demo", verbosity=0)


@pytest.mark.django_db
def test_nobody_gets_a_known_password_where_real_data_is():
    Organization.objects.create(name="A real customer", search_name="a real customer")
    out = StringIO()
    call_command("seed_demo", if_empty=True, stdout=out)
    assert "kept as it is" in out.getvalue()
    assert not people.are_here()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "now",
    [
        datetime(2027, 1, 1, 0, 7, tzinfo=UTC),
        datetime(2027, 2, 28, 23, 52, tzinfo=UTC),
        datetime(2027, 3, 28, 3, 1, tzinfo=ZoneInfo("Europe/Bratislava")),
    ],
    ids=["first minutes of a year", "last minutes of a month", "clocks go forward"],
)
def test_the_demo_can_be_made_on_any_day(now):
    seeding.seed(40, now, quiet=True)
    assert numbers(now) == EXPECTED


@pytest.mark.django_db
def test_the_demo_is_the_same_every_time():
    ledgers = []
    for _ in range(2):
        with transaction.atomic():
            seeding.seed(30, datetime(2027, 5, 12, 14, 30, tzinfo=UTC), quiet=True)
            lines = Transaction.objects.order_by("wallet__wallet_id", "sequence")
            ledgers.append(list(lines.values_list("wallet__wallet_id", "kind", "amount_micros", "posted_at")))
            transaction.set_rollback(True)
    assert ledgers[0] == ledgers[1]
