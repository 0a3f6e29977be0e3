"""A second opinion on product.md: everything that happened is kept in a list, and every number is read from all of it.

Shares no code with `credit`. Amounts are micros. `None` stands for unlimited. Written from product.md and
fine-print.md ("FP 20" is rule 20 there); slow on purpose.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from math import floor

from tests.oracle_calendar import month_end

USAGE = ("call", "sms", "fax", "number_activation")
PURCHASES = ("subscription", "addon", "service", "hardware")
TICK = timedelta(microseconds=1)
CENT = 10_000  # micros of the smallest cash amount, where a history names no other currency
ACCEPTED = "accepted"


@dataclass(frozen=True)
class Line:
    """One line of the ledger; `amount` is what it does to the current balance."""

    at: datetime
    kind: str
    amount: int
    counted: bool = False
    at_once: bool = False  # on an invoice of its own
    item: int | None = None  # the number of the line it corrects


@dataclass(frozen=True)
class HoldStep:
    at: datetime
    number: int
    rest: int
    committed: int
    expires_at: datetime


@dataclass
class Hold:
    reference: str
    kind: str
    placed_at: datetime


@dataclass
class Temporary:
    amount: int
    recorded_at: datetime
    starts_at: datetime
    ends_at: datetime
    cut_at: datetime | None = None

    def begins(self):
        return self.cut_at is None or self.cut_at > self.starts_at

    def over_at(self):
        return self.ends_at if self.cut_at is None else min(self.cut_at, self.ends_at)


@dataclass
class Wallet:
    """One wallet: `told` is (instant, what, value) of mode, scheme, zone, suspended, permanent and open."""

    told: list = field(default_factory=list)
    lines: list = field(default_factory=list)
    holds: list = field(default_factory=list)
    steps: list = field(default_factory=list)
    temporaries: list = field(default_factory=list)
    booked: dict = field(default_factory=dict)  # first instant of a period -> when the close booked it
    openings: list = field(default_factory=list)  # (instant, debt) of each switch to postpaid that had one
    latest: datetime | None = None
    near_percent: int = 80
    unit: int = CENT

    # What is in force -------------------------------------------------------------------------------------------

    def tell(self, at, what, value):
        self.told.append((at, what, value))
        self.latest = max(self.latest or at, at)

    def told_by(self, t, what, default=None):
        known = [value for at, name, value in self.told if name == what and at <= t]
        return known[-1] if known else default

    def mode(self, t):
        return self.told_by(t, "mode")

    def scheme(self, t):
        return self.told_by(t, "scheme", "") if self.mode(t) == "postpaid" else ""

    def suspended(self, t):
        return self.told_by(t, "suspended", False)

    def closed(self, t):
        return not self.told_by(t, "open")

    def permanent(self, t):
        """An amount, None for unlimited, or "not set"."""
        return self.told_by(t, "permanent", "not set")

    def temporary(self, t):
        """The one in force. A later one has superseded every earlier one for good (FP 17)."""
        begun = [
            one for one in self.temporaries if one.recorded_at <= t and one.starts_at <= t and one.begins()
        ]
        last = max(
            reversed(begun), key=lambda one: one.starts_at, default=None
        )  # of equal starts the later told
        return last if last and t < last.over_at() else None

    def scheduled(self, t):
        waiting = [one for one in self.temporaries if one.recorded_at <= t < one.starts_at]
        return next((one for one in reversed(waiting) if one.cut_at is None), None)

    def limit(self, t):
        running = self.temporary(t)
        if running:
            return running.amount
        permanent = self.permanent(t)
        return 0 if permanent == "not set" else permanent

    def limit_state(self, t):
        if self.temporary(t):
            return "temporary"
        permanent = self.permanent(t)
        return "unlimited" if permanent is None else "not_set" if permanent == "not set" else "permanent"

    def limit_ends_at(self, t):
        running, waiting = self.temporary(t), self.scheduled(t)
        if not running:
            return None
        return min(running.ends_at, waiting.starts_at) if waiting else running.ends_at

    # Periods ----------------------------------------------------------------------------------------------------

    def turns(self):
        """When the wallet began or stopped being billed by the month: [(from, to or None), …]."""
        stretches, since = [], None
        for at in sorted({at for at, what, _ in self.told if what in ("mode", "open")}):
            billed = self.mode(at) == "postpaid" and not self.closed(at)
            if billed and since is None:
                since = at
            if not billed and since is not None:
                stretches.append((since, at))
                since = None
        return [*stretches, (since, None)] if since else stretches

    def zone_before(self, t):
        """The zone as of just before t: which period runs is decided by the clock before any change (FP 2)."""
        return [name for at, what, name in self.told if what == "zone" and at < t][-1]

    def zone_when_billing_began(self, since):
        """A change of zone at that very instant, but after it, changes only the next period."""
        began = max(
            n for n, (at, what, _) in enumerate(self.told) if at == since and what in ("mode", "open")
        )
        return [name for _, what, name in self.told[:began] if what == "zone"][-1]

    def periods(self, t):
        """Every period that has begun by t, as (first instant, end)."""
        found = []
        for since, until in self.turns():
            start, end = since, month_end(since, self.zone_when_billing_began(since))
            while start <= t:
                found.append((start, min(end, until or end)))
                if until and end >= until:
                    break
                start, end = end, month_end(end + timedelta(hours=48), self.zone_before(end))
        return found

    def period_at(self, t):
        return next(((start, end) for start, end in self.periods(t) if start <= t < end), None)

    def ended_unbooked(self, t):
        return [(start, end) for start, end in self.periods(t) if end <= t and start not in self.booked]

    def counted_in(self, period, t):
        return [
            line for line in self.lines if line.counted and period[0] <= line.at < period[1] and line.at <= t
        ]

    # The formulas of section 2 ----------------------------------------------------------------------------------

    def unbilled(self, t):
        running = self.period_at(t)
        return -sum(line.amount for line in self.counted_in(running, t)) if running else 0

    def closing(self, t):
        return -sum(line.amount for period in self.ended_unbooked(t) for line in self.counted_in(period, t))

    def current_balance(self, t):
        return sum(line.amount for line in self.lines if line.at <= t)

    def balance(self, t):
        return self.current_balance(t) + self.closing(t) + self.unbilled(t)

    def last_step(self, number, t):
        return [step for step in self.steps if step.number == number and step.at <= t][-1]

    def rest(self, number, t):
        """What the hold of that number still holds, by the clock."""
        step = self.last_step(number, t)
        return step.rest if t < step.expires_at else 0

    def reserved(self, t):
        return sum(self.rest(number, t) for number in range(len(self.holds)))

    def overpayment(self, t):
        return max(0, self.balance(t) - self.closing(t)) if self.mode(t) == "postpaid" else 0

    def due(self, t):
        if self.mode(t) == "prepaid":
            return 0
        return max(0, -(self.balance(t) - min(0, self.closing(t))))

    def own_money(self, t):
        return self.balance(t) - self.reserved(t) - self.closing(t) - max(0, self.unbilled(t))

    def owed(self, t):
        return max(0, self.closing(t) - self.balance(t))

    def without_limit(self, t):
        if self.mode(t) == "prepaid":
            return self.balance(t) - self.reserved(t)
        return self.overpayment(t) - self.unbilled(t) - self.reserved(t)

    def usable(self, t):
        limit = self.limit(t)
        return None if limit is None else limit + self.without_limit(t)

    def used(self, t):
        limit, usable = self.limit(t), self.usable(t)
        return max(0, -self.without_limit(t)) if limit is None else max(0, limit - usable)

    def used_percent(self, t):
        limit = self.limit(t)
        return floor(Fraction(100 * self.used(t), limit)) if limit else None

    def standing(self, t):
        usable, percent = self.usable(t), self.used_percent(t)
        if self.closed(t):
            return "closed"
        if self.suspended(t):
            return "suspended"
        if usable is not None and usable <= 0:
            return "blocked"
        return "near" if percent is not None and percent >= self.near_percent else "works"

    def numbers(self, t):
        """Everything the product reads from a wallet at an instant, under the product's names."""
        ends_at = self.limit_ends_at(t)
        return {
            "effective_limit_micros": self.limit(t),
            "limit_state": self.limit_state(t),
            "limit_ends_at": ends_at,
            "falls_back_to_micros": self.limit(ends_at) if ends_at else None,
            "live_unbilled_micros": self.unbilled(t),
            "live_closing_micros": self.closing(t),
            "live_reserved_micros": self.reserved(t),
            "overpayment_micros": self.overpayment(t),
            "due_micros": self.due(t),
            "owed_micros": self.owed(t),
            "current_balance_micros": self.current_balance(t),
            "own_money_micros": self.own_money(t),
            "usable_micros": self.usable(t),
            "used_micros": self.used(t),
            "used_percent": self.used_percent(t),
            "standing": self.standing(t),
        }


def rounded(micros, unit=CENT):
    """Half away from zero to cash."""
    size = floor(Fraction(abs(micros), unit) + Fraction(1, 2)) * unit
    return size if micros >= 0 else -size


def owed_per_kind(lines):
    by_kind = {}
    for line in lines:
        by_kind[line.kind] = by_kind.get(line.kind, 0) - line.amount
    return by_kind


def rounded_total(lines, unit=CENT):
    """What an invoice of the lines asks for: the sum of its lines, one per kind, each rounded (section 4, FP 5)."""
    return sum(rounded(total, unit) for total in owed_per_kind(lines).values())
