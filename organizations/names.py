"""How a name is folded so that a search for it forgives case, accents, spaces and the kind of quotes and dashes."""

import unicodedata

SEARCH_LENGTH = 512


def normalise(text: str) -> str:
    """`"  SPÓŁKA  Čapek "` -> `"spolka capek"`, `"UAB „O’Neil“ – Bar"` -> `"uab o'neil\" - bar"`.

    No word begins with a sign: who searches for `uab o` has not seen the quote. Letters without a decomposition stay
    as they are, but for ł and ø.
    """
    # Signs before NFKD: it takes ´ apart into a space and an accent.
    folded = unicodedata.normalize("NFKD", text.casefold().translate(_SIGNS))
    plain = "".join(letter for letter in folded if not unicodedata.combining(letter))
    words = " ".join(map(_without_leading_signs, plain.translate(_STROKED).split()))
    return _without_leading_signs(words)[:SEARCH_LENGTH]


def _without_leading_signs(text: str) -> str:
    """`'"abc'` -> `'abc'`, so that it stands under A; a text of signs alone stays as it is."""
    first = next((at for at, letter in enumerate(text) if letter.isalnum()), 0)
    return text[first:]


_STROKED = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe"})
_SIGNS = {
    **dict.fromkeys(map(ord, "\u2018\u2019\u201a\u201b\u2032\u2039\u203a\u02bb\u02bc`\u00b4"), "'"),
    **dict.fromkeys(map(ord, "\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb"), '"'),
    **dict.fromkeys([*range(0x2010, 0x2016), 0x2212], "-"),
    # Of no width: they come along when a name is copied out of a message.
    **dict.fromkeys([0xAD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF]),
}
