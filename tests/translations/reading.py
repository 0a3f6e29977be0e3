"""What a reader meets on a page that did not come through the catalogue.

In the pseudo-catalogue every message is wrapped in ⟦ and ⟧. What has letters outside of them was written into the page
past the catalogue, or is a name, an identifier or a code: those are few, and known by where they stand.
"""

import functools
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from typing import Any

from django.template import engines
from django.utils import translation
from django.utils.translation import trans_real

from credit.views import list_frame

OPEN, SHUT = "⟦", "⟧"
SPOKEN = ("aria-label", "title", "placeholder", "alt", "data-label")
# Elements whose text is no sentence: code, identifiers, what a person or a system has typed.
SILENT_ELEMENTS = {"script", "style", "code", "textarea", "kbd", "option"}
SILENT_CLASSES = {"mono", "cur", "key", "avatar", "mark"}
VOID = {
    "input",
    "br",
    "hr",
    "img",
    "meta",
    "link",
    "use",
    "path",
    "rect",
    "source",
    "col",
    "wbr",
    "circle",
    "line",
}
_MARKED = re.compile(f"{OPEN}[^{OPEN}{SHUT}]*{SHUT}")
_WORD = re.compile(r"[^\W\d_]{2,}")


@contextmanager
def pseudo_catalogue() -> Iterator[None]:
    """German, with each message wrapped instead of translated."""
    catalogue: Any = trans_real.translation("de")
    kept = catalogue.gettext, catalogue.ngettext
    catalogue.gettext = lambda message: _wrapped(kept[0](message))
    catalogue.ngettext = lambda one, many, count: _wrapped(kept[1](one, many, count))
    forget_what_was_drawn()
    try:
        with translation.override("de"):
            yield
    finally:
        del catalogue.gettext, catalogue.ngettext
        forget_what_was_drawn()


def forget_what_was_drawn() -> None:
    """Parts of pages and words that are kept by language, in this process: another test may have read them."""
    for name, module in list(sys.modules.items()):
        if name.startswith("credit."):
            for kept in list(vars(module).values()):
                if isinstance(kept, functools._lru_cache_wrapper):
                    kept.cache_clear()
    list_frame._drawn.clear()
    for loader in engines["django"].engine.template_loaders:
        loader.reset()


def _wrapped(message: str) -> str:
    return f"{OPEN}{message}{SHUT}" if message.strip() else message


class Page(HTMLParser):
    """Collects the texts that a person reads or hears, without those of silent elements."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.silent: list[str] = []
        self.depth: list[tuple[str, bool]] = []
        self.texts: list[str] = []
        self.open = 0  # marks: a message may hold elements, and its mark ends after them
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        asked = dict(attrs)
        classes = set((asked.get("class") or "").split())
        silent = tag in SILENT_ELEMENTS or bool(classes & SILENT_CLASSES) or asked.get("dir") == "auto"
        if not silent and not self._is_silent():
            self.texts += [asked[name] or "" for name in SPOKEN if name in asked]
        if tag not in VOID:
            self.depth.append((tag, silent))

    def handle_endtag(self, tag: str) -> None:
        while self.depth and self.depth.pop()[0] != tag:
            pass

    def handle_data(self, text: str) -> None:
        outside = ""
        for sign in text:
            self.open += (sign == OPEN) - (sign == SHUT)
            outside += sign if not self.open and sign != SHUT else ""
        if not self._is_silent():
            self.texts.append(outside)

    def _is_silent(self) -> bool:
        return any(silent for _tag, silent in self.depth)


def unmarked(text: str, names: frozenset[str] = frozenset()) -> list[str]:
    """The texts of a page that have words outside of every mark, but for these names."""
    return sorted({left for told in Page(text).texts if (left := _left(told, names))})


def _left(told: str, names: frozenset[str]) -> str:
    left = told
    while _MARKED.search(left):
        left = _MARKED.sub(" ", left)
    for name in names:
        left = left.replace(name, " ")
    return " ".join(left.split()) if _WORD.search(left) else ""
