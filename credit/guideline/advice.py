"""The guideline for one wallet: the figure, what it rests on and leaves out, or that there is too little history."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from credit.guideline import history
from credit.guideline.estimate import FEWEST_SPANS, Estimate, estimate, round_up
from credit.guideline.history import History
from credit.money import minor_unit
from credit.terms import PaymentMode

LONGEST_DAYS = 92  # of a temporary limit that a guideline looks at


@dataclass(frozen=True)
class Advice:
    """`micros`: the limit to think of; None where there is too little history, then `missing` says what."""

    micros: int | None
    estimate: Estimate | None
    history: History
    used_micros: int = 0
    missing: str = ""


def for_wallet(wallet: Any, now: datetime, days: int | None = None) -> Advice:
    """For a wallet with the rule's numbers. `days`: of a temporary limit; without them, a permanent one.

    Prepaid, temporary: enough to cover the expected charges of the days, after the customer's own money or on top of
    what is used already. Prepaid, permanent: until the next top-up. Postpaid: a month.
    """
    if wallet.mode == PaymentMode.POSTPAID:
        return _advice(wallet, history.of_months(wallet), covered=0)
    if days is not None:
        return _advice(wallet, history.of_days(wallet, days, now), covered=_own(wallet))
    gap = history.days_between_top_ups(wallet)
    if gap is None:
        missing = _(
            "It takes three payments to know how often this customer pays. Type days to see what they cost."
        )
        return Advice(None, None, History([], "", []), missing=missing)
    return _advice(wallet, history.of_days(wallet, gap, now), covered=0)


def _own(wallet: Any) -> int:
    """What could be spent without any limit; below zero it is what of a limit is used."""
    return int(wallet.balance_micros - wallet.live_reserved_micros)


def _advice(wallet: Any, found: History, covered: int) -> Advice:
    estimated = estimate([span.micros for span in found.spans])
    if estimated is None:
        return Advice(None, None, found, missing=_missing(found))
    needed = max(0, estimated.micros - covered)
    return Advice(round_up(needed, minor_unit(wallet.currency)), estimated, found, used_micros=-covered)


def _missing(found: History) -> str:
    if len(found.spans) >= FEWEST_SPANS:
        return _("Nothing was charged in the last %(spans)s spans.") % {"spans": len(found.spans)}
    return _("It takes %(FEWEST_SPANS)s whole spans of %(covers)s; this wallet has %(spans)s.") % {
        "FEWEST_SPANS": FEWEST_SPANS,
        "covers": found.covers,
        "spans": len(found.spans),
    }
