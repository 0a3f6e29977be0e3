"""What a look at one wallet tells, from its numbers, its rule and what it is latched at. Pure: no clock, no database.

A threshold is *raised* when it is crossed and stays so until the wallet has come back by the hysteresis; only then can
it be crossed again. After it was told it is not told again within the cooldown; a crossing that lasts longer than that
is told then. Several thresholds crossed in one step are told by one event, the most serious one, which names them all.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from credit import periods
from credit.models import AlertKind
from credit.terms import LimitState, Standing

STOPPED = (Standing.BLOCKED, Standing.SUSPENDED)


@dataclass(frozen=True)
class Numbers:
    """One wallet at an instant, as the rule gives it. Amounts in micros; None: unlimited."""

    at: datetime
    standing: str
    usable_micros: int | None
    limit_micros: int | None
    used_percent: int | None
    limit_state: str
    limit_ends_at: datetime | None = None
    scheduled_starts_at: datetime | None = None
    is_untouched: bool = False  # no line in its ledger yet
    time_zone: str = "UTC"  # of the organization: its days are counted


@dataclass(frozen=True)
class Rule:
    is_on: bool = True
    percents: tuple[int, ...] = ()
    amounts: tuple[int, ...] = ()
    days: tuple[int, ...] = ()
    tells_blocked: bool = True
    tells_recovered: bool = True
    hysteresis_percent: int = 5
    cooldown: timedelta = timedelta(hours=1)


@dataclass(frozen=True)
class Latch:
    """One threshold. `raised_at`: crossed and not back; `told_at`: last told; `is_told`: this crossing was."""

    raised_at: datetime | None = None
    told_at: datetime | None = None
    is_told: bool = False
    is_quiet: bool = False  # it was so before anybody watched, and is not told
    about: str = ""  # of an end: which one

    def as_json(self) -> dict[str, Any]:
        values = {
            "raised_at": self.raised_at.isoformat() if self.raised_at else None,
            "told_at": self.told_at.isoformat() if self.told_at else None,
            "is_told": self.is_told,
            "is_quiet": self.is_quiet,
            "about": self.about,
        }
        return {name: value for name, value in values.items() if value}

    @classmethod
    def of_json(cls, kept: dict[str, Any]) -> "Latch":
        instants: Any = {
            name: datetime.fromisoformat(kept[name]) for name in ("raised_at", "told_at") if name in kept
        }
        return cls(**{**kept, **instants})


@dataclass(frozen=True)
class Told:
    kind: str
    threshold: int = 0
    covers: tuple[str, ...] = ()


@dataclass
class Look:
    told: list[Told] = field(default_factory=list)
    latches: dict[str, Latch] = field(default_factory=dict)
    next_at: datetime | None = None


@dataclass(frozen=True)
class Condition:
    """One threshold of the rule against the numbers."""

    kind: str
    threshold: int
    is_crossed: bool
    is_cleared: bool
    about: str = ""

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.threshold}"


def look(numbers: Numbers, rule: Rule, latches: dict[str, Latch], *, is_quiet: bool = False) -> Look:
    """What is to be told now, the latches after it, and when the clock alone may change the answer."""
    if numbers.standing == Standing.CLOSED or not rule.is_on:
        return Look()
    found = list(_conditions(numbers, rule))
    after = {
        one.key: _moved(
            latches.get(one.key, Latch()), one, numbers.at, is_quiet or _starts_blocked(one, numbers)
        )
        for one in found
    }
    released = [
        one
        for one in found
        if (before := latches.get(one.key)) and before.is_told and not after[one.key].is_told
    ]
    due = [one for one in found if _is_due(after[one.key], one, numbers.at, rule)]
    for one in due:
        after[one.key] = replace(after[one.key], is_told=True, told_at=numbers.at)
    told = [*_recoveries(released, found, after, rule), *_tellings(due)]
    kept = {key: latch for key, latch in after.items() if _is_kept(latch, numbers.at, rule)}
    waiting = [after[one.key] for one in found if one.is_crossed and _waits(after[one.key])]
    return Look(told, kept, _next_at(numbers, rule, waiting))


def _conditions(now: Numbers, rule: Rule) -> Iterator[Condition]:
    for percent in rule.percents:
        yield _percent(percent, now, rule)
    for micros in rule.amounts:
        yield _amount(micros, now, rule)
    if rule.tells_blocked:
        yield _blocked(now, rule)
    for days in rule.days:
        yield _ending(days, now)


def _percent(percent: int, now: Numbers, rule: Rule) -> Condition:
    """Only where the limit is above zero; else nothing is crossed, and what was raised is over, unless the customer
    can spend nothing: who loses the limit has not recovered."""
    used = now.used_percent
    back = max(1, percent - rule.hysteresis_percent)
    is_back = now.standing not in STOPPED if used is None else used < back
    return Condition(AlertKind.PERCENT, percent, used is not None and used >= percent, is_back)


def _amount(micros: int, now: Numbers, rule: Rule) -> Condition:
    back = micros + micros * rule.hysteresis_percent // 100
    usable = now.usable_micros
    return Condition(
        AlertKind.AMOUNT, micros, usable is not None and usable <= micros, usable is None or usable > back
    )


def _blocked(now: Numbers, rule: Rule) -> Condition:
    """It works again once a part of the limit can be spent, not with the first cent."""
    room = max(0, now.limit_micros or 0) * rule.hysteresis_percent // 100
    is_stopped = now.standing in STOPPED
    has_room = now.usable_micros is None or now.usable_micros > room
    return Condition(AlertKind.BLOCKED, 0, is_stopped, not is_stopped and has_room)


def _ending(days: int, now: Numbers) -> Condition:
    end = now.limit_ends_at if now.limit_state == LimitState.TEMPORARY else None
    is_near = end is not None and _days_before(end, days, now) <= now.at < end
    return Condition(AlertKind.ENDING, days, is_near, not is_near, end.isoformat() if end and is_near else "")


def _days_before(end: datetime, days: int, now: Numbers) -> datetime:
    """The end's wall-clock time so many calendar days earlier, as the days of a temporary limit are counted."""
    return periods.days_later(end, -days, now.time_zone)


def _starts_blocked(one: Condition, now: Numbers) -> bool:
    """A wallet into which nothing was ever paid cannot spend anything: no news for anybody."""
    return one.kind != AlertKind.ENDING and now.is_untouched


def _moved(latch: Latch, one: Condition, at: datetime, is_quiet: bool) -> Latch:
    if latch.raised_at and (one.is_cleared or one.about != latch.about):
        latch = Latch(told_at=latch.told_at if one.about == latch.about else None)
    if latch.raised_at is None and one.is_crossed:
        return replace(latch, raised_at=at, is_quiet=is_quiet, about=one.about)
    return latch


def _is_due(latch: Latch, one: Condition, at: datetime, rule: Rule) -> bool:
    if not one.is_crossed or not _waits(latch):
        return False
    return latch.told_at is None or at >= latch.told_at + rule.cooldown


def _tellings(due: list[Condition]) -> Iterator[Told]:
    """One event for the credit and one for the end of the limit; each the most serious, naming what it covers."""
    credit = [one for one in due if one.kind != AlertKind.ENDING]
    for group in (credit, [one for one in due if one.kind == AlertKind.ENDING]):
        if group:
            worst = min(group, key=_seriousness)
            yield Told(worst.kind, worst.threshold, tuple(one.key for one in group))


def _seriousness(one: Condition) -> tuple[int, int]:
    order = [AlertKind.BLOCKED, AlertKind.PERCENT, AlertKind.AMOUNT, AlertKind.ENDING]
    return order.index(
        AlertKind(one.kind)
    ), -one.threshold if one.kind == AlertKind.PERCENT else one.threshold


def _recoveries(
    released: list[Condition], found: list[Condition], after: dict[str, Latch], rule: Rule
) -> Iterator[Told]:
    """Once it works again, and once it is back behind every threshold; only of what was told."""
    back = [one for one in released if one.kind != AlertKind.ENDING]
    if not back or not rule.tells_recovered:
        return
    works_again = any(one.kind == AlertKind.BLOCKED for one in back)
    is_left = any(after[one.key].raised_at for one in found if one.kind != AlertKind.ENDING)
    if works_again or not is_left:
        yield Told(AlertKind.RECOVERED, 0, tuple(one.key for one in back))


def _is_kept(latch: Latch, at: datetime, rule: Rule) -> bool:
    if latch.raised_at:
        return True
    return latch.told_at is not None and at < latch.told_at + rule.cooldown


def _waits(latch: Latch) -> bool:
    """For the end of the cooldown: crossed, and to be told then if it lasts."""
    return latch.raised_at is not None and not latch.is_told and not latch.is_quiet


def _next_at(now: Numbers, rule: Rule, waiting: list[Latch]) -> datetime | None:
    ahead = [latch.told_at + rule.cooldown for latch in waiting if latch.told_at]
    ahead += [now.scheduled_starts_at] if now.scheduled_starts_at else []
    if now.limit_ends_at:
        ahead += [now.limit_ends_at, *(_days_before(now.limit_ends_at, days, now) for days in rule.days)]
    return min((instant for instant in ahead if instant > now.at), default=None)
