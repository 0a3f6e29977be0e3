"""How a name is folded so that a search for it forgives case, accents and spaces."""

import unicodedata

SEARCH_LENGTH = 512


def normalise(text: str) -> str:
    """`"  SPÓŁKA  Čapek "` -> `"spolka capek"`; letters without a decomposition stay as they are, but for ł and ø."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in folded if not unicodedata.combining(letter))
    return " ".join(plain.translate(_STROKED).split())[:SEARCH_LENGTH]


_STROKED = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe"})
