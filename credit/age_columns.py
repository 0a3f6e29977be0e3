"""What is due by age, as columns that the server draws: told apart by their place and words, never by colour alone."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext_lazy

from credit.display import amount
from credit.reports.ageing import CLASSES, NOT_INVOICED, Ageing

TOP, FOOT, SIDE = 26, 26, 8
WORDS = [*[(name, words) for name, words, _ in CLASSES], NOT_INVOICED]

# Where a column is narrow.
SHORT = {
    "d30": gettext_lazy("1–30 d"),
    "d60": gettext_lazy("31–60 d"),
    "d90": gettext_lazy("61–90 d"),
    "older": gettext_lazy("Over 90 d"),
    NOT_INVOICED[0]: gettext_lazy("No invoice"),
}


@dataclass(frozen=True)
class Column:
    name: str
    words: str
    figure: str
    x: int
    y: int
    width: int
    height: int
    middle: int
    is_overdue: bool


@dataclass(frozen=True)
class Drawing:
    width: int
    height: int
    bottom: int
    columns: list[Column]


def draw(ageing: Ageing, width: int, height: int) -> Drawing:
    """Integers only, as attributes of the SVG; the highest column fills the height."""
    bottom = height - FOOT
    return Drawing(width, height, bottom, list(_columns(ageing, width, bottom)))


def _columns(ageing: Ageing, width: int, bottom: int) -> Iterator[Column]:
    amounts = {**ageing.micros, NOT_INVOICED[0]: ageing.other_micros}
    highest = max(1, *amounts.values())
    room = (width - 2 * SIDE) // len(WORDS)
    for place, (name, words) in enumerate(WORDS):
        micros = amounts[name]
        height = max(0, micros) * (bottom - TOP) // highest
        height = max(height, 2) if micros > 0 else 0
        left = SIDE + place * room
        yield Column(
            name=name,
            words=words if room > 100 else SHORT.get(name, words),
            figure=amount(micros, ageing.currency) if micros else "–",
            x=left + room // 6,
            y=bottom - height,
            width=room - room // 3,
            height=height,
            middle=left + room // 2,
            is_overdue=name not in ("current", NOT_INVOICED[0]),
        )
