"""What each verb of product.md answers and does, on the oracle's list of what happened. See `tests/oracle.py`."""

from dataclasses import dataclass
from datetime import timedelta

from tests.oracle import (
    ACCEPTED,
    CENT,
    PURCHASES,
    TICK,
    Hold,
    HoldStep,
    Line,
    Temporary,
    Wallet,
    rounded,
    rounded_total,
)

BAD_AMOUNT = "invalid_amount"
A_DAY = timedelta(hours=24)


@dataclass
class Verbs:
    """The verbs over one wallet; each answers a reason code, or "accepted"."""

    wallet: Wallet

    def instant(self, now):
        """Never earlier than the latest instant written on the row (section 2)."""
        return max(now, self.wallet.latest)

    def post(self, t, kind, amount, **more):
        self.wallet.lines.append(Line(t, kind, amount, **more))
        self.wallet.latest = max(self.wallet.latest, t)
        return len(self.wallet.lines) - 1

    def step(self, t, number, rest, committed, expires_at):
        self.wallet.steps.append(HoldStep(t, number, rest, committed, expires_at))
        self.wallet.latest = max(self.wallet.latest, t)

    # Charges ----------------------------------------------------------------------------------------------------

    def at_once(self, t, kind):
        return self.wallet.scheme(t) == "individual" and kind in PURCHASES

    def fits(self, t, amount):
        usable = self.wallet.usable(t)
        return usable is None or amount <= usable

    def charge_line(self, t, kind, amount):
        at_once = self.at_once(t, kind)
        counted = self.wallet.mode(t) == "postpaid" and not at_once
        self.post(t, kind, -amount, counted=counted, at_once=at_once)

    def charge(self, now, amount, kind, overrun=False):
        t, w = self.instant(now), self.wallet
        if amount < 0 or (self.at_once(t, kind) and amount % self.wallet.unit):
            return BAD_AMOUNT
        if w.closed(t):
            return "wallet_closed"
        if not overrun:
            if w.suspended(t):
                return "organization_suspended"
            if not (self.at_once(t, kind) or amount == 0 or self.fits(t, amount)):
                return "credit_limit_exceeded"
        self.charge_line(t, kind, amount)
        return ACCEPTED

    # Holds ------------------------------------------------------------------------------------------------------

    def latest_hold(self, reference):
        named = [number for number, hold in enumerate(self.wallet.holds) if hold.reference == reference]
        return named[-1] if named else None

    def reserve(self, now, reference, amount, kind, life=A_DAY, up_to=False):
        t, w = self.instant(now), self.wallet
        if amount < 0:
            return BAD_AMOUNT
        if w.closed(t):
            return "wallet_closed"
        if w.suspended(t):
            return "organization_suspended"
        old = self.latest_hold(reference)
        old_rest = w.rest(old, t) if old is not None else 0
        usable = w.usable(t)
        if up_to and usable is not None:
            amount = min(amount, max(0, usable + old_rest))
        elif amount > old_rest and not self.fits(t, amount - old_rest):
            return "credit_limit_exceeded"
        if old_rest:
            self.step(t, old, 0, w.last_step(old, t).committed, t)
        w.holds.append(Hold(reference, kind, t))
        self.step(t, len(w.holds) - 1, amount, 0, t + life)
        return ACCEPTED

    def state_of(self, number, t):
        step = self.wallet.last_step(number, t)
        if step.rest == 0:
            return "reservation_closed"
        return "live" if t < step.expires_at else "reservation_expired"

    def extend(self, now, reference, total=None, expires_at=None):
        t, w = self.instant(now), self.wallet
        number = self.latest_hold(reference)
        if number is None:
            return "not_found"
        step = w.last_step(number, t)
        if expires_at and not t < expires_at <= w.holds[number].placed_at + timedelta(days=62):
            return "invalid_input"
        if w.closed(t):
            return "wallet_closed"
        if w.suspended(t):
            return "organization_suspended"
        if self.state_of(number, t) != "live":
            return self.state_of(number, t)
        rest = step.rest if total is None else max(0, total - step.committed)
        if rest > step.rest and not self.fits(t, rest - step.rest):
            return "credit_limit_exceeded"
        self.step(t, number, rest, step.committed, expires_at or step.expires_at)
        return ACCEPTED

    def commit(self, now, reference, amount=None, final=True, overrun=False):
        t, w = self.instant(now), self.wallet
        number = self.latest_hold(reference)
        if number is None:
            return "not_found"
        kind, step = w.holds[number].kind, w.last_step(number, t)
        if amount is not None and (amount < 0 or (self.at_once(t, kind) and amount % self.wallet.unit)):
            return BAD_AMOUNT
        if w.closed(t):
            return "wallet_closed"
        if self.state_of(number, t) != "live":
            return self.state_of(number, t)
        if amount is None:  # FP 20
            amount = step.rest - step.rest % w.unit if self.at_once(t, kind) else step.rest
            final = True
        if amount > step.rest and not overrun:
            return "reservation_exceeded"
        self.charge_line(t, kind, amount)
        left = 0 if final else max(0, step.rest - amount)
        self.step(t, number, left, step.committed + amount, step.expires_at)
        return ACCEPTED

    def release(self, now, reference):
        t = self.instant(now)
        number = self.latest_hold(reference)
        if number is None:
            return "not_found"
        if self.state_of(number, t) == "live":
            step = self.wallet.last_step(number, t)
            self.step(t, number, 0, step.committed, step.expires_at)
        return ACCEPTED

    # Money ------------------------------------------------------------------------------------------------------

    def cash(self, now, kind, amount, limit=None, reason=""):
        """A line of cash on the balance, of at most `limit` where money goes out."""
        t = self.instant(now)
        if amount == 0 or amount % self.wallet.unit:
            return BAD_AMOUNT
        if self.wallet.closed(t):
            return "wallet_closed"
        if kind in ("withdrawal", "transfer_out") and self.wallet.suspended(t):
            return "organization_suspended"
        if limit is not None and -amount > limit:
            return reason
        self.post(t, kind, amount)
        return ACCEPTED

    def pay(self, now, amount):
        return self.cash(now, "payment", amount)

    def give(self, now, amount):
        return self.cash(now, "adjustment", amount)

    def take_back(self, now, amount):
        own = self.wallet.own_money(self.instant(now))
        return self.cash(now, "adjustment", -amount, own, "own_money_exceeded")

    def withdraw(self, now, amount):
        own = self.wallet.own_money(self.instant(now))
        return self.cash(now, "withdrawal", -amount, own, "own_money_exceeded")

    def write_off(self, now, amount):
        t, w = self.instant(now), self.wallet
        if amount <= 0:
            return BAD_AMOUNT
        if w.closed(t):
            return "wallet_closed"
        if amount > w.owed(t):  # FP 11
            return BAD_AMOUNT
        self.post(t, "write_off", amount)
        return ACCEPTED

    def left_of(self, item):
        """What refunds and reversals have not taken from a line, or have given back to it (FP 12)."""
        taken = [number for number, line in enumerate(self.wallet.lines) if line.item == item]
        back = [line for line in self.wallet.lines if line.item in taken]
        return abs(
            self.wallet.lines[item].amount
            + sum(line.amount for line in [*(self.wallet.lines[number] for number in taken), *back])
        )

    def reversed(self, item):
        return any(line.item == item and line.kind == "reversal" for line in self.wallet.lines)

    def refund(self, now, item, amount=None):
        t, w = self.instant(now), self.wallet
        line, left = w.lines[item], self.left_of(item)
        to_unbilled = line.counted and w.mode(t) == "postpaid"
        kind = "credit_note" if line.at_once else "refund"
        if amount is not None and (amount <= 0 or (line.at_once and amount % self.wallet.unit)):
            return BAD_AMOUNT
        if w.closed(t):
            return "wallet_closed"
        amount = left if amount is None else amount
        if amount > left or left == 0:
            return "already_refunded"
        self.post(t, kind, amount, counted=to_unbilled, at_once=line.at_once, item=item)
        return ACCEPTED

    def reverse(self, now, item):
        t, w = self.instant(now), self.wallet
        line, left = w.lines[item], self.left_of(item)
        if w.closed(t):
            return "wallet_closed"
        if line.kind in ("reversal", "rounding") or self.reversed(item):
            return "not_reversible"
        if left == 0:
            return "already_refunded"
        sign = -1 if line.amount > 0 else 1
        counted = line.counted and w.mode(t) == "postpaid"
        self.post(t, "reversal", sign * left, counted=counted, at_once=line.at_once, item=item)
        return ACCEPTED

    # Limits -----------------------------------------------------------------------------------------------------

    def set_permanent(self, now, amount):
        """None is unlimited. Ends the running temporary limit, leaves a scheduled one (FP 16)."""
        t = self.instant(now)
        self.end_running(t)
        self.wallet.tell(t, "permanent", amount)
        return ACCEPTED

    def end_running(self, t):
        if not self.wallet.temporary(t):
            return
        for (
            one
        ) in self.wallet.temporaries:  # what the running one has superseded does not come back either (FP 17)
            if one.recorded_at <= t and one.starts_at <= t and one.cut_at is None:
                one.cut_at = t

    def remove_permanent(self, now):
        t = self.instant(now)
        if self.wallet.mode(t) == "postpaid":
            return "credit_limit_required"
        if self.wallet.permanent(t) == "not set":
            return "not_found"
        self.wallet.tell(t, "permanent", "not set")
        return ACCEPTED

    def set_temporary(self, now, amount, ends_at, starts_at=None):
        t, w = self.instant(now), self.wallet
        if w.mode(t) == "postpaid":
            return "not_allowed_for_mode"
        if ends_at <= (starts_at or t) or (starts_at or t) < t:
            return "invalid_input"
        if starts_at and starts_at > t:
            self.cut_scheduled(t)
        else:
            starts_at = t
            self.end_running(t)
        w.temporaries.append(Temporary(amount, t, starts_at, ends_at))
        w.latest = t
        return ACCEPTED

    def end_temporary(self, now, slot):
        t = self.instant(now)
        if not (self.wallet.temporary(t) if slot == "temporary" else self.wallet.scheduled(t)):
            return "not_found"
        if slot == "temporary":
            self.end_running(t)
        else:
            self.cut_scheduled(t)
        return ACCEPTED

    def cut_scheduled(self, t):
        waiting = self.wallet.scheduled(t)
        if waiting:
            waiting.cut_at = t

    # Mode, scheme, zone, status, closes -------------------------------------------------------------------------

    def close_periods(self, now):
        """Books exactly the ended periods, each with its own rounding (section 5)."""
        t = self.instant(now)
        for period in self.wallet.ended_unbooked(t):
            self.book(period, t)

    def book(self, period, t):
        lines = self.wallet.counted_in(period, t)
        exact = -sum(line.amount for line in lines)
        self.wallet.booked[period[0]] = t
        rounded_to = rounded_total(lines, self.wallet.unit)
        if exact != rounded_to:
            self.post(t, "rounding", exact - rounded_to)
        self.wallet.latest = max(self.wallet.latest, t)

    def switch_to_postpaid(self, now, scheme, limit):
        t, w = max(now, self.wallet.latest + TICK), self.wallet
        self.end_running(t)
        self.cut_scheduled(t)  # there are no temporary limits for postpaid
        w.tell(t, "permanent", limit)
        w.tell(t, "scheme", scheme)
        w.tell(t, "mode", "postpaid")
        debt = max(0, -w.balance(t))
        if debt:  # the opening invoice (FP 4)
            w.openings.append((t, debt))
        if debt != rounded(debt, w.unit):
            self.post(t, "rounding", debt - rounded(debt, w.unit))
        return ACCEPTED

    def switch_to_prepaid(self, now, keep_limit):
        t, w = max(now, self.wallet.latest + TICK), self.wallet
        if not keep_limit:
            w.tell(t, "permanent", "not set")
        w.tell(t, "mode", "prepaid")
        self.close_periods(t)
        return ACCEPTED

    def change_scheme(self, now, scheme):
        self.wallet.tell(self.instant(now), "scheme", scheme)
        return ACCEPTED

    def change_zone(self, now, zone):
        self.wallet.tell(self.instant(now), "zone", zone)
        return ACCEPTED

    def suspend(self, now, suspended):
        self.wallet.tell(self.instant(now), "suspended", suspended)
        return ACCEPTED


def opened(at, mode, zone, scheme="", limit="not set", unit=CENT):
    """A wallet created at an instant, and its verbs; `unit` is its smallest cash amount in micros."""
    wallet = Wallet(unit=unit)
    for what, value in (
        ("zone", zone),
        ("mode", mode),
        ("scheme", scheme),
        ("permanent", limit),
        ("open", True),
    ):
        wallet.tell(at, what, value)
    return Verbs(wallet)
