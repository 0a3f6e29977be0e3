"""What stands beside the ledger on the organization page: reservations, invoices, declines, changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.db.models import DateField, DateTimeField, Q
from django.utils.timesince import timeuntil
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credit import display
from credit.actions import allocating
from credit.models import Change, Decline, Invoice, Reservation, Wallet
from credit.terms import PaymentMode, Reason
from credit.views import change_words, invoice_rows
from credit.views.ledger import ICONS
from credit.written_queries import WrittenRows, slot
from organizations.models import Organization

MOST_RESERVATIONS = 50
SHOWN_INVOICES = 6
SHOWN_DECLINES = 5
SHOWN_CHANGES = 6
_WALLET = slot("wallet", Wallet._meta.pk)
_ORGANIZATION = slot("organization", Organization._meta.pk)


def reservations(wallet: Wallet, now: datetime) -> list[Reservation]:
    """Live by the clock, the next to end first."""
    live = _live(Reservation.objects.all().db).found(wallet=wallet.pk, now=now)
    for hold in live:
        hold.icon = ICONS[hold.kind]
        hold.ends_in = timeuntil(hold.expires_at, now, depth=1)
    return live


@cache
def _live(using: str) -> WrittenRows[Reservation]:
    live = Reservation.objects.using(using).live(slot("now", DateTimeField())).filter(wallet=_WALLET)
    return WrittenRows(live.order_by("expires_at", "pk")[:MOST_RESERVATIONS], using)


# --- invoices ---------------------------------------------------------------------------------------------------------


def invoices(wallet: Wallet, now: datetime) -> list[invoice_rows.Row]:
    """The latest, with their state on the customer's own day."""
    today = display.local(now, wallet.time_zone).date()
    found = _invoices(Invoice.objects.all().db).found(wallet=wallet.pk, today=today)
    for invoice in found:
        invoice.wallet = wallet
    return invoice_rows.rows(found, today)


@cache
def _invoices(using: str) -> WrittenRows[Invoice]:
    found = Invoice.objects.using(using).on(slot("today", DateField())).filter(wallet=_WALLET)
    return WrittenRows(found.order_by("-pk")[:SHOWN_INVOICES], using)


def beside_invoices(wallet: Wallet) -> str:
    """What the open invoices do not explain of the amount due: owed on no invoice, or paid and on none yet."""
    nothing_open = (wallet.balance_micros, 0)
    free, payable = allocating.free_of({wallet.pk: wallet.balance_micros}).get(wallet.pk, nothing_open)
    words = f"{display.exact(abs(free), wallet.currency)} {wallet.currency}"
    if free < 0 and wallet.mode == PaymentMode.POSTPAID:
        return _("%(words)s of what is due stands on no invoice.") % {"words": words}
    if free > 0 and payable:
        return _("%(words)s came in and pays no invoice yet.") % {"words": words}
    return ""


# --- declines ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Declined:
    decline: Decline
    parts: list[tuple[str, str, int | None]]
    short_micros: int | None


_PARTS = {
    "prepaid": [
        ("", gettext_lazy("Balance"), "balance_micros"),
        ("−", gettext_lazy("Reserved"), "live_reserved_micros"),
        ("+", gettext_lazy("Credit limit"), "effective_limit_micros"),
    ],
    "postpaid": [
        ("", gettext_lazy("Credit limit"), "effective_limit_micros"),
        ("−", gettext_lazy("Unbilled"), "live_unbilled_micros"),
        ("+", gettext_lazy("Overpayment"), "overpayment_micros"),
        ("−", gettext_lazy("Reserved"), "live_reserved_micros"),
    ],
}


def declines(wallet: Wallet) -> list[Declined]:
    """The latest, each with the formula's numbers at its instant."""
    found = _declines(Decline.objects.all().db).found(wallet=wallet.pk)
    return [Declined(decline, _parts(decline.breakdown), _short(decline)) for decline in found]


@cache
def _declines(using: str) -> WrittenRows[Decline]:
    found = Decline.objects.using(using).filter(wallet=_WALLET).order_by("-at", "-pk")
    return WrittenRows(found[:SHOWN_DECLINES], using)


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
    differences: list[change_words.Difference]


def changes(wallet: Wallet) -> list[Told]:
    """Who changed what, when and why: of this wallet, and of the organization as a whole."""
    found = _changes(Change.objects.all().db).found(wallet=wallet.pk, organization=wallet.organization_id)
    return [Told(change, change_words.done(change.verb), differences(change, wallet)) for change in found]


@cache
def _changes(using: str) -> WrittenRows[Change]:
    decisions = Change.objects.using(using).decisions()
    about = decisions.filter(Q(wallet=_WALLET) | Q(wallet=None), organization=_ORGANIZATION)
    return WrittenRows(about.newest_first()[:SHOWN_CHANGES], using)


def differences(change: Change, wallet: Wallet) -> list[change_words.Difference]:
    """(what, before, after) of everything that is not the same."""
    return change_words.differences(change, wallet.time_zone, wallet.currency)
