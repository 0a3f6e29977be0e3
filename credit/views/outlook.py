"""What a person must know before they decide: what is wrong, overdue or asked for, and what the clock will change.

The clock's part is said before it happens: by the same rule, asked at the later instant.
"""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from credit import display
from credit.models import ChangeRequest, Wallet
from credit.reports import overdue
from credit.terms import PaymentMode, Standing
from credit.views.live_wallets import later
from credit.views.request_words import in_words

MOST_REQUESTS = 3


@dataclass(frozen=True)
class Note:
    look: str
    icon: str
    first: str
    then: str = ""
    link: str = ""
    words: str = ""
    request: int | None = None  # that is waiting


def notes(wallet: Wallet, now: datetime) -> list[Note]:
    """The worst first; none where nothing is wrong and nothing will change."""
    if wallet.standing == Standing.CLOSED:
        return [_closed(wallet)]
    found = [
        _suspended(wallet),
        _blocked(wallet),
        _overdue(wallet, now),
        *_waiting(wallet),
        _limit_ends(wallet),
        _limit_starts(wallet, now),
        _month_turns(wallet),
    ]
    return [note for note in found if note]


def _closed(wallet: Wallet) -> Note:
    when = display.date_in_words(wallet.closed_at, wallet.time_zone)
    return Note(
        "", "lock", _("Closed on %(when)s.") % {"when": when}, _("It takes no postings until it is reopened.")
    )


def _suspended(wallet: Wallet) -> Note | None:
    if wallet.organization_status != "suspended":
        return None
    return Note(
        "danger",
        "pause",
        _("The organization is suspended."),
        _(
            "Charges, reservations, withdrawals and transfers out stop on all its wallets; payments and refunds do not."
        ),
    )


def _blocked(wallet: Wallet) -> Note | None:
    if wallet.standing != Standing.BLOCKED:
        return None
    return Note(
        "danger",
        "stop",
        _("Blocked now."),
        _cure(wallet, wallet.usable_micros),
        "set_limit",
        _("Set credit limit"),
    )


def _overdue(wallet: Wallet, now: datetime) -> Note | None:
    if (lead := overdue_words(wallet, now)) is None:
        return None
    return Note("warn", "file", lead, _("Unpaid invoices do not count in what is usable."))


def overdue_words(wallet: Wallet, now: datetime) -> str | None:
    """ "25.41 EUR is overdue, 22 days late." Said wherever somebody decides on a limit."""
    found = overdue.of_wallet(wallet, now)
    if found is None:
        return None
    amount = display.with_code(found.micros, wallet.currency)
    late = display.days_late(found.days)
    return _("%(amount)s is overdue, %(late)s.") % {"amount": amount, "late": late}


def _waiting(wallet: Wallet) -> list[Note]:
    open_ones = ChangeRequest.objects.open().filter(wallet=wallet).order_by("pk")
    return [_asked(request, wallet) for request in open_ones[:MOST_REQUESTS]]


def _asked(request: ChangeRequest, wallet: Wallet) -> Note:
    request.wallet = wallet
    lead = _("Requested by %(name)s: %(what)s.") % {"name": request.by_name, "what": in_words(request)}
    then = _("Nothing changes until somebody else approves it.")
    return Note("warn", "inbox", lead, then, words=_("Look at the request"), request=request.pk)


def _cure(wallet: Wallet, usable_micros: int) -> str:
    """What makes usable positive: money, a higher limit, or for a postpaid wallet the month's turn."""
    to_pay = wallet.owed_micros * (wallet.mode == PaymentMode.POSTPAID) - usable_micros
    price = (
        _("more than %(to_pay)s") % {"to_pay": display.with_code(to_pay, wallet.currency)}
        if to_pay
        else _("some money")
    )
    paid = _("Nothing can be charged until %(price)s is paid") % {"price": price}
    if wallet.mode == PaymentMode.PREPAID:
        return _("%(paid)s or the limit is raised.") % {"paid": paid}
    reset = display.weekday_and_time(wallet.period_ends_at, wallet.time_zone)
    return _("%(paid)s, the limit is raised, or the month resets on %(reset)s.") % {
        "paid": paid,
        "reset": reset,
    }


def _limit_ends(wallet: Wallet) -> Note | None:
    if wallet.limit_ends_at is None:
        return None
    after = later(wallet, wallet.limit_ends_at)
    when = display.weekday_and_time(wallet.limit_ends_at, wallet.time_zone)
    if after.standing == Standing.BLOCKED and wallet.standing != Standing.BLOCKED:
        return _will_be_blocked(wallet, after, when)
    return Note(
        "temp",
        "clock",
        _("The temporary limit ends by itself on %(when)s.") % {"when": when},
        _usable_then(after),
    )


def _will_be_blocked(wallet: Wallet, after: Wallet, when: str) -> Note:
    usable = display.with_code(after.usable_micros, wallet.currency)
    back_to = display.amount(after.effective_limit_micros, wallet.currency)
    until = ""
    if wallet.mode == PaymentMode.POSTPAID and wallet.period_ends_at > wallet.limit_ends_at:
        reset = display.weekday_and_time(wallet.period_ends_at, wallet.time_zone)
        until = (
            _(" until the month resets on %(reset)s") % {"reset": reset}
            if later(wallet, wallet.period_ends_at).usable_micros > 0
            else ""
        )
    then = _("When the temporary limit ends, the limit is %(back_to)s again and usable %(usable)s. ") % {
        "back_to": back_to,
        "usable": usable,
    }
    cure = "" if until else _cure(wallet, after.usable_micros)
    return Note(
        "danger",
        "stop",
        _("Will be blocked from %(when)s%(until)s.") % {"when": when, "until": until},
        then + cure,
        "set_limit",
        _("Extend the limit"),
    )


def _limit_starts(wallet: Wallet, now: datetime) -> Note | None:
    if wallet.scheduled_starts_at is None or wallet.scheduled_starts_at <= now:
        return None
    amount = display.with_code(wallet.scheduled_limit_micros, wallet.currency)
    starts = display.weekday_and_time(wallet.scheduled_starts_at, wallet.time_zone)
    ends = display.weekday_and_time(wallet.scheduled_ends_at, wallet.time_zone)
    return Note(
        "temp",
        "clock",
        _("A temporary limit of %(amount)s starts on %(starts)s.") % {"amount": amount, "starts": starts},
        _("It ends by itself on %(ends)s.") % {"ends": ends},
    )


def _month_turns(wallet: Wallet) -> Note | None:
    if wallet.mode == PaymentMode.PREPAID or wallet.standing != Standing.NEAR:
        return None
    after = later(wallet, wallet.period_ends_at)
    reset = display.weekday_and_time(wallet.period_ends_at, wallet.time_zone)
    return Note("warn", "repeat", _("The month resets on %(reset)s.") % {"reset": reset}, _usable_then(after))


def _usable_then(after: Wallet) -> str:
    usable = (
        _("unlimited")
        if after.usable_micros is None
        else display.with_code(after.usable_micros, after.currency)
    )
    return _("If nothing else happens, usable is %(usable)s then.") % {"usable": usable}
