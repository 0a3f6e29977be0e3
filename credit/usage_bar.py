"""The usage bar (design.md section 4): how much of a limit is taken, drawn so that it reads without colour.

Widths are integers of a 66 unit wide track and stand in SVG attributes, so no inline style is needed.
"""

from typing import Any

from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credit.display import amount
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
    if wallet.used_percent is None:
        return _words(wallet)
    drawn, words = "".join(_parts(wallet)), _short_percent(wallet.used_percent)
    return SafeString(
        f'<div class="use"><svg width="75" height="15" role="img" aria-label="{escape(spoken(wallet))}">{drawn}</svg>'
        f"<span><b>{escape(words)}</b></span></div>"
    )


def percent(used_percent: int) -> str:
    return as_written(f"{used_percent:,}\u202f%")


def _short_percent(used_percent: int) -> str:
    """As wide as the column takes; the whole figure is said and stands in the panel."""
    return percent(used_percent) if used_percent < 1000 else ">\u202f999\u202f%"


def spoken(wallet: Any) -> str:
    said = [_("%(used_percent)s %% of the limit used") % {"used_percent": wallet.used_percent}]
    if wallet.live_reserved_micros:
        said.append(
            _("%(live_reserved)s of it reserved")
            % {"live_reserved": amount(wallet.live_reserved_micros, wallet.currency)}
        )
    if wallet.limit_state == "temporary":
        said.append(_("part of the limit is temporary"))
    return ", ".join(said)


def _words(wallet: Any) -> SafeString:
    if wallet.effective_limit_micros is None:
        used = amount(wallet.used_micros, wallet.currency)
        code = format_html('{}<span class="visually-hidden"> {}</span>', used, wallet.currency)
        words = format_html(_("{amount} used"), amount=code)
    else:
        words = format_html("{}", _("no limit to use"))
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
