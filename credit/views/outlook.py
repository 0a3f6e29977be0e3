"""What the clock alone will change, said before it happens: by the same rule, asked at the later instant."""

from dataclasses import dataclass
from datetime import datetime

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
    return Note("", "lock", f"Closed on {when}.", "It takes no postings until it is reopened.")


def _suspended(wallet: Wallet) -> Note | None:
    if wallet.organization_status != "suspended":
        return None
    return Note(
        "danger",
        "pause",
        "The organization is suspended.",
        "Charges, reservations, withdrawals and transfers out stop on all its wallets; payments and refunds do not.",
    )


def _blocked(wallet: Wallet) -> Note | None:
    if wallet.standing != Standing.BLOCKED:
        return None
    return Note(
        "danger", "stop", "Blocked now.", _cure(wallet, wallet.usable_micros), "set_limit", "Set credit limit"
    )


def _cure(wallet: Wallet, usable_micros: int) -> str:
    """What makes usable positive: money, a higher limit, or for a postpaid wallet the month's turn."""
    to_pay = wallet.owed_micros * (wallet.mode == PaymentMode.POSTPAID) - usable_micros
    price = f"more than {display.with_code(to_pay, wallet.currency)}" if to_pay else "some money"
    paid = f"Nothing can be charged until {price} is paid"
    if wallet.mode == PaymentMode.PREPAID:
        return f"{paid} or the limit is raised."
    reset = display.weekday_and_time(wallet.period_ends_at, wallet.time_zone)
    return f"{paid}, the limit is raised, or the month resets on {reset}."


def _limit_ends(wallet: Wallet) -> Note | None:
    if wallet.limit_ends_at is None:
        return None
    after = later(wallet, wallet.limit_ends_at)
    when = display.weekday_and_time(wallet.limit_ends_at, wallet.time_zone)
    if after.standing == Standing.BLOCKED and wallet.standing != Standing.BLOCKED:
        return _will_be_blocked(wallet, after, when)
    return Note("temp", "clock", f"The temporary limit ends by itself on {when}.", _usable_then(after))


def _will_be_blocked(wallet: Wallet, after: Wallet, when: str) -> Note:
    usable = display.with_code(after.usable_micros, wallet.currency)
    back_to = display.amount(after.effective_limit_micros, wallet.currency)
    until = ""
    if wallet.mode == PaymentMode.POSTPAID and wallet.period_ends_at > wallet.limit_ends_at:
        reset = display.weekday_and_time(wallet.period_ends_at, wallet.time_zone)
        until = (
            f" until the month resets on {reset}"
            if later(wallet, wallet.period_ends_at).usable_micros > 0
            else ""
        )
    then = f"When the temporary limit ends, the limit is {back_to} again and usable {usable}. "
    cure = "" if until else _cure(wallet, after.usable_micros)
    return Note(
        "danger", "stop", f"Will be blocked from {when}{until}.", then + cure, "set_limit", "Extend the limit"
    )


def _limit_starts(wallet: Wallet, now: datetime) -> Note | None:
    if wallet.scheduled_starts_at is None or wallet.scheduled_starts_at <= now:
        return None
    amount = display.with_code(wallet.scheduled_limit_micros, wallet.currency)
    starts = display.weekday_and_time(wallet.scheduled_starts_at, wallet.time_zone)
    ends = display.weekday_and_time(wallet.scheduled_ends_at, wallet.time_zone)
    return Note(
        "temp", "clock", f"A temporary limit of {amount} starts on {starts}.", f"It ends by itself on {ends}."
    )


def _month_turns(wallet: Wallet) -> Note | None:
    if wallet.mode == PaymentMode.PREPAID or wallet.standing != Standing.NEAR:
        return None
    after = later(wallet, wallet.period_ends_at)
    reset = display.weekday_and_time(wallet.period_ends_at, wallet.time_zone)
    return Note("warn", "repeat", f"The month resets on {reset}.", _usable_then(after))


def _usable_then(after: Wallet) -> str:
    usable = (
        "unlimited" if after.usable_micros is None else display.with_code(after.usable_micros, after.currency)
    )
    return f"If nothing else happens, usable is {usable} then."
