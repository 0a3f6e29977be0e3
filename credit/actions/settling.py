"""Writing down what the clock has already decided about one locked wallet: ended limits, ended periods, expired holds.

Each thing is booked once, at its own instant, by whoever locks the row first after it: a job, or the next charge.
"""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Min, Sum

from credit import money, periods
from credit.models import CreditLimit, HoldLine, LimitEnding, LimitSlot, Notice, Period, Reservation, Wallet
from credit.models.reservation import ReservationEnding

CLOCK = "The clock"
TEMPORARY_LIMIT_ENDED = "temporary_limit_ended"  # the kind of notice
HAS_ENDED = "The temporary limit of %s %s has ended."
_NOTHING = (None, None, None)


def settle(wallet: Wallet, t: datetime) -> list[Period]:
    """Gives the periods that ended, unsaved: many wallets' periods are written in one statement."""
    _book_limits(wallet, t)
    _expire_holds(wallet, t)
    return list(_end_periods(wallet, t))


def _book_limits(wallet: Wallet, t: datetime) -> None:
    if wallet.scheduled_starts_at and wallet.scheduled_starts_at <= t:
        _make_way_for_scheduled(wallet, wallet.scheduled_starts_at, t)
    if wallet.temporary_ends_at and wallet.temporary_ends_at <= t:
        _end_temporary(wallet, wallet.temporary_ends_at, LimitEnding.EXPIRED, t)


def _make_way_for_scheduled(wallet: Wallet, start: datetime, t: datetime) -> None:
    if wallet.temporary_ends_at:
        expired = wallet.temporary_ends_at <= start
        ending = LimitEnding.EXPIRED if expired else LimitEnding.SUPERSEDED
        _end_temporary(wallet, min(wallet.temporary_ends_at, start), ending, t)
    place_temporary(
        wallet, LimitSlot.TEMPORARY, wallet.scheduled_limit_micros, start, wallet.scheduled_ends_at
    )
    clear_temporary(wallet, LimitSlot.SCHEDULED)
    wallet.version += 1
    scheduled = CreditLimit.objects.open().filter(wallet=wallet, slot=LimitSlot.SCHEDULED)
    scheduled.update(slot=LimitSlot.TEMPORARY)


def _end_temporary(wallet: Wallet, ended_at: datetime, ending: str, t: datetime) -> None:
    limit = end_limit(wallet, LimitSlot.TEMPORARY, ended_at, ending, CLOCK)
    amount = wallet.temporary_limit_micros or 0
    clear_temporary(wallet, LimitSlot.TEMPORARY)
    wallet.version += 1
    if limit and ending == LimitEnding.EXPIRED:
        notice_of_end(wallet.pk, limit.pk, amount, wallet.currency, t).save()


def notice_of_end(wallet: int, limit: int, micros: int, currency: str, at: datetime) -> Notice:
    """Unsaved, by the pks of the wallet and of the limit's history row."""
    text = HAS_ENDED % (money.to_words(micros), currency)
    return Notice(wallet_id=wallet, limit_id=limit, at=at, kind=TEMPORARY_LIMIT_ENDED, text=text)


def place_temporary(
    wallet: Wallet, slot: str, amount: int | None, starts_at: datetime | None, ends_at: datetime | None
) -> None:
    setattr(wallet, f"{slot}_limit_micros", amount)
    setattr(wallet, f"{slot}_starts_at", starts_at)
    setattr(wallet, f"{slot}_ends_at", ends_at)


def clear_temporary(wallet: Wallet, slot: str) -> None:
    place_temporary(wallet, slot, *_NOTHING)


def end_limit(wallet: Wallet, slot: str, ended_at: datetime, ending: str, by_name: str) -> CreditLimit | None:
    """Closes the open history row of a slot."""
    limit = CreditLimit.objects.open().filter(wallet=wallet, slot=slot).first()
    if limit:
        limit.ended_at, limit.ending, limit.ended_by_name = ended_at, ending, by_name
        limit.save(update_fields=["ended_at", "ending", "ended_by_name"])
    return limit


def _end_periods(wallet: Wallet, t: datetime) -> Iterator[Period]:
    """A week or a year of silence leaves several ended periods; each keeps its own row."""
    while wallet.period_ends_at and wallet.period_ends_at <= t:
        end = wallet.period_ends_at
        yield end_period(wallet, end, t)
        start_period(wallet, end, periods.next_period_end(end, wallet.time_zone))


def end_period(wallet: Wallet, ended_at: datetime, t: datetime) -> Period:
    """The running period becomes an ended one, its amount stands as closing until the close books it."""
    assert wallet.period_starts_at is not None
    ended = Period(
        wallet=wallet,
        starts_at=wallet.period_starts_at,
        ends_at=ended_at,
        scheme=wallet.scheme,
        amount_micros=wallet.unbilled_micros,
        first_sequence=wallet.period_first_sequence,
        last_sequence=wallet.last_sequence,
        recorded_at=t,
    )
    wallet.closing_micros += wallet.unbilled_micros
    wallet.unbilled_micros = 0
    return ended


def start_period(wallet: Wallet, starts_at: datetime, ends_at: datetime) -> None:
    wallet.period_starts_at, wallet.period_ends_at = starts_at, ends_at
    wallet.period_first_sequence = wallet.last_sequence + 1


def _expire_holds(wallet: Wallet, t: datetime) -> None:
    if not wallet.next_hold_ends_at or wallet.next_hold_ends_at > t:
        return
    over = list(
        Reservation.objects.open().filter(wallet=wallet, expires_at__lte=t).order_by("expires_at", "pk")
    )
    for hold in over:
        end_hold(wallet, hold, ReservationEnding.EXPIRED, hold.expires_at, CLOCK)
    Reservation.objects.filter(wallet=wallet).bulk_update(over, ["rest_micros", "ended_at", "ending"])
    refresh_next_end(wallet)


def end_hold(wallet: Wallet, hold: Reservation, ending: str, ended_at: datetime, by_name: str) -> None:
    """Gives the rest of a hold back; the caller saves the hold."""
    HoldLine.objects.create(
        wallet=wallet,
        reservation=hold,
        at=ended_at,
        change_micros=-hold.rest_micros,
        expires_at=hold.expires_at,
        by_name=by_name,
    )
    wallet.reserved_micros -= hold.rest_micros
    hold.rest_micros, hold.ended_at, hold.ending = 0, ended_at, ending


def refresh_next_end(wallet: Wallet) -> None:
    wallet.next_hold_ends_at = (
        Reservation.objects.open().filter(wallet=wallet).aggregate(end=Min("expires_at"))["end"]
    )


def held(wallet: Wallet) -> int:
    """Micros that the wallet's open holds add up to."""
    return Reservation.objects.open().filter(wallet=wallet).aggregate(total=Sum("rest_micros"))["total"] or 0
