"""What makes a charge plain, so that a database's own statement may decide and write it (`postgresql`, `sqlite`).

The texts read one wallet row under the alias `w`, with the instant as its column `t`; rules come from `rules.py`.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from django.db import DEFAULT_DB_ALIAS

from credit import rule_sql
from credit.models import Wallet
from credit.terms import CHARGES, PaymentMode, Scheme

# fine print 7: an `occurred_at` further ahead than this is bad input.
FARTHEST_AHEAD = timedelta(hours=24)


class Charge(Protocol):
    """A parsed charges.Line; `overrun` only by somebody who has that right."""

    wallet: Wallet | str
    key: str | None
    micros: int
    kind: str
    currency: str | None
    reference: str
    description: str
    occurred_at: datetime | None
    overrun: bool


# No limit and no hold that the clock has ended and nobody has booked yet.
LIMITS_AND_HOLDS_STAND = """
    (w.next_hold_ends_at IS NULL OR w.next_hold_ends_at > w.t)
    AND (w.temporary_ends_at IS NULL OR w.temporary_ends_at > w.t)
    AND (w.scheduled_starts_at IS NULL OR w.scheduled_starts_at > w.t)
"""
# Nothing that a writer would have to settle first, and none of the reasons to decline that are not about the amount.
PLAIN = f"""
    w.closed_at IS NULL
    AND w.organization_status = 'active'
    AND (w.period_ends_at IS NULL OR w.period_ends_at > w.t)
    AND {LIMITS_AND_HOLDS_STAND}
"""
WEIGHT = "abs(w.balance_micros) + abs(w.closing_micros) + abs(w.unbilled_micros) + w.reserved_micros"


def usable() -> str:
    """The rule's text for usable credit, NULL where it is unlimited."""
    text, slots = rule_sql.compiled("usable_micros", frozenset(), DEFAULT_DB_ALIAS, "w")
    assert {slot.name for slot in slots} == {"now"}
    return text.replace("%s", "w.t")


def where(rule: Callable[[str, str, str], bool], kind: str) -> str:
    """In which modes and schemes the rule holds for which kinds, as a condition on the row."""
    modes = [(mode, scheme) for mode in PaymentMode.values for scheme in ("", *Scheme.values)]
    kinds = sorted(str(each) for each in CHARGES)
    held = [f"'{m} {s} {k}'" for m, s in modes for k in kinds if rule(m, s, k)]
    return f"(w.mode || ' ' || w.scheme || ' ' || {kind} IN ({', '.join(held)}))"
