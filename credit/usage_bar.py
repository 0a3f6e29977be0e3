"""The usage bar (design.md section 4): how much of a limit is taken, drawn so that it reads without colour.

Widths are integers of a 66 unit wide track and stand in SVG attributes, so no inline style is needed.
"""

from functools import cache
from html import escape
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from credit.display import amounts
from credit.languages import as_written

START, WIDTH = 1, 66
END = START + WIDTH
SMALLEST = 3  # a hold of a cent is still seen

_TRACK = '<rect class="u-track" x=".5" y="2.5" width="67" height="9" rx="2"/>'
_FILL = '<rect class="{}" x="1" y="3" width="{}" height="8" rx="1.5"/>'
_HATCH = '<rect x="{}" y="3" width="{}" height="8" fill="url(#hatch)"/>'
_TEMPORARY = (
    '<rect class="u-temp" x="{}" y=".5" width="{}" height="13" rx="2"/><path class="u-tick" d="M{} 0v14"/>'
)
_MARK = '<path class="u-tick" d="M{} 12v3"/>'
_ARROW = '<path class="u-over" d="M68 1.5 74 7 68 12.5z"/>'


def usage_bar(wallet: Any) -> SafeString:
    """For a wallet annotated by `Wallet.objects.at(now)`; words where there is no limit to be used."""
    return bars_in(get_language()).of_wallet(wallet)


def percent(used_percent: int) -> str:
    return as_written(_english_percent(used_percent))


def _english_percent(used_percent: int) -> str:
    return f"{used_percent:,}\u202f%"


class Bars:
    """The bars of one language: its words are looked up once."""

    def __init__(self) -> None:
        self.amount = amounts()
        self.used = _("%(used_percent)s %% of the limit used")
        self.reserved = _("%(live_reserved)s of it reserved")
        self.temporary = _("part of the limit is temporary")
        self.without_bound = _("{amount} used")
        self.without_limit = _in_words(format_html("{}", _("no limit to use")))

    def of_wallet(self, wallet: Any) -> SafeString:
        if wallet.used_percent is None:
            return self._words(wallet)
        drawn, words = "".join(_parts(wallet)), _short_percent(wallet.used_percent)
        return SafeString(
            f'<div class="use"><svg width="75" height="15" role="img" aria-label="{escape(self._spoken(wallet))}">'
            f"{drawn}</svg><span><b>{words}</b></span></div>"
        )

    def _spoken(self, wallet: Any) -> str:
        said = [self.used % {"used_percent": wallet.used_percent}]
        if wallet.live_reserved_micros:
            reserved = self.amount(wallet.live_reserved_micros, wallet.currency)
            said.append(self.reserved % {"live_reserved": reserved})
        if wallet.limit_state == "temporary":
            said.append(self.temporary)
        return ", ".join(said)

    def _words(self, wallet: Any) -> SafeString:
        if wallet.effective_limit_micros is not None:
            return self.without_limit
        used = self.amount(wallet.used_micros, wallet.currency)
        code = format_html('{}<span class="visually-hidden"> {}</span>', used, wallet.currency)
        return _in_words(format_html(self.without_bound, amount=code))


@cache
def bars_in(language: str | None) -> Bars:
    """Of the language that is spoken just now."""
    return Bars()


def _short_percent(used_percent: int) -> str:
    """As wide as the column takes; the whole figure is said and stands in the panel. No thousands, no sign of them."""
    return _english_percent(used_percent) if used_percent < 1000 else "&gt;\u202f999\u202f%"


def _in_words(words: SafeString) -> SafeString:
    return format_html('<div class="use"><span class="xs muted">{}</span></div>', words)


def _scaled(part_micros: int, whole_micros: int) -> int:
    return max(0, min(WIDTH, part_micros * WIDTH // whole_micros))


def _parts(wallet: Any) -> list[str]:
    limit = wallet.effective_limit_micros
    used = _scaled(wallet.used_micros, limit)
    held = _held(wallet, used)
    parts = [_TRACK]
    if used > held or (wallet.used_micros and not held):
        parts.append(_FILL.format(_look(wallet), max(used - held, 1)))
    if held:
        parts.append(_HATCH.format(START + max(used, held) - held, held))
    if wallet.limit_state == "temporary":
        parts.append(_temporary(wallet))
    full = wallet.used_percent >= 100
    parts.append(_ARROW if full else _MARK.format(START + WIDTH * wallet.near_percent // 100))
    return parts


def _held(wallet: Any, used: int) -> int:
    """The reserved share of what is used, at the same scale even where the bar is full."""
    in_use = min(wallet.live_reserved_micros, wallet.used_micros)
    return max(SMALLEST, used * in_use // wallet.used_micros) if in_use else 0


def _look(wallet: Any) -> str:
    if wallet.used_percent >= 100:
        return "u-over"
    return "u-near" if wallet.used_percent >= wallet.near_percent else "u-used"


def _temporary(wallet: Any) -> str:
    """The part of the limit that will end: from what it falls back to, up to the end of the bar."""
    stays = wallet.falls_back_to_micros
    begins = END if stays is None else START + _scaled(stays, wallet.effective_limit_micros)
    begins = min(begins, END - 2)
    return _TEMPORARY.format(begins, END + 1 - begins, begins)


_SAMPLE = '<svg width="{}" height="{}">{}</svg>'
_SAMPLES = [
    (18, 10, '<rect class="u-used" width="18" height="10" rx="2"/>', gettext_lazy("used")),
    (18, 10, '<rect width="18" height="10" fill="url(#hatch)"/>', gettext_lazy("reserved")),
    (
        18,
        12,
        '<rect class="u-temp" x="1" y="1" width="16" height="10" rx="2"/>',
        gettext_lazy("temporary part"),
    ),
    (8, 12, '<path class="u-over" d="M0 0 7 6 0 12z"/>', gettext_lazy("full or over")),
    (4, 8, '<path class="u-tick" d="M2 0v8"/>', gettext_lazy("warning mark")),
]


def legend() -> SafeString:
    drawings = (
        (SafeString(_SAMPLE.format(wide, high, drawn)), words) for wide, high, drawn, words in _SAMPLES
    )
    return format_html_join("", "<span>{}{}</span>", drawings)
