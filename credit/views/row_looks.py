"""Rows of the list drawn fast: the template once for each look that a row can have, and then only its texts put in.

A page has thirty rows and a handful of looks (with or without a temporary limit, blocked or not, ...), so the
template's conditions and translations are worked out for the looks, and a row costs little more than joining its texts.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from html import escape
from operator import attrgetter, itemgetter
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from credit.views.drawn_rows import in_places, marks
from credit.views.wallet_rows import WalletRow

TEXTS = (
    "wallet_id", "organization", "page", "uuid", "uuid_start", "mode", "balance", "currency", "unbilled", "reserved",
    "limit", "limit_ends", "falls_back_to", "usable", "use", "standing", "menu",
)  # fmt: skip
# What may hold a sign that means something in HTML; the rest is digits and letters of ours, or HTML already.
ESCAPED = {"wallet_id", "organization", "mode", "currency", "limit_ends", "falls_back_to"}

# Asked first: hardly a text holds one, and `escape` replaces five signs in each.
_MEANS_MARKUP = re.compile("[&<>\"']").search

# What the template asks about a row: whether it has these texts, which sort its limit is, whether usable is bad.
Look = tuple[bool, bool, bool, bool, str, bool]


def draw(rows: list[WalletRow], *, hidden: set[str], may_pick: bool) -> SafeString:
    """The rows of the table, without the columns that the viewer hides."""
    if settings.DEBUG:
        _parts.cache_clear()
    language, hides = get_language(), frozenset(hidden)
    return mark_safe("".join([_parts(_look(row), hides, may_pick, language).filled(row) for row in rows]))  # noqa: S308


def _look(row: WalletRow) -> Look:
    return (
        bool(row.page), bool(row.unbilled), bool(row.limit_ends), bool(row.usable), row.limit_state, bool(row.is_bad)
    )  # fmt: skip


@lru_cache(maxsize=2000)
def _parts(look: Look, hidden: frozenset[str], may_pick: bool, language: str | None) -> "_Parts":
    has_page, has_unbilled, ends, is_bounded, limit_state, is_bad = look
    row: dict[str, Any] = dict(marks(TEXTS))
    absent = {"page": has_page, "unbilled": has_unbilled, "limit_ends": ends, "usable": is_bounded}
    row |= {name: "" for name, is_there in absent.items() if not is_there}
    row |= {"wallet": {"wallet_id": row["wallet_id"]}, "limit_state": limit_state, "is_bad": is_bad}
    return _Parts(
        render_to_string("organizations/row.html", {"row": row, "hidden": hidden, "may_pick": may_pick})
    )


class _Parts:
    """A row as a text with places, and which of its texts goes into each."""

    def __init__(self, drawn: str) -> None:
        self.text, names = in_places(drawn)
        plain = [name for name in dict.fromkeys(names) if name not in ESCAPED]
        escaped = [name for name in dict.fromkeys(names) if name in ESCAPED]
        self.plain_of, self.escaped_of = _all_of(plain), _all_of(escaped)
        self.placed = itemgetter(*map([*plain, *escaped].index, names))

    def filled(self, row: WalletRow) -> str:
        escaped = [escape(text) if _MEANS_MARKUP(text) else text for text in self.escaped_of(row)]
        return self.text % self.placed((*self.plain_of(row), *escaped))


def _all_of(names: list[str]) -> Callable[[WalletRow], tuple[str, ...]]:
    """A row always has two of them."""
    assert len(names) > 1, "of one name it would be no tuple"
    return attrgetter(*names)
