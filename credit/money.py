"""Amounts as integers of 10⁻⁶ of the currency unit: what a person or a system sends -> micros -> Decimal for people."""

from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import cache

from iso4217 import Currency

from credit.languages import Number
from credit.languages import Said as _

MICROS = 1_000_000
LARGEST_AMOUNT_MICROS = 10**12 * MICROS
LARGEST_WALLET_MICROS = 1_800_000_000_000 * MICROS  # product.md section 9: ±1.8 × 10¹²
DECIMALS = 6
_MOST_DIGITS = 40


class InvalidAmount(ValueError):
    """The text says what is wrong with the amount and what to type instead."""


def to_micros(amount: Decimal | int | str) -> int:
    """Exact micros of a decimal amount; InvalidAmount for anything that would have to be guessed or rounded."""
    value = _decimal(amount)
    # The exponent first: with one of millions Decimal's own arithmetic overflows.
    if value and (value.adjusted() > _MOST_DIGITS or abs(value) > LARGEST_AMOUNT_MICROS // MICROS):
        raise InvalidAmount(_("Amount is larger than 1,000,000,000,000. Type a smaller one."))
    if int(value.as_tuple().exponent) >= -DECIMALS:
        return int(value.scaleb(DECIMALS))
    # A fraction, since Decimal's own arithmetic would round a tail beyond its 28 digits in silence.
    micros = Fraction(value) * MICROS if value else Fraction(0)
    if micros.denominator != 1:
        raise InvalidAmount(
            _("Amount has too many decimals. At most %(DECIMALS)s are kept.") % {"DECIMALS": DECIMALS}
        )
    return micros.numerator


def _decimal(amount: Decimal | int | str) -> Decimal:
    if isinstance(amount, bool | float) or not isinstance(amount, Decimal | int | str):
        raise InvalidAmount(_("Amount must be a decimal number written as text, such as 150.50."))
    if isinstance(amount, str) and ("_" in amount or len(amount) > _MOST_DIGITS or not amount.isascii()):
        raise InvalidAmount(_("Amount is not a number. Type digits and one point, such as 150.50."))
    try:
        value = Decimal(amount.strip()) if isinstance(amount, str) else Decimal(amount)
    except InvalidOperation:
        raise InvalidAmount(_("Amount is not a number. Type digits and one point, such as 150.50.")) from None
    if not value.is_finite() or (value and value.adjusted() < -_MOST_DIGITS):
        raise InvalidAmount(
            _("Amount is not a number that can be stored. Type digits and one point, such as 150.50.")
        )
    return value


def to_decimal(micros: int) -> Decimal:
    """The exact amount without trailing zeros beyond the sixth decimal: 1500000 -> Decimal("1.500000")."""
    return Decimal(micros).scaleb(-DECIMALS)


def to_text(micros: int) -> str:
    """The exact amount as a plain decimal string with at least two decimals: 1500000 -> "1.50"."""
    whole, fraction = divmod(abs(micros), MICROS)
    digits = f"{fraction:06d}".rstrip("0").ljust(2, "0")
    return f"{'-' if micros < 0 else ''}{whole}.{digits}"


def to_words(micros: int) -> Number:
    """As `to_text`, with the thousands grouped, for a sentence: 1500000000 -> "1,500.00"."""
    whole, _, fraction = to_text(abs(micros)).partition(".")
    return Number(f"{'−' if micros < 0 else ''}{int(whole):,}.{fraction}")


# ISO 4217 gives the rupiah two decimals; nobody in Indonesia has been paid a sen for decades.
_OVERRIDES = {"IDR": 0}


@cache
def decimals(currency: str) -> int:
    """Decimals of the currency's cash (ISO 4217, with IDR 0). InvalidAmount for a code that is none."""
    if currency in _OVERRIDES:
        return _OVERRIDES[currency]
    try:
        exponent = Currency(currency).exponent
    except ValueError:
        raise InvalidAmount(
            _("Currency %(currency)r is not an ISO 4217 code. Use one such as EUR.") % {"currency": currency}
        ) from None
    if exponent is None or exponent > DECIMALS:
        raise InvalidAmount(
            _("Currency %(currency)s has no cash decimals. Use one such as EUR.") % {"currency": currency}
        )
    return exponent


def minor_unit(currency: str) -> int:
    """Micros of the smallest cash amount: EUR 10000, JPY 1000000."""
    return 10 ** (DECIMALS - decimals(currency))


def is_cash(micros: int, currency: str) -> bool:
    return micros % minor_unit(currency) == 0


def round_to_currency(micros: int, currency: str) -> int:
    """Half away from zero to the currency's decimals, in micros."""
    unit = minor_unit(currency)
    rounded = (abs(micros) + unit // 2) // unit * unit
    return -rounded if micros < 0 else rounded


def round_down_to_currency(micros: int, currency: str) -> int:
    return micros - micros % minor_unit(currency)
