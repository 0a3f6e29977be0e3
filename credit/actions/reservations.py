"""Holds for transactions that are still going on: reserve, extend, commit, release."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from credit import rules
from credit.actions import inputs
from credit.actions.answering import Request, answer_one
from credit.actions.books import Account, Now, opened
from credit.actions.charges import (
    accepted,
    post_charge,
    refuse_beyond_charge_bounds,
    refuse_beyond_usable,
    refuse_far_ahead,
    refuse_more_decimals,
    refuse_other_currency,
    refuse_when_closed,
    refuse_when_suspended,
    spend_beyond_usable,
)
from credit.actions.outcome import Outcome
from credit.actions.refusals import BadInput, Declined, require
from credit.actions.settling import end_hold, refresh_next_end
from credit.actions.writing import update_of_wallet
from credit.actors import Actor
from credit.models import HoldLine, Reservation, ReservationEnding, Transaction, Wallet
from credit.money import round_down_to_currency, to_words
from credit.terms import Reason

_MOVING = ("amount_micros", "committed_micros", "rest_micros", "expires_at", "ended_at", "ending")


@dataclass
class HoldRequest(Request):
    reference: str = ""

    permission = "credit.post_charges"

    def parse(self) -> None:
        self.reference = inputs.text(self.reference, field="reference", longest=128, required=True)

    def latest(self, account: Account) -> Reservation | None:
        """A reference names the latest hold under it."""
        return (
            Reservation.objects.filter(wallet=account.wallet, reference=self.reference)
            .order_by("-pk")
            .first()
        )

    def existing(self, account: Account) -> Reservation:
        hold = self.latest(account)
        if hold is None:
            message = f"Reservation {self.reference!r} is not known on this wallet. Check the reference."
            raise BadInput("reference", message, Reason.NOT_FOUND)
        return hold

    def attempt(self) -> dict[str, Any]:
        return {"reference": self.reference}


@dataclass
class Lifetime:
    """When a hold ends: after a life, or at an instant; else after the default."""

    life: timedelta | None = None
    expires_at: datetime | None = None

    def parse(self) -> None:
        self.expires_at = inputs.instant(self.expires_at, field="expires_at")
        if self.life is not None and (not isinstance(self.life, timedelta) or self.life <= timedelta(0)):
            raise BadInput("life", "Life must be longer than nothing.")
        if self.life is not None and self.expires_at is not None:
            raise BadInput("expires_at", "Send a life or an end, not both.")

    def end(self, placed_at: datetime, at: datetime) -> datetime | None:
        """The end that was asked for, checked against the longest life; None where nothing was asked."""
        field = "expires_at" if self.expires_at else "life"
        end = self.expires_at
        if self.life is not None:
            end = _later(at, self.life, field)
        longest = timedelta(days=settings.CREDIT_LONGEST_HOLD_LIFE_DAYS)
        if end is not None and end <= at:
            raise BadInput(field, "The end lies in the past. Give a later one.")
        if end is not None and end - placed_at > longest:
            raise BadInput(
                field,
                f"A hold lives at most {longest.days} days from when it was placed. Give an earlier end.",
            )
        return end

    def sent(self) -> dict[str, Any]:
        return {"life": self.life.total_seconds() if self.life else None, "expires_at": self.expires_at}


def _later(at: datetime, life: timedelta, field: str) -> datetime:
    try:
        return at + life
    except OverflowError:
        raise BadInput(field, "Life is too long. Give a shorter one.") from None


@dataclass
class Reserve(HoldRequest):
    amount: inputs.Amount = 0
    kind: str = "call"
    life: timedelta | None = None
    expires_at: datetime | None = None
    up_to: bool = False
    currency: str | None = None
    description: str = ""

    verb = "reserve"

    def parse(self) -> None:
        super().parse()
        self.micros = inputs.amount(self.amount, zero=True)
        self.kind = inputs.charge_kind(self.kind)
        self.description = inputs.text(self.description, field="description", longest=255)
        self.lifetime = Lifetime(self.life, self.expires_at)
        self.lifetime.parse()

    def content(self) -> dict[str, Any]:
        sent = ("reference", "kind", "up_to", "currency", "description")
        return {"amount": self.micros, **self.lifetime.sent(), **{name: getattr(self, name) for name in sent}}

    def attempt(self) -> dict[str, Any]:
        return {"kind": self.kind, "amount_micros": self.micros, "reference": self.reference}

    def check(self, account: Account) -> None:
        refuse_other_currency(self.currency, account.wallet)
        self.lifetime.end(account.at, account.at)
        if not self.up_to:
            old = self._old(account)
            account.refuse_beyond_bounds(reserved=self.micros - (old.rest_micros if old else 0))

    def decide(self, account: Account) -> Outcome:
        refuse_when_closed(account.wallet)
        refuse_when_suspended(account.wallet)
        old = self._old(account)
        rest = old.rest_micros if old else 0
        granted = self._granted(account, rest)
        account.refuse_beyond_bounds(reserved=granted - rest)
        if old:
            _end(account, old, ReservationEnding.REPLACED)
        hold = self._place(account, granted)
        return _told(self.verb, account, hold, granted_micros=granted)

    def _granted(self, account: Account, rest: int) -> int:
        """The amount, or up to what fits; a replacement that is not above the old rest passes."""
        if self.up_to:
            usable = account.usable
            return self.micros if usable is None else min(self.micros, max(0, usable + rest))
        if self.micros > rest:
            refuse_beyond_usable(account, self.micros, given_back=rest)
        return self.micros

    def _old(self, account: Account) -> Reservation | None:
        hold = self.latest(account)
        return hold if hold and hold.ended_at is None else None

    def _place(self, account: Account, granted: int) -> Reservation:
        default = account.at + timedelta(seconds=settings.CREDIT_DEFAULT_HOLD_LIFE_SECONDS)
        hold = Reservation.objects.create(
            wallet=account.wallet,
            reference=self.reference,
            kind=self.kind,
            amount_micros=granted,
            rest_micros=granted,
            placed_at=account.at,
            expires_at=self.lifetime.end(account.at, account.at) or default,
            description=self.description,
            # A hold with nothing left is finished (fine print 20), so a zero hold is finished when it is placed.
            ended_at=None if granted else account.at,
            ending="" if granted else ReservationEnding.FINISHED,
            by_user=account.books.by.user,
            by_name=account.books.by.name,
        )
        _moved(account, hold, granted)
        return hold


@dataclass
class Extend(HoldRequest):
    """A new total (with what was committed) and/or a new end."""

    total: inputs.Amount | None = None
    life: timedelta | None = None
    expires_at: datetime | None = None

    verb = "extend"

    def parse(self) -> None:
        super().parse()
        self.micros = None if self.total is None else inputs.amount(self.total, field="total", zero=True)
        self.lifetime = Lifetime(self.life, self.expires_at)
        self.lifetime.parse()
        if self.micros is None and self.life is None and self.expires_at is None:
            raise BadInput("total", "Nothing to extend. Send a new total, a life or an end.")

    def content(self) -> dict[str, Any]:
        return {"reference": self.reference, "total": self.micros, **self.lifetime.sent()}

    def attempt(self) -> dict[str, Any]:
        return {"reference": self.reference, "amount_micros": self.micros}

    def check(self, account: Account) -> None:
        hold = self.existing(account)
        self.lifetime.end(hold.placed_at, account.at)
        account.refuse_beyond_bounds(reserved=self._rest(hold) - hold.rest_micros)

    def decide(self, account: Account) -> Outcome:
        refuse_when_closed(account.wallet)
        refuse_when_suspended(account.wallet)
        hold = self.existing(account)
        _refuse_when_over(hold)
        rest = self._rest(hold)
        if rest > hold.rest_micros:
            refuse_beyond_usable(account, rest, given_back=hold.rest_micros)
        change = rest - hold.rest_micros
        hold.expires_at = self.lifetime.end(hold.placed_at, account.at) or hold.expires_at
        hold.amount_micros = hold.amount_micros if self.micros is None else self.micros
        hold.rest_micros = rest
        if rest == 0:
            hold.ended_at, hold.ending = account.at, ReservationEnding.FINISHED
        update_of_wallet(hold, _MOVING)
        _moved(account, hold, change)
        return _told(self.verb, account, hold)

    def _rest(self, hold: Reservation) -> int:
        return hold.rest_micros if self.micros is None else max(0, self.micros - hold.committed_micros)


@dataclass
class Commit(HoldRequest):
    """`amount` left out: all that is held. `final` (the default): the rest is released."""

    amount: inputs.Amount | None = None
    final: bool | None = None
    overrun: bool = False
    description: str = ""
    occurred_at: datetime | None = None

    verb = "commit"

    def parse(self) -> None:
        super().parse()
        self.micros = None if self.amount is None else inputs.amount(self.amount, zero=True)
        self.description = inputs.text(self.description, field="description", longest=255)
        self.occurred_at = inputs.instant(self.occurred_at, field="occurred_at")

    def content(self) -> dict[str, Any]:
        # `final=False` is content, unlike a flag that was left out.
        final = None if self.final is None else str(self.final)
        sent = ("reference", "overrun", "description", "occurred_at")
        return {"amount": self.micros, "final": final, **{name: getattr(self, name) for name in sent}}

    def attempt(self) -> dict[str, Any]:
        return {"reference": self.reference, "amount_micros": self.micros}

    def check(self, account: Account) -> None:
        refuse_far_ahead(self.occurred_at, account.at)
        hold = self.existing(account)
        micros = self._amount(account.wallet, hold)
        refuse_more_decimals(account.wallet, hold.kind, micros)
        # Within its hold a commit never trips over the wallet's bounds.
        if hold.ended_at is None and micros > hold.rest_micros:
            refuse_beyond_charge_bounds(account, hold.kind, micros, out_of_hold=hold.rest_micros)

    def decide(self, account: Account) -> Outcome:
        refuse_when_closed(account.wallet)
        hold = self.existing(account)
        _refuse_when_over(hold)
        micros = self._amount(account.wallet, hold)
        over = micros > hold.rest_micros
        if over:
            self._refuse_more_than_held(account, hold, micros)
        taken = min(micros, hold.rest_micros)
        hold.committed_micros += micros
        hold.rest_micros -= taken
        # Without an amount all is taken, and what an invoice of its own cannot carry is released (fine print 20).
        if self.final is not False or self.micros is None or hold.rest_micros == 0:
            taken += hold.rest_micros
            hold.rest_micros, hold.ended_at, hold.ending = 0, account.at, ReservationEnding.FINISHED
        update_of_wallet(hold, _MOVING)
        _moved(account, hold, -taken)
        line = self._post(account, hold, micros, over)
        return _told(self.verb, account, hold, line)

    def _post(self, account: Account, hold: Reservation, micros: int, over: bool) -> Transaction:
        description = self.description or hold.description
        details = {"reference": hold.reference, "description": description, "occurred_at": self.occurred_at}
        return post_charge(account, hold.kind, micros, reservation=hold, overrun=over, **details)

    def _amount(self, wallet: Wallet, hold: Reservation) -> int:
        if self.micros is not None:
            return self.micros
        at_once = rules.is_invoiced_at_once(wallet.mode, wallet.scheme, hold.kind)
        return round_down_to_currency(hold.rest_micros, wallet.currency) if at_once else hold.rest_micros

    def _refuse_more_than_held(self, account: Account, hold: Reservation, micros: int) -> None:
        if self.overrun:
            require(account.books.by, "credit.overrun", "commit more than is held")
            spend_beyond_usable(account, self.verb, hold.kind, micros - hold.rest_micros)
            return
        message = f"{to_words(micros)} asked, {to_words(hold.rest_micros)} held. Commit at most that."
        raise Declined(Reason.RESERVATION_EXCEEDED, message, rest_micros=hold.rest_micros)


@dataclass
class Release(HoldRequest):
    verb = "release"

    def content(self) -> dict[str, Any]:
        return {"reference": self.reference}

    def check(self, account: Account) -> None:
        self.existing(account)

    def decide(self, account: Account) -> Outcome:
        """A hold that is over already stays as it is: releasing it is accepted and changes nothing."""
        hold = self.existing(account)
        if hold.ended_at is None:
            _end(account, hold, ReservationEnding.RELEASED)
        return _told(self.verb, account, hold)


def reserve(
    *, wallet: Wallet | str, reference: str, amount: inputs.Amount, by: Actor, now: Now, **details: Any
) -> Outcome:
    """Holds an amount if it fits (`up_to`: or what fits). Under a live hold's reference it replaces that hold."""
    return answer_one(Reserve(wallet=wallet, reference=reference, amount=amount, **details), by=by, now=now)


def extend(*, wallet: Wallet | str, reference: str, by: Actor, now: Now, **details: Any) -> Outcome:
    return answer_one(Extend(wallet=wallet, reference=reference, **details), by=by, now=now)


def commit(*, wallet: Wallet | str, reference: str, by: Actor, now: Now, **details: Any) -> Outcome:
    """Charges out of a live hold; always succeeds up to what it holds, in the month it is posted in."""
    return answer_one(Commit(wallet=wallet, reference=reference, **details), by=by, now=now)


def release(*, wallet: Wallet | str, reference: str, by: Actor, now: Now, key: str | None = None) -> Outcome:
    return answer_one(Release(wallet=wallet, reference=reference, key=key), by=by, now=now)


def book_expired(*, wallet_pks: Sequence[int], by: Actor, now: Now) -> int:
    """Books away the holds that the clock has ended; settling a locked row does it. Gives the number of wallets."""
    with opened(wallet_pks, by=by, now=now) as books:
        return len(books.accounts)


def _refuse_when_over(hold: Reservation) -> None:
    if hold.ending == ReservationEnding.EXPIRED:
        ended = f"{hold.expires_at:%Y-%m-%d %H:%M:%S} UTC"
        message = f"The reservation expired at {ended}. Post a charge instead."
        raise Declined(Reason.RESERVATION_EXPIRED, message)
    if hold.ended_at is not None:
        message = f"The reservation is {hold.get_ending_display().lower()}. Reserve again."
        raise Declined(Reason.RESERVATION_CLOSED, message)


def _end(account: Account, hold: Reservation, ending: str) -> None:
    end_hold(account.wallet, hold, ending, account.at, account.books.by.name)
    update_of_wallet(hold, _MOVING)
    refresh_next_end(account.wallet)
    account.touch()


def _moved(account: Account, hold: Reservation, change: int) -> None:
    """Carries a change of a hold's rest to the wallet's row and to the past of what is reserved."""
    HoldLine.objects.create(
        wallet=account.wallet,
        reservation=hold,
        at=account.at,
        change_micros=change,
        expires_at=hold.expires_at,
        by_name=account.books.by.name,
    )
    account.wallet.reserved_micros += change
    refresh_next_end(account.wallet)
    account.touch()


def _told(
    verb: str, account: Account, hold: Reservation, line: Transaction | None = None, **numbers: Any
) -> Outcome:
    state = {
        "reference": hold.reference,
        "rest_micros": hold.rest_micros,
        "committed_micros": hold.committed_micros,
        "expires_at": hold.expires_at.isoformat(),
        "ending": hold.ending,
    }
    return accepted(verb, account, line, **{**state, **numbers})
