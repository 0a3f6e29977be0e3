"""Money of many countries: which currency a country pays in, and what a euro's worth is there, roughly."""

import random
from dataclasses import dataclass
from decimal import Decimal

from credit.money import MICROS, minor_unit, to_decimal

_EURO = [
    "AT",
    "BE",
    "CY",
    "DE",
    "EE",
    "ES",
    "FI",
    "FR",
    "GR",
    "HR",
    "IE",
    "IT",
    "LT",
    "LU",
    "LV",
    "MT",
    "NL",
    "PT",
    "SI",
    "SK",
    "BG",
    "AD",
    "MC",
    "SM",
    "VA",
]
_OWN = {
    **dict.fromkeys(_EURO, "EUR"),
    "IN": "INR",
    "GB": "GBP",
    "SE": "SEK",
    "CA": "CAD",
    "DK": "DKK",
    "AU": "AUD",
    "PL": "PLN",
    "CZ": "CZK",
    "HK": "HKD",
    "HU": "HUF",
    "NO": "NOK",
    "SG": "SGD",
    "CH": "CHF",
    "LI": "CHF",
    "RO": "RON",
    "SA": "SAR",
    "AE": "AED",
    "CN": "CNY",
    "JP": "JPY",
    "ID": "IDR",
    "MX": "MXN",
    "ZA": "ZAR",
    "BR": "BRL",
    "TR": "TRY",
    "JE": "GBP",
    "GG": "GBP",
    "IM": "GBP",
    "NZ": "NZD",
    "TH": "THB",
    "IL": "ILS",
}
# So many units buy about as much as one euro; only so that the demo's amounts look like those of the country.
_WORTH = {
    "EUR": 1,
    "USD": 1,
    "GBP": 1,
    "CHF": 1,
    "SGD": 1,
    "CAD": 1,
    "AUD": 1,
    "NZD": 1,
    "PLN": 4,
    "RON": 5,
    "SAR": 4,
    "AED": 4,
    "ILS": 4,
    "BRL": 6,
    "DKK": 7,
    "CNY": 8,
    "HKD": 8,
    "SEK": 10,
    "NOK": 10,
    "MXN": 20,
    "ZAR": 20,
    "CZK": 25,
    "THB": 40,
    "TRY": 45,
    "INR": 90,
    "JPY": 160,
    "HUF": 400,
    "IDR": 17_000,
}
CURRENCIES = tuple(_WORTH)
_ROUND = (1, 2, 5, 10, 15, 20, 25, 30, 40, 50, 75)


@dataclass(frozen=True)
class Money:
    """Amounts of one currency, in micros."""

    currency: str

    @classmethod
    def of(cls, country: str) -> "Money":
        return cls(_OWN.get(country, "USD"))

    def abroad(self) -> "Money":
        """What a customer with a second currency most likely has."""
        return Money("USD" if self.currency == "EUR" else "EUR")

    @property
    def unit(self) -> int:
        return minor_unit(self.currency)

    def worth(self, euros: float) -> int:
        """What so many euros are about, in whole minor units."""
        return int(euros * _WORTH[self.currency] * MICROS) // self.unit * self.unit

    def between(self, chance: random.Random, low: int, high: int) -> int:
        return chance.randrange(low // self.unit, max(low, high) // self.unit + 1) * self.unit

    def round_up(self, micros: int) -> int:
        """The next amount that people would choose as a limit: 1,500, 20,000."""
        power = self.unit
        while power * _ROUND[-1] < micros:
            power *= 10
        return next(power * figure for figure in _ROUND if power * figure >= micros)


def text(micros: int) -> Decimal:
    return to_decimal(micros)


def split(micros: int, parts: int, chance: random.Random) -> list[int]:
    """Uneven amounts, each above zero, that add up exactly."""
    cuts = sorted(chance.sample(range(1, micros), parts - 1)) if parts > 1 else []
    return [end - start for start, end in zip([0, *cuts], [*cuts, micros], strict=True)]
