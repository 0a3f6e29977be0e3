"""The guideline beside the limit form: its words and its small bars."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credit import display
from credit.forms.limits import LimitForm
from credit.guideline import advice
from credit.guideline.advice import Advice
from credit.guideline.estimate import MARGIN
from credit.guideline.history import Span
from credit.languages import as_written
from credit.money import MICROS, InvalidAmount, to_micros
from credit.terms import PaymentMode

WIDE, HIGH, BASE, STEP = 26, 44, 62, 33
FEWEST_PLACES = 6
CONFIDENCE = {
    "high": gettext_lazy("Good confidence: %(count)s %(spans)s, much alike."),
    "medium": gettext_lazy("Fair confidence: %(count)s %(spans)s."),
    "low": gettext_lazy("Little confidence: %(count)s %(spans)s that differ a lot."),
}


@dataclass(frozen=True)
class Bar:
    look: str
    x: int
    y: int
    width: int
    height: int
    middle: int
    label: str
    figure: str


@dataclass(frozen=True)
class Shown:
    figure: str
    value: str  # as it is typed into the form
    made: str
    trust: str
    missing: str
    above: str  # how far the typed amount goes beyond it
    bars: list[Bar]
    wide: int
    spoken: str


def guideline(wallet: Any, form: LimitForm, now: datetime) -> Shown:
    """For what is typed: with days or an end it covers these days, else it is a permanent limit."""
    form.is_valid()
    typed = form.cleaned_data
    found = advice.for_wallet(wallet, now, _days(typed, now))
    return _shown(wallet, found, now, _above(wallet, found, typed))


def _above(wallet: Any, found: Advice, typed: dict[str, Any]) -> str:
    """A word before the decision, no refusal: whoever decides may know more than the history does."""
    try:
        micros = to_micros(typed["amount"])
    except (KeyError, InvalidAmount):  # the form says what is wrong with it
        return ""
    if found.micros is None or micros <= found.micros:
        return ""
    more = display.with_code(micros - found.micros, wallet.currency)
    return _("What is typed is %(more)s above it.") % {"more": more}


def _days(typed: dict[str, Any], now: datetime) -> int | None:
    days, ends_at = typed.get("days"), typed.get("ends_at")
    if not days and ends_at:
        days = math.ceil((ends_at - (typed.get("starts_at") or now)) / timedelta(days=1))
    return days if days and 1 <= days <= advice.LONGEST_DAYS else None


def _shown(wallet: Any, found: Advice, now: datetime, above: str) -> Shown:
    so_far = _so_far(wallet, now) if found.estimate else []
    bars = _bars(found.history.spans, so_far) if found.estimate else []
    figure = "" if found.micros is None else display.short_amount(found.micros, wallet.currency)
    return Shown(
        figure=figure,
        value="" if found.micros is None else display.typed(found.micros, wallet.currency),
        made=_made(wallet, found),
        trust=" ".join([_trust(wallet, found), *([_("* So far.")] if so_far else [])]),
        missing=found.missing,
        above=above,
        bars=bars,
        wide=STEP * max(len(bars), FEWEST_PLACES) + 19,
        spoken=", ".join(
            f"{one.label} {display.amount(one.micros, wallet.currency)}"
            for one in [*found.history.spans, *so_far]
        ),
    )


def _so_far(wallet: Any, now: datetime) -> list[Span]:
    """The running month, which the figure leaves out; the windows of a prepaid wallet end now."""
    if wallet.mode != PaymentMode.POSTPAID:
        return []
    month = display.short_month(display.local(now, wallet.time_zone))
    return [Span(_("%(month)s so far") % {"month": month}, wallet.live_unbilled_micros, f"{month}*")]


def _made(wallet: Any, found: Advice) -> str:
    """How the figure was made, in one line."""
    if found.estimate is None:
        return ""
    last = display.amount(found.estimate.last_micros, wallet.currency)
    step = display.amount(found.estimate.usual_step_micros, wallet.currency)
    made = _("%(percent)s %% of the last %(last)s, and %(factor)s × the usual change of %(step)s") % {
        "percent": MARGIN.last,
        "last": last,
        "factor": as_written(f"{MARGIN.step / 100:g}"),
        "step": step,
    }
    if found.used_micros > 0:
        made = _("%(used)s used now, %(made)s") % {
            "used": display.amount(found.used_micros, wallet.currency),
            "made": made,
        }
    elif found.used_micros < 0:
        made += _(", less %(used)s of the customer’s own money") % {
            "used": display.amount(-found.used_micros, wallet.currency)
        }
    return _("%(made)s; rounded up.") % {"made": made}


def _trust(wallet: Any, found: Advice) -> str:
    if found.estimate is None:
        return ""
    what = _("whole months") if wallet.mode == PaymentMode.POSTPAID else _("windows")
    trust = CONFIDENCE[found.estimate.confidence] % {"count": len(found.history.spans), "spans": what}
    return _("%(trust)s It is %(covers)s. Leaves out %(listed)s.") % {
        "trust": trust,
        "covers": found.history.covers,
        "listed": _listed(found.history.leaves_out),
    }


def _bars(whole: Sequence[Span], so_far: Sequence[Span]) -> list[Bar]:
    spans = [*whole, *so_far]
    highest = max((span.micros for span in spans), default=0)
    if highest <= 0:
        return []
    heights = [max(1, HIGH * max(0, span.micros) // highest) for span in spans]
    return [
        Bar(
            look="p-bar" if number < len(whole) else "p-bar-open",
            x=STEP * number + 3,
            y=BASE - height,
            width=WIDE,
            height=height,
            middle=STEP * number + 3 + WIDE // 2,
            label=_label(span, len(spans) - number),
            figure=_compact(span.micros),
        )
        for number, (span, height) in enumerate(zip(spans, heights, strict=True))
    ]


def _label(span: Span, from_the_end: int) -> str:
    """A day is wider than its bar: under every other one, the last always."""
    return span.label if not span.day else span.day if from_the_end % 2 else ""


def _listed(words: Sequence[str]) -> str:
    return _(" and ").join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)


def _compact(micros: int) -> str:
    """Five signs at most, for under a bar: 6.5, 980, 1.5k, 23k, 4.1M, rounded. The drawing says the whole figure."""
    for unit, sign in ((10**9, "G"), (10**6, "M"), (10**3, "k"), (1, "")):
        one = unit * MICROS
        if 2000 * micros < 1999 * one:  # 999.5 of the smaller unit are a thousand of them
            continue
        if (tenths := _rounded(10 * micros, one)) >= 100:
            return f"{_rounded(micros, one)}{sign}"
        return as_written(f"{tenths / 10:.1f}{sign}") if tenths % 10 else f"{tenths // 10}{sign}"
    return "0" if not micros else "<1"


def _rounded(amount: int, unit: int) -> int:
    return (2 * amount + unit) // (2 * unit)
