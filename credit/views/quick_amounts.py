"""Amounts and days that a person most often means, one click away."""

from dataclasses import dataclass
from typing import Any

from credit import display
from credit.money import MICROS, minor_unit

RAISES = (10, 20, 50)
DAYS = (1, 3, 7, 14)
ROUND = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True)
class Quick:
    label: str
    value: str


def quick_amounts(wallet: Any) -> list[Quick]:
    """Raises of the permanent limit, and the next round number; from what is used where no limit is set."""
    base = wallet.permanent_limit_micros or 0
    raises = [_quick(wallet, f"+{percent} %", _raised(wallet, base, percent)) for percent in RAISES if base]
    following = next_round(max(base, wallet.used_micros))
    rounded = (
        [_quick(wallet, display.short_amount(following, wallet.currency), following)] if following else []
    )
    return raises + rounded


def _quick(wallet: Any, label: str, micros: int) -> Quick:
    return Quick(label, display.typed(micros, wallet.currency))


def quick_days() -> list[Quick]:
    return [Quick(str(days), str(days)) for days in DAYS]


def _raised(wallet: Any, base: int, percent: int) -> int:
    """Rounded up to what the currency can pay, so that a raise is never less than it says."""
    unit = minor_unit(wallet.currency)
    return -(-base * (100 + percent) // (100 * unit)) * unit


def next_round(micros: int) -> int:
    """The next of 1, 2, 2.5, 5 × 10ⁿ whole units above the amount; 0 for nothing."""
    if micros <= 0:
        return 0
    power = MICROS
    while micros >= 10 * power:
        power *= 10
    return next(int(step * power) for step in ROUND if step * power > micros)
