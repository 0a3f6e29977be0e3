"""Exposure: what customers may use, have used and owe, per currency, by state and over time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_safe

from credit import display, exposure_plot, viewer
from credit.models import Exposure, ExposureLine
from credit.money import to_text
from credit.replica import may_be_old
from credit.reports import exposure
from credit.terms import LimitState, PaymentMode, Standing
from credit.views.asked import Asked
from credit.views.export import stream

SHOWN_CURRENCIES = 8
SPANS = {"90": _lazy("90 days"), "365": _lazy("a year"), "1826": _lazy("five years")}
DEFAULT_SPAN = "90"
STATE_HEAD = [
    "Counted at (UTC)", "Currency", "Payment mode", "Status", "Limit is", "Wallets", "Limits granted", "Used",
    "Unbilled", "Due",
]  # fmt: skip
DAY_HEAD = [
    "Day", "Counted at (UTC)", "Currency", "Wallets", "Unlimited wallets", "Limits granted", "Used",
    "Used without a limit", "Unbilled", "Due",
]  # fmt: skip
OPEN = {"status": ["active", "suspended"]}  # a closed wallet is left out of the count
State = tuple[str, str, dict[str, Any]]  # its name, its words, and what the list is asked for
SUMS = ("limits_micros", "used_micros", "unbilled_micros", "due_micros")


@dataclass(frozen=True)
class Part:
    """Wallets of one state together, and the list that shows them."""

    words: str
    query: str
    wallets: int
    limits_micros: int
    used_micros: int
    unbilled_micros: int
    due_micros: int


@require_safe
@permission_required("credit.view_exposure", raise_exception=True)
@may_be_old
def page(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    counted = exposure.newest(now)
    asked = _asked(request, counted)
    chosen = None if asked.problems else _chosen(counted, asked.value("currency"))
    context = {
        "section": "exposure",
        "zone": viewer.zone(),
        "asked": asked,
        "counted": counted,
        "shown": [(each, asked.address(currency=each.currency)) for each in _shown(counted, chosen, asked)],
        "all_url": asked.address(all="yes"),
        "chosen": chosen,
        "groups": _groups(chosen, counted.lines_of(chosen)) if chosen else [],
        **_over_time(chosen, asked, now),
    }
    return render(request, "exposure/page.html", context)


def _asked(request: HttpRequest, counted: exposure.Counted) -> Asked:
    return Asked(
        request.GET,
        {
            "currency": {each.currency: each.currency for each in counted.exposures},
            "span": SPANS,
            "all": {"yes": "all"},
        },
    )


def _chosen(counted: exposure.Counted, currency: str) -> Exposure | None:
    """The currency asked for, else the one with most wallets."""
    asked = [each for each in counted.exposures if each.currency == currency]
    return asked[0] if asked else max(counted.exposures, key=lambda each: each.wallets, default=None)


def _shown(counted: exposure.Counted, chosen: Exposure | None, asked: Asked) -> list[Exposure]:
    """Those with most wallets, in the order of their codes; all where they are asked for."""
    if asked.value("all"):
        return counted.exposures
    most = sorted(counted.exposures, key=lambda each: -each.wallets)[:SHOWN_CURRENCIES]
    return [each for each in counted.exposures if each in most or each is chosen]


def _over_time(chosen: Exposure | None, asked: Asked, now: datetime) -> dict[str, Any]:
    if chosen is None:
        return {}
    span = asked.value("span") if asked.value("span") in SPANS else DEFAULT_SPAN
    today = exposure.day_of(now)
    days = exposure.history(chosen.currency, today - timedelta(days=int(span)), today)
    return {
        "spans": [(words, asked.address(span=name), name == span) for name, words in SPANS.items()],
        "days": days,
        "plots": [
            ("d-none d-md-block", exposure_plot.draw(days, 1080, 250)),
            ("d-md-none", exposure_plot.draw(days, 360, 220)),
        ],
    }


# --- by state ---------------------------------------------------------------------------------------------------------


def _groups(chosen: Exposure, lines: list[ExposureLine]) -> list[tuple[str, list[Part]]]:
    """Three ways to cut the same sum; within each the parts add up to the currency's figures."""
    modes = [(mode.value, str(mode.label), {"mode": mode.value, **OPEN}) for mode in PaymentMode]
    return [
        (_("Payment mode"), _parts(chosen, lines, lambda line: line.mode, modes)),
        (_("Status"), _parts(chosen, lines, lambda line: line.standing, list(_standings()))),
        (_("Credit limit"), _parts(chosen, lines, lambda line: line.limit_state, list(_limits()))),
    ]


def _standings() -> Iterator[State]:
    queries: dict[Standing, dict[str, Any]] = {
        Standing.SUSPENDED: {"status": "suspended"},
        Standing.BLOCKED: {"use": "blocked", "status": "active"},
        Standing.NEAR: {"use": "near", "status": "active"},
        Standing.WORKS: {},  # all the others: no filter of the list asks for just these
    }
    for standing, query in queries.items():
        yield standing.value, str(display.STANDINGS[standing.value]), query


def _limits() -> Iterator[State]:
    for state in (LimitState.PERMANENT, LimitState.TEMPORARY, LimitState.UNLIMITED, LimitState.NOT_SET):
        yield state.value, str(state.label), {"limit": state.value, **OPEN}


def _parts(
    chosen: Exposure,
    lines: list[ExposureLine],
    state_of: Callable[[ExposureLine], str],
    states: list[State],
) -> list[Part]:
    found = []
    for state, words, query in states:
        same = [line for line in lines if state_of(line) == state]
        if same:
            sums = {name: sum(getattr(line, name) for line in same) for name in ("wallets", *SUMS)}
            found.append(Part(words, _query(chosen.currency, query), **sums))
    return found


def _query(currency: str, asked: dict[str, Any]) -> str:
    return f"?{urlencode({'currency': currency, **asked}, doseq=True)}" if asked else ""


# --- downloads --------------------------------------------------------------------------------------------------------


@require_safe
@permission_required(("credit.view_exposure", "credit.export_wallets"), raise_exception=True)
@may_be_old
def by_state_csv(request: HttpRequest) -> HttpResponseBase:
    counted = exposure.newest(timezone.now())
    lines = (_state_line(each, line) for each in counted.exposures for line in counted.lines_of(each))
    return stream(f"exposure-{_stamp(counted.taken_at)}", STATE_HEAD, lines)


@require_safe
@permission_required(("credit.view_exposure", "credit.export_wallets"), raise_exception=True)
@may_be_old
def over_time_csv(request: HttpRequest) -> HttpResponseBase:
    days = Exposure.objects.order_by("day", "currency").iterator(chunk_size=1000)
    return stream(f"exposure-by-day-{_stamp(timezone.now())}", DAY_HEAD, map(_day_line, days))


def _stamp(at: datetime | None) -> str:
    return f"{display.local(at or timezone.now(), viewer.zone()):%Y-%m-%d-%H%M}"


def _state_line(each: Exposure, line: ExposureLine) -> list[str]:
    return [
        f"{each.taken_at:%Y-%m-%dT%H:%M:%SZ}",
        each.currency,
        line.mode,
        line.standing,
        line.limit_state.replace("_", " "),
        str(line.wallets),
        *[to_text(getattr(line, name)) for name in SUMS],
    ]


def _day_line(each: Exposure) -> list[str]:
    return [
        each.day.isoformat(),
        f"{each.taken_at:%Y-%m-%dT%H:%M:%SZ}",
        each.currency,
        str(each.wallets),
        str(each.unlimited_wallets),
        to_text(each.limits_micros),
        to_text(each.used_micros),
        to_text(each.unlimited_used_micros),
        to_text(each.unbilled_micros),
        to_text(each.due_micros),
    ]
