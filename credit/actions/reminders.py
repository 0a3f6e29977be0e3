"""Reminders of overdue invoices: one per invoice and level, sharper from level to level, never of what is paid.

A customer hears at most once in a few days, about the invoice that is furthest; every reminder lists all that is open.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from credit.actions import allocations
from credit.actions.books import Now
from credit.actions.deliveries import put_on_its_way, refuse_unsendable, waiting
from credit.actions.refusals import Refused, require
from credit.actors import Actor
from credit.languages import Said as _
from credit.models import Delivery, DeliveryKind, Invoice, InvoiceKind
from credit.models.invoice import InvoiceQuerySet
from credit.terms import Reason

# Between two reminders that the job sends to one wallet, whichever invoices they are about.
REST = timedelta(days=3)
# Somewhere on earth the day is over this much before it is in UTC.
_EARLIEST_ZONE = timedelta(hours=14)


def remind(*, invoice: Invoice, by: Actor, now: Now) -> Delivery:
    """Sends the next reminder of an overdue invoice now.

    Refused(not_authorized | invalid_input | changed_meanwhile).
    """
    require(by, "credit.send_invoice", _("send reminders"))
    refuse_unsendable(invoice)
    at = now() if callable(now) else now
    allocations.pay_what_is_free(wallets=[invoice.wallet_id], at=at)
    if not Invoice.objects.overdue(_today(invoice, at)).filter(pk=invoice.pk).exists():
        raise Refused(Reason.INVALID_INPUT, _("The invoice is not overdue, so nobody is reminded of it."))
    level = last_level(invoice) + 1
    return put_on_its_way(
        waiting(invoice, DeliveryKind.REMINDER, by_name=by.name, now=at, level=level), "remind", by=by
    )


def last_level(invoice: Invoice) -> int:
    """Of the reminders so far; 0 where there was none."""
    sent = Delivery.objects.filter(invoice=invoice, kind=DeliveryKind.REMINDER)
    return sent.aggregate(level=Max("level"))["level"] or 0


def level_of(days_late: int) -> int:
    """How many of the settings' days are over: CREDIT_REMINDER_DAYS counts them from the due date."""
    return sum(days_late >= days for days in settings.CREDIT_REMINDER_DAYS)


# -- the job


@dataclass
class Mark:
    """Where the job goes on: levels from the sharpest down, and the last invoice it looked at."""

    level: int = field(default_factory=lambda: len(settings.CREDIT_REMINDER_DAYS))
    pk: int = 0


def queue_due(*, mark: Mark, now: datetime, limit: int = 200) -> int | None:
    """Looks at up to `limit` invoices, puts their reminders on the way and moves the mark; None: all were looked at."""
    if not settings.CREDIT_SEND_BY_EMAIL or not mark.level:
        return None
    level, found = mark.level, list(_due(mark, now)[:limit])
    mark.level, mark.pk = (level, found[-1].pk) if found else (level - 1, 0)
    late = _not_covered([invoice for invoice in found if _has_come(invoice, level, now)], now)
    chosen = _rested(_one_per_wallet(late), now)
    rows = [
        waiting(invoice, DeliveryKind.REMINDER, by_name="Reminders", now=now, level=level)
        for invoice in chosen
    ]
    # Another run may have been faster: one reminder per invoice and level.
    return len(Delivery.objects.bulk_create(rows, ignore_conflicts=True))


def _due(mark: Mark, now: datetime) -> InvoiceQuerySet:
    """Overdue by the level's days, reminded at the level before and not at this one; by pk from the mark on.

    Levels follow one another also where the portal began to send late: nobody's first reminder is the last.
    """
    days = sorted(settings.CREDIT_REMINDER_DAYS)[mark.level - 1]
    today = (now.astimezone(UTC) + _EARLIEST_ZONE).date()
    late = Invoice.objects.overdue(today).filter(due_on__lte=today - timedelta(days=days), pk__gt=mark.pk)
    late = late.filter(~Exists(_reminders(level__gte=mark.level)))
    late = late.filter(Exists(_reminders(level=mark.level - 1))) if mark.level > 1 else late
    late = late.exclude(kind=InvoiceKind.STATEMENT).exclude(wallet__organization__billing_email="")
    return late.select_related("wallet__organization").order_by("pk")


def _reminders(**which: int) -> QuerySet[Delivery]:
    return Delivery.objects.filter(invoice=OuterRef("pk"), kind=DeliveryKind.REMINDER, **which)


def _has_come(invoice: Invoice, level: int, now: datetime) -> bool:
    """By the customer's own day; the query asked by the earliest one on earth."""
    assert invoice.due_on is not None
    return level_of((_today(invoice, now) - invoice.due_on).days) >= level


def _not_covered(invoices: list[Invoice], now: datetime) -> list[Invoice]:
    """Without those that are paid by money which is there already: its owner is not asked for it."""
    if not allocations.pay_what_is_free(wallets={invoice.wallet_id for invoice in invoices}, at=now):
        return invoices
    pks = [invoice.pk for invoice in invoices]
    still_open = set(Invoice.objects.open().filter(pk__in=pks).values_list("pk", flat=True))
    return [invoice for invoice in invoices if invoice.pk in still_open]


def _today(invoice: Invoice, now: datetime) -> date:
    return now.astimezone(ZoneInfo(invoice.wallet.time_zone)).date()


def _one_per_wallet(invoices: Iterable[Invoice]) -> list[Invoice]:
    """The one that is due the longest; the message lists the others."""
    first: dict[int, Invoice] = {}
    for invoice in sorted(invoices, key=lambda invoice: (invoice.due_on, invoice.pk)):
        first.setdefault(invoice.wallet_id, invoice)
    return list(first.values())


def _rested(invoices: list[Invoice], now: datetime) -> list[Invoice]:
    """Those whose wallet has not been reminded of anything for a while, by when it left, and waits for no reminder."""
    wallets = [invoice.wallet_id for invoice in invoices]
    of_wallets = Delivery.objects.filter(kind=DeliveryKind.REMINDER, invoice__wallet__in=wallets)
    waits = Q(claimed_at=None, sent_at=None, failed_at=None)
    lately = of_wallets.filter(waits | Q(created_at__gt=now - REST) | Q(sent_at__gt=now - REST))
    reminded = set(lately.values_list("invoice__wallet", flat=True))
    return [invoice for invoice in invoices if invoice.wallet_id not in reminded]
