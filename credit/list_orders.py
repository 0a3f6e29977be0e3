"""What lists of wallets are put in order by: one number for each wallet, never NULL, over the names of the rule."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import BigIntegerField, Case, Expression, F, IntegerField, Value, When
from django.db.models.functions import Coalesce, StrIndex

from credit.terms import LimitState, Standing

HIGHEST = 2**62  # unlimited sorts above every amount


def _highest_if_unlimited(name: str) -> Coalesce:
    return Coalesce(F(name), Value(HIGHEST), output_field=BigIntegerField())


def _limit() -> Case:
    """Not set stands below a limit of zero, unlimited above every amount."""
    return Case(
        When(limit_state=LimitState.NOT_SET, then=Value(-1)),
        default=_highest_if_unlimited("effective_limit_micros"),
        output_field=BigIntegerField(),
    )


def _used() -> Coalesce:
    return Coalesce("used_percent", Value(-1), output_field=BigIntegerField())


def _standing() -> StrIndex:
    """Worst first: the place of the word in the row of words, so that the rule is worked out once per wallet."""
    return StrIndex(Value(" ".join(Standing.values)), F("standing"), output_field=IntegerField())


@dataclass(frozen=True)
class Moving:
    """An order by a number that moves with the clock, and the copy's column that keeps it."""

    column: str
    value: Callable[[], Expression | F]
    names: tuple[str, ...] = ()  # of the rule, that the value stands on


MOVING = {
    "balance": Moving("balance_micros", lambda: F("balance_micros")),
    "unbilled": Moving("unbilled_micros", lambda: F("live_unbilled_micros"), ("live_unbilled_micros",)),
    "reserved": Moving("reserved_micros", lambda: F("live_reserved_micros"), ("live_reserved_micros",)),
    "limit": Moving("limit_order", _limit, ("limit_state", "effective_limit_micros")),
    "usable": Moving("usable_order", lambda: _highest_if_unlimited("usable_micros"), ("usable_micros",)),
    "used": Moving("used_order", _used, ("used_percent",)),
    "status": Moving("standing_order", _standing, ("standing",)),
}
