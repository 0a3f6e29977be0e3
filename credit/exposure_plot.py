"""Exposure over time as a drawing that the server makes: lines told apart by their stroke and their words."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.utils.translation import gettext as _

from credit import display
from credit.models import Exposure
from credit.money import MICROS
from credit.plots import round_step

TOP, FOOT, GAP = 14, 24, 15
CHARACTER = 6.4  # widest digit of 11 px text
MONTH_WIDTH = 46
MARKS = 9  # on the line that only they tell from another
# How a line is drawn, and what it adds up. The first is drawn last, over the others.
LINES: list[tuple[str, str, Callable[[Exposure], int]]] = [
    ("p-limit", "limits", lambda each: each.limits_micros),
    ("p-use", "used", lambda each: each.used_micros),
    ("p-due", "due", lambda each: each.due_micros),
]


@dataclass(frozen=True)
class Line:
    look: str
    words: str
    path: str
    area: str
    marks: list[tuple[float, float]]
    end: tuple[float, float]
    label_y: float


@dataclass
class Drawing:
    """Places in px; `lines` in the order in which they are painted."""

    width: int
    height: int
    left: float = 0
    right: float = 0
    bottom: int = 0
    grid: list[tuple[float, str]] = field(default_factory=list)
    months: list[tuple[float, str]] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)


def words_of(name: str) -> str:
    return {"limits": _("Limits granted"), "used": _("Used"), "due": _("Due")}[name]


def draw(days: Sequence[Exposure], width: int, height: int) -> Drawing | None:
    """None where there are no two days to draw a line between. `days` are of one currency, the first one first."""
    return _Pen(days, Drawing(width, height)).drawing() if len(days) > 1 else None


def sparkline(points: Sequence[tuple[date, int]], width: int = 106, height: int = 28) -> str:
    """The path of micros from the first day to the last; empty for a single day."""
    if len(points) < 2:
        return ""
    highest = max(1, *(micros for _day, micros in points))
    first, last = points[0][0], points[-1][0]
    xs = [(day - first).days * (width - 4) / (last - first).days for day, _micros in points]
    ys = [height - 3 - micros * (height - 6) / highest for _day, micros in points]
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in zip(xs, ys, strict=True))


class _Pen:
    def __init__(self, days: Sequence[Exposure], sheet: Drawing):
        self.days, self.sheet = days, sheet
        self.first, self.last = days[0].day, days[-1].day
        highest = max(100 * MICROS, *(value(each) for each in days for _look, _name, value in LINES))
        self.step = round_step(highest)
        self.top = max(highest, self.step * (highest // self.step))

    def drawing(self) -> Drawing:
        scale = list(range(0, self.top + 1, self.step))
        figures = [display.short_amount(micros, self.days[0].currency) for micros in scale]
        words = max(len(words_of(name)) for _look, name, _value in LINES)
        self.sheet.left = round(max(map(len, figures)) * CHARACTER + 10, 1)
        self.sheet.right = round(self.sheet.width - words * CHARACTER - 14, 1)
        self.sheet.bottom = self.sheet.height - FOOT
        self.sheet.grid = [(self.y(micros), text) for micros, text in zip(scale, figures, strict=True)]
        self.sheet.months = list(self._months())
        self.sheet.lines = self._lines()[::-1]
        return self.sheet

    def x(self, day: date) -> float:
        share = (day - self.first).days / (self.last - self.first).days
        return round(self.sheet.left + (self.sheet.right - self.sheet.left) * share, 1)

    def y(self, micros: int) -> float:
        return round(self.sheet.bottom - (self.sheet.bottom - TOP) * max(0, micros) / self.top, 1)

    def _months(self) -> Iterator[tuple[float, str]]:
        """The first of each month that has room; the first day where no month begins."""
        found = [day for day in _days(self.first, self.last) if day.day == 1] or [self.first]
        room = max(1, int((self.sheet.right - self.sheet.left) // MONTH_WIDTH))
        for day in found[:: -(-len(found) // room)]:
            yield self.x(day), display.short_day(day)

    def _lines(self) -> list[Line]:
        label_ys = _apart([self.y(value(self.days[-1])) for _look, _name, value in LINES], self.sheet.bottom)
        return [
            self._line(look, words_of(name), value, label_y)
            for (look, name, value), label_y in zip(LINES, label_ys, strict=True)
        ]

    def _line(self, look: str, words: str, value: Callable[[Exposure], int], label_y: float) -> Line:
        places = [(self.x(each.day), self.y(value(each))) for each in self.days]
        path = "M" + "L".join(f"{x} {y}" for x, y in places)
        base = self.sheet.bottom
        area = f"{path}L{places[-1][0]} {base}L{places[0][0]} {base}z" if look == "p-use" else ""
        marks = places[:: -(-len(places) // MARKS)] if look == "p-due" else []
        return Line(look, words, path, area, marks, places[-1], label_y)


def _apart(ys: list[float], bottom: float) -> list[float]:
    """Labels at the ends of lines that end at nearly the same height: each as near to its line as it can stand."""
    upwards = sorted(range(len(ys)), key=lambda place: -ys[place])
    placed = dict.fromkeys(upwards, bottom + GAP)
    lowest = bottom + GAP
    for place in upwards:
        lowest = placed[place] = min(ys[place], lowest - GAP)
    highest: float = TOP - GAP
    for place in reversed(upwards):
        highest = placed[place] = max(placed[place], highest + GAP)
    return [round(placed[place], 1) for place in range(len(ys))]


def _days(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)
