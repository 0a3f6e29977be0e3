"""What the clock alone will change, said before it happens: by the same rule, asked at the later instant."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from credit import display
from credit.models import Wallet
from credit.terms import PaymentMode, Standing
from credit.views.live_wallets import later


@dataclass(frozen=True)
class Note:
    look: str
    icon: str
    first: str
    then: str = ""
    link: str = ""
    words: str = ""


def notes(wallet: Wallet, now: datetime) -> list[Note]:
    """The worst first; none where nothing is wrong and nothing will change."""
    if wallet.standing == Standing.CLOSED:
        return [_closed(wallet)]
    found = [
        _suspended(wallet),
        _blocked(wallet),
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
