"""The plot of limit against use over time, as drawings that the server makes: shapes and words, no script."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from math import floor, log10
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from credit import display
from credit.daily_use import Point
from credit.languages import as_written
from credit.money import MICROS
from credit.periods import month_end_after

_STEPS = (1, 2, 2.5, 5, 10)
_MOST_GRID_LINES = 5
# Text of 11 px needs about this much room before the next label.
_LABEL_WIDTH = 96
_MONTH_WIDTH = 38
# A limit that was superseded at once is in the history; a hairline in the plot would only puzzle.
_NARROWEST_BAND = 2


@dataclass(frozen=True)
class Span:
    """A limit that held from one instant to another; `until` None is open, `micros` None unlimited."""

    since: datetime
    until: datetime | None
    micros: int | None


@dataclass(frozen=True)
class Facts:
    """What is drawn: lines of use, the limits, days with declines, and the instants at the edges."""

    use: Sequence[Sequence[Point]]
    permanent: Sequence[Span]
    temporary: Sequence[Span]
    declines: Sequence[tuple[datetime, int]]
    since: datetime
    now: datetime
    until: datetime
    zone: str
    use_words: str


@dataclass(frozen=True)
class Label:
    x: float
    y: float
    words: str
    look: str = "halo"
    anchor: str = "start"


@dataclass
class Drawing:
    width: int
    height: int
    right: int
    bottom: int
    bands: list[str] = field(default_factory=list)
    grid: list[tuple[float, str]] = field(default_factory=list)
    months: list[tuple[float, str]] = field(default_factory=list)
    area: list[str] = field(default_factory=list)
    use: list[str] = field(default_factory=list)
    limits: list[str] = field(default_factory=list)
    temporary: list[str] = field(default_factory=list)
    rings: list[tuple[float, float]] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    now_x: float = 0


LEFT, TOP = 44, 22


def draw(facts: Facts, width: int, height: int) -> Drawing:
    """One drawing; a narrow one is made for its width, so that text keeps its size."""
    return _Pen(facts, Drawing(width, height, right=width - 12, bottom=height - 24)).drawing()


class _Pen:
    def __init__(self, facts: Facts, sheet: Drawing):
        self.facts = facts
        self.sheet = sheet
        self.step = round_step(_highest(facts))
        self.top_micros = _grid_top(_highest(facts), self.step)

    def drawing(self) -> Drawing:
        self._scales()
        self._use()
        self._permanent()
        self._temporary()
        self._now()
        self._declines()
        return self.sheet

    # -- places

    def x(self, at: datetime) -> float:
        whole = (self.facts.until - self.facts.since).total_seconds()
        share = (at - self.facts.since).total_seconds() / whole
        return round(LEFT + (self.sheet.right - LEFT) * min(max(share, 0), 1), 1)

    def y(self, micros: int) -> float:
        share = micros / self.top_micros
        return round(self.sheet.bottom - (self.sheet.bottom - TOP - 16) * share, 1)

    # -- parts

    def _scales(self) -> None:
        micros = 0
        while micros <= self.top_micros:
            self.sheet.grid.append((self.y(micros), _short(micros)))
            micros += self.step
        for at in _months(self.facts):
            if self.x(at) > self.sheet.right - _MONTH_WIDTH:
                break
            self.sheet.months.append(
                (self.x(at), display.short_day(at.astimezone(ZoneInfo(self.facts.zone))))
            )
        self._thin_months()

    def _thin_months(self) -> None:
        """A year on a narrow drawing: every other month or fewer."""
        room = max(1, (self.sheet.right - LEFT) // _MONTH_WIDTH)
        every = -(-len(self.sheet.months) // room) or 1
        self.sheet.months = self.sheet.months[::-1][::every][::-1]

    def _use(self) -> None:
        for line in self.facts.use:
            places = [f"{self.x(point.at)} {self.y(point.micros)}" for point in line]
            if len(places) < 2:
                continue
            first, last = self.x(line[0].at), self.x(line[-1].at)
            self.sheet.use.append("M" + "L".join(places))
            self.sheet.area.append(
                f"M{first} {self.sheet.bottom}L{'L'.join(places)}L{last} {self.sheet.bottom}z"
            )
        self._close_months()
        self.sheet.labels.append(self._use_label())

    def _close_months(self) -> None:
        """Where a month's line falls back to zero."""
        for line, following in pairwise(self.facts.use):
            if line and following:
                self.sheet.use.append(f"M{self.x(line[-1].at)} {self.y(line[-1].micros)}V{self.sheet.bottom}")

    def _use_label(self) -> Label:
        """Inside the area that has the most room, near its end, where it is highest."""
        used = [[self.x(point.at) for point in line if point.micros] for line in self.facts.use]
        areas = [(places[0], places[-1]) for places in used if places]
        if not areas:
            return Label(
                LEFT + 8,
                self.sheet.bottom - 8,
                _("%(use_words)s: none") % {"use_words": self.facts.use_words},
                "lbl halo",
            )
        left, right = max(areas, key=lambda area: area[1] - area[0])
        x = max(left + (right - left) * 0.8, LEFT + _LABEL_WIDTH)
        return Label(round(x, 1), self.sheet.bottom - 12, self.facts.use_words, "lbl halo", "end")

    def _permanent(self) -> None:
        spans = [span for span in self.facts.permanent if self._is_seen(span) and span.micros is not None]
        for span in spans:
            self.sheet.limits.append(f"M{self.x(span.since)} {self.y(span.micros)}H{self._end_x(span)}")
        for earlier, later in pairwise(sorted(spans, key=lambda span: span.since)):
            if earlier.until == later.since:
                x = self.x(later.since)
                self.sheet.limits.append(f"M{x} {self.y(earlier.micros)}V{self.y(later.micros)}")
        if spans:
            newest = max(spans, key=lambda span: span.since)
            x = min(self.x(newest.since) + 24, self.sheet.right - 140)
            self.sheet.labels.append(
                Label(
                    x,
                    self.y(newest.micros) - 7,
                    _("Permanent limit %(short)s") % {"short": _short(newest.micros)},
                    "lbl halo",
                )
            )

    def _temporary(self) -> None:
        taken: list[float] = []
        for span in sorted(self.facts.temporary, key=lambda span: span.since, reverse=True):
            if not self._is_seen(span) or span.micros is None:
                continue
            if self._end_x(span) - self.x(span.since) < _NARROWEST_BAND:
                continue
            left, right, top, base = (
                self.x(span.since),
                self._end_x(span),
                self.y(span.micros),
                self.y(self._beside(span)),
            )
            self.sheet.bands.append(f"M{left} {top}H{right}V{base}H{left}z")
            self.sheet.temporary.append(f"M{left} {base}V{top}H{right}V{base}")
            middle = min(max((left + right) / 2, LEFT + 50), self.sheet.right - 50)
            if all(abs(middle - other) > _LABEL_WIDTH for other in taken):
                taken.append(middle)
                words = _("%(short)s temporary") % {"short": _short(span.micros)}
                self.sheet.labels.append(Label(middle, top - 6, words, "lbl-t halo", "middle"))

    def _beside(self, span: Span) -> int:
        """The permanent limit under a temporary one."""
        holds = [
            one
            for one in self.facts.permanent
            if one.since <= span.since and (one.until is None or one.until > span.since)
        ]
        return holds[-1].micros or 0 if holds else 0

    def _now(self) -> None:
        self.sheet.now_x = self.x(self.facts.now)
        self.sheet.labels.append(Label(self.sheet.now_x - 5, self.sheet.bottom - 32, _("now"), anchor="end"))

    def _declines(self) -> None:
        seen = [(at, count) for at, count in self.facts.declines if at >= self.facts.since]
        for at, _count in seen:
            self.sheet.rings.append((self.x(at), self.y(min(self._limit_at(at), self.top_micros))))
        if seen:
            (x, y), count = self.sheet.rings[-1], seen[-1][1]
            words = _("%(count)s declined") % {"count": count}
            left = x - LEFT > _LABEL_WIDTH
            self.sheet.labels.append(
                Label(x - 9 if left else x + 9, y + 18, words, anchor="end" if left else "start")
            )

    def _limit_at(self, at: datetime) -> int:
        for span in (*self.facts.temporary, *self.facts.permanent):
            if span.since <= at and (span.until is None or at < span.until):
                return span.micros or 0
        return 0

    def _is_seen(self, span: Span) -> bool:
        return span.since < self.facts.until and (span.until is None or span.until > self.facts.since)

    def _end_x(self, span: Span) -> float:
        return self.x(span.until) if span.until else float(self.sheet.right)


def _highest(facts: Facts) -> int:
    shown: Iterable[int | None] = (
        *(point.micros for line in facts.use for point in line),
        *(
            span.micros
            for span in (*facts.permanent, *facts.temporary)
            if span.until is None or span.until > facts.since
        ),
    )
    return max((micros for micros in shown if micros), default=100 * MICROS)


def round_step(highest: int) -> int:
    """A round number of which a few reach the highest value."""
    rough = highest / _MOST_GRID_LINES
    power = 10 ** floor(log10(rough))
    return max(1, next(int(step * power) for step in _STEPS if step * power >= rough))


def _grid_top(highest: int, step: int) -> int:
    return max(highest, step * (highest // step))


def _months(facts: Facts) -> Iterator[datetime]:
    at = month_end_after(facts.since - timedelta(microseconds=1), facts.zone)
    while at < facts.until:
        yield at
        at = month_end_after(at, facts.zone)


def _short(micros: int) -> str:
    """2,500 or 0.0025: as many decimals as it takes."""
    whole, fraction = divmod(micros, MICROS)
    return as_written(f"{whole:,}.{fraction:06d}".rstrip("0").rstrip("."))
