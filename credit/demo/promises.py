"""Notes on customers: what was promised on the phone, what was missed, what somebody wants to come back to."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from credit.actions import notes
from credit.actors import Actor
from credit.demo.people import MANAGER, OFFICER, Person
from credit.models import Note, Wallet

SHOWN = "W-4071-1805"
OTHERS = 4


def tell(actors: Mapping[Person, Actor], now: datetime) -> None:
    """One is due today, one was missed, a few wait, and one was struck out."""
    officer, manager = actors[OFFICER], actors[MANAGER]
    here = notes.today(now)
    if shown := Wallet.objects.filter(wallet_id=SHOWN).first():
        words = (
            "Ms Kovács in accounting: the transfer leaves their bank this week, she sends the confirmation."
        )
        _write(shown, words, officer, now - timedelta(days=4), promised_on=here, amount="1400")
        _write(shown, "Wants one invoice per site from next year on.", manager, now - timedelta(days=20))
        wrong = _write(shown, "Leaves us in spring.", officer, now - timedelta(days=9))
        why = "Another customer of nearly the same name"
        notes.strike_out(note=wrong, reason=why, by=officer, now=lambda: now - timedelta(days=8))
    for number, wallet in enumerate(_in_debt()):
        _promise(wallet, number, here, officer, now)


def _promise(wallet: Wallet, number: int, here: date, by: Actor, now: datetime) -> None:
    """The first was missed two days ago, the others come one by one."""
    day = here + timedelta(days=number * 2 - 2)
    words = "Says the payment is on its way; the bank needs two days."
    _write(wallet, words, by, now - timedelta(days=3), promised_on=day)


def _write(
    wallet: Wallet,
    words: str,
    by: Actor,
    at: datetime,
    promised_on: date | None = None,
    amount: str | None = None,
) -> Note:
    return notes.write_note(
        wallet=wallet, text=words, promised_on=promised_on, amount=amount, by=by, now=lambda: at
    )


def _in_debt() -> list[Wallet]:
    """Customers who owe more than a little, and have no story of their own about it."""
    owing = Wallet.objects.filter(
        closed_at=None, balance_micros__lt=-100_000_000, organization_status="active"
    )
    return list(owing.exclude(wallet_id=SHOWN).order_by("pk")[:OTHERS])
