"""What stands beside the ledger on the organization page: reservations, invoices, declines, changes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils.timesince import timeuntil

from credit import display
from credit.models import Change, Decline, Invoice, InvoiceKind, Reservation, Wallet
from credit.terms import Reason
from credit.views.ledger import ICONS

MOST_RESERVATIONS = 50
SHOWN_INVOICES = 6
SHOWN_DECLINES = 5
SHOWN_CHANGES = 6


def reservations(wallet: Wallet, now: datetime) -> list[Reservation]:
    """Live by the clock, the next to end first."""
    live = list(
        Reservation.objects.live(now).filter(wallet=wallet).order_by("expires_at", "pk")[:MOST_RESERVATIONS]
    )
    for hold in live:
        hold.icon = ICONS[hold.kind]
        hold.ends_in = timeuntil(hold.expires_at, now, depth=1)
    return live


# --- invoices ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OpenInvoice:
    """An invoice with what of it is still due."""

    invoice: Invoice
    what: str
    open_micros: int
    days_late: int


def invoices(wallet: Wallet, now: datetime) -> list[OpenInvoice]:
    found = Invoice.objects.filter(wallet=wallet).order_by("-pk")[:SHOWN_INVOICES]
    return with_open_amounts(list(found), wallet, wallet.due_micros, now)


def with_open_amounts(
    newest_first: Iterable[Invoice], wallet: Wallet, due_micros: int, now: datetime
) -> list[OpenInvoice]:
    """Money pays the oldest first, so what is due stands on the newest: the open amounts add up to the amount due."""
    told = []
    today = display.local(now, wallet.time_zone).date()
    for invoice in newest_first:
        unpaid = min(max(invoice.total_micros, 0), due_micros)
        due_micros -= unpaid
        told.append(
            OpenInvoice(invoice, what(invoice, wallet.time_zone), unpaid, days_late(invoice, unpaid, today))
        )
    return told


def what(invoice: Invoice, zone: str) -> str:
    if invoice.period_starts_at is None:
        return invoice.get_kind_display()
    return f"{invoice.get_kind_display()}, {display.local(invoice.period_starts_at, zone):%B %Y}"


def days_late(invoice: Invoice, open_micros: int, today: date) -> int:
    counts = invoice.kind != InvoiceKind.STATEMENT or settings.CREDIT_STATEMENT_COUNTS_AS_OVERDUE
    if not counts or not open_micros or invoice.due_on is None:
        return 0
    return max(0, (today - invoice.due_on).days)


# --- declines ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Declined:
    decline: Decline
    parts: list[tuple[str, str, int | None]]
    short_micros: int | None


_PARTS = {
    "prepaid": [
        ("", "Balance", "balance_micros"),
        ("−", "Reserved", "live_reserved_micros"),
        ("+", "Credit limit", "effective_limit_micros"),
    ],
    "postpaid": [
        ("", "Credit limit", "effective_limit_micros"),
        ("−", "Unbilled", "live_unbilled_micros"),
        ("+", "Overpayment", "overpayment_micros"),
        ("−", "Reserved", "live_reserved_micros"),
    ],
}


def declines(wallet: Wallet) -> list[Declined]:
    """The latest, each with the formula's numbers at its instant."""
    found = Decline.objects.filter(wallet=wallet).order_by("-at", "-pk")[:SHOWN_DECLINES]
    return [Declined(decline, _parts(decline.breakdown), _short(decline)) for decline in found]


def _short(decline: Decline) -> int | None:
    """By how much the usable credit fell short."""
    if (
        decline.reason != Reason.CREDIT_LIMIT_EXCEEDED
        or decline.usable_micros is None
        or decline.amount_micros is None
    ):
        return None
    return decline.amount_micros - decline.usable_micros


def _parts(breakdown: Mapping[str, Any]) -> list[tuple[str, str, int | None]]:
    parts = _PARTS.get(breakdown.get("mode", ""), [])
    return [(op, label, breakdown[name]) for op, label, name in parts if name in breakdown]


# --- changes ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    change: Change
    verb: str
    differences: list[tuple[str, str, str]]


def changes(wallet: Wallet) -> list[Told]:
    """Who changed what, when and why: of this wallet, and of the organization as a whole."""
    about = Q(wallet=wallet) | Q(wallet=None)
    found = Change.objects.filter(about, organization=wallet.organization_id).order_by("-at", "-pk")[
        :SHOWN_CHANGES
    ]
    return [
        Told(change, change.verb.replace("_", " ").capitalize(), differences(change, wallet))
        for change in found
    ]


def differences(change: Change, wallet: Wallet) -> list[tuple[str, str, str]]:
    """(what, before, after) of everything that is not the same."""
    names = dict.fromkeys([*change.before, *change.after])
    told = [
        (
            _label(name),
            _value(name, change.before.get(name), wallet),
            _value(name, change.after.get(name), wallet),
        )
        for name in names
    ]
    return [
        (what, before, after)
        for what, before, after in told
        if before != after and (before, after) != ("–", "no")
    ]


def _label(name: str) -> str:
    return name.removesuffix("_micros").replace("_", " ").capitalize()


def _value(name: str, value: object, wallet: Wallet) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name.endswith("_micros") and isinstance(value, int):
        return display.with_code(value, wallet.currency)
    if name.endswith("_at") and isinstance(value, str):
        return display.day_and_time(datetime.fromisoformat(value), wallet.time_zone)
    return str(value)
