"""Who bills in the demo, at which tax, where bills are sent, and the e-mails that look sent. Nobody real is named."""

import random
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import F

from credit.actions import deliveries, reminders
from credit.models import Delivery, DeliveryKind, Invoice, InvoiceKind, Seller, TaxRate
from credit.periods import first_instant
from organizations.models import Organization

SEED = 1805
BATCH = 1000
MINUTE = timedelta(minutes=1)
WITHOUT_ADDRESS = 0.12  # of the organizations: their bills go nowhere until somebody types one


def set_up() -> None:
    """As on the mock invoice; the general rate rose with the year 2025."""
    Seller.objects.create(
        valid_from=date(2020, 1, 1),
        name="Northline Telecom, a.s.",
        address="Mlynské nivy 10\n821 09 Bratislava",
        country="SK",
        company_id="35 000 000",
        tax_id="SK2020000000",
        bank="Northline Bank",
        iban="SK00 0000 0000 0000 0000 0000",
        bic="NRTHSKBX",
        email="billing@northline.example.com",
        phone="+421 2 0000 0000",
    )
    TaxRate.objects.create(rate=2000, valid_from=date(2011, 1, 1))
    TaxRate.objects.create(rate=2300, valid_from=date(2025, 1, 1))


def address(organizations: Iterable[Organization]) -> None:
    """A made-up address and mailbox for most; unsaved organizations."""
    chance = random.Random(SEED)  # noqa: S311  the same demo every time
    for organization in organizations:
        organization.billing_address = f"PO Box {chance.randrange(100, 9999)}"
        if chance.random() >= WITHOUT_ADDRESS:
            organization.billing_email = f"bills-{organization.reference.lower()}@example.com"


# -- what was sent


def send_history(now: datetime) -> None:
    """Every issued invoice and every reminder of an overdue one has gone out, but for one of each sort of trouble."""
    missing = _issued().filter(deliveries=None)
    _store(
        deliveries.waiting(invoice, DeliveryKind.INVOICE, **_as(invoice.issued_at))
        for invoice in missing.iterator(BATCH)
    )
    _store(_reminders(now))
    Delivery.objects.filter(claimed_at=None).update(
        claimed_at=F("created_at") + MINUTE, sent_at=F("created_at") + MINUTE, tries=1
    )
    _trouble(now)


def _issued() -> Any:
    sent = Invoice.objects.exclude(kind=InvoiceKind.STATEMENT).exclude(total_micros=0)
    addressed = sent.filter(issued_at__isnull=False).exclude(wallet__organization__billing_email="")
    return addressed.select_related("wallet__organization").order_by("pk")


def _reminders(now: datetime) -> Iterator[Delivery]:
    for invoice in _issued().overdue(now.date()).iterator(BATCH):
        zone = ZoneInfo(invoice.wallet.time_zone)
        days_late = (now.astimezone(zone).date() - invoice.due_on).days
        for level in range(1, reminders.level_of(days_late) + 1):
            at = _morning(invoice.due_on + timedelta(days=settings.CREDIT_REMINDER_DAYS[level - 1]), zone)
            yield deliveries.waiting(invoice, DeliveryKind.REMINDER, level=level, **_as(min(at, now)))


def _morning(day: date, zone: tzinfo) -> datetime:
    return first_instant(datetime.combine(day, time(9)), str(zone))


def _as(at: datetime | None) -> dict[str, Any]:
    return {"by_name": "Issue invoices", "now": at}


def _store(rows: Iterator[Delivery]) -> None:
    while batch := list(islice(rows, BATCH)):
        Delivery.objects.bulk_create(batch)


def _trouble(now: datetime) -> None:
    """The latest two: a mailbox that does not exist, and a worker that never came back."""
    latest = list(
        Delivery.objects.filter(kind=DeliveryKind.INVOICE).order_by("-pk").values_list("pk", flat=True)[:2]
    )
    if len(latest) < 2:
        return
    failed = {"sent_at": None, "failed_at": F("claimed_at"), "error": "550 5.1.1 No such mailbox"}
    Delivery.objects.filter(pk=latest[0]).update(**failed)
    Delivery.objects.filter(pk=latest[1]).update(sent_at=None, claimed_at=now - timedelta(hours=2))
