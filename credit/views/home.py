"""Home: what needs a person today. Each part is asked for only where the person may see it; none reads all wallets."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from credit import display, exposure_plot, viewer
from credit.actors import Actor
from credit.models import Difference, Exposure
from credit.replica import may_be_old
from credit.reports import endings, exposure, today
from credit.reports.endings import Endings
from credit.views import home_rows, jobs
from credit.views.home_rows import Group, Row

DAYS_AHEAD = 7
SHOWN_CURRENCIES = 6

HALF_A_YEAR = timedelta(days=182)
SPARKLINE_POINTS = 27
# In the order in which they are read: who stands still, who waits for a word, who will.
LISTED = ("blocked", "requests", "promises", "endings", "overdue", "near", "jobs")
TILES = ("blocked", "near", "requests", "promises", "overdue", "drafts", "differences", "jobs")
# What waits for a person; what is only near the limit waits for nobody yet.
WAITING = ("blocked", "requests", "promises", "endings", "overdue", "drafts", "differences", "jobs")


@dataclass(frozen=True)
class Day:
    """A day of the viewer's, and how many are blocked in it by the end of a limit."""

    day: date
    number: int
    is_today: bool


@require_safe
@may_be_old
def page(request: HttpRequest) -> HttpResponse:
    if request.GET:  # the list was here once: what somebody has kept still leads there
        return HttpResponseRedirect(f"{reverse('organizations')}?{request.GET.urlencode()}")
    now = timezone.now()
    context = {"section": "home", "zone": viewer.zone(), "now": now}
    if request.user.has_perm("credit.view_wallet"):
        context |= _wallets(request, now)
    if request.user.has_perm("credit.view_exposure"):
        context |= _exposure(now)
    if request.user.has_perm("credit.view_jobs"):
        context |= _jobs(now)
    found = [*context.pop("found", []), *_others(request, now), *_machine(context)]
    groups = {group.name: group for group in found}
    context["groups"] = [groups[name] for name in LISTED if name in groups]
    context["tiles"] = [groups[name] for name in TILES if name in groups]
    context["waiting"] = _waiting(found)
    context["is_near"] = "near" in groups and bool(groups["near"].number)
    return render(request, "home/page.html", context)


def _wallets(request: HttpRequest, now: datetime) -> dict[str, Any]:
    counts = today.standings(now)
    first = today.first_few(now, home_rows.FIRST_FEW, counts)
    ends = endings.blocked_until(now, _midnight(now, DAYS_AHEAD))
    is_cut = ends.known_until < _midnight(now, DAYS_AHEAD)
    return {
        "counts": counts,
        "days": list(_days(ends, now)),
        "ends_number": len(ends.found),
        "known_until": ends.known_until if is_cut else None,
        "recovered": today.recovered(now - today.A_DAY),
        "found": [
            home_rows.blocked(counts, first.blocked, request.user, now),
            home_rows.endings(ends, request.user, now, is_cut),
            home_rows.near(counts, first.near, request.user),
        ],
    }


def _midnight(now: datetime, days: int) -> datetime:
    """The end of the viewer's day so many days from today."""
    zone = ZoneInfo(viewer.zone())
    return datetime.combine(now.astimezone(zone).date() + timedelta(days=days), time.min, zone)


def _days(ends: Endings, now: datetime) -> Iterator[Day]:
    zone = viewer.zone()
    first = display.local(now, zone).date()
    on = [display.local(one.at, zone).date() for one in ends.found]
    for number in range(DAYS_AHEAD):
        day = first + timedelta(days=number)
        yield Day(day, on.count(day), number == 0)


def _others(request: HttpRequest, now: datetime) -> Iterator[Group]:
    if request.user.has_perm("credit.view_changerequest"):
        yield home_rows.asked_for(Actor.person(request.user), now)
    if request.user.has_perm("credit.view_note"):
        yield home_rows.promises(now, request.user)
    if request.user.has_perm("credit.view_invoice"):
        yield home_rows.spending(now, request.user)
        yield home_rows.drafts()


def _jobs(now: datetime) -> dict[str, Any]:
    states = jobs.states(now)
    troubled = [job for job in states if job.is_late or (job.run and job.run.error)]
    differences = Difference.objects.filter(gone_at=None)
    return {
        "troubled": troubled,
        "jobs_on_time": len(states) - len(troubled),
        "have_run": any(job.run for job in states),
        "differences": differences.order_by().values("pk")[: today.MOST + 1].count(),
        "checked": next((job.run for job in states if job.name == "Reconcile wallets"), None),
        "undelivered": today.undelivered(now),
    }


def _machine(context: dict[str, Any]) -> Iterator[Group]:
    if "troubled" in context:
        yield home_rows.differences(context["differences"])
        yield home_rows.jobs(context["troubled"])


def _waiting(groups: list[Group]) -> Any:
    """All that waits, of every sort."""
    counted = [group for group in groups if group.name in WAITING]
    return {
        "number": sum(group.number for group in counted),
        "is_more": any(group.is_more for group in counted),
    }


def _exposure(now: datetime) -> dict[str, Any]:
    counted = exposure.newest(now)
    most = sorted(counted.exposures, key=lambda each: -each.wallets)[:SHOWN_CURRENCIES]
    shown = [each for each in counted.exposures if each in most]
    past = _past([each.currency for each in shown], exposure.day_of(now))
    return {
        "counted": counted,
        "exposures": [(each, exposure_plot.sparkline(past.get(each.currency, []))) for each in shown],
    }


def _past(currencies: list[str], last: date) -> dict[str, list[tuple[date, int]]]:
    """What was used over half a year, by currency: as many days as a line of a hundred pixels can show."""
    found: dict[str, list[tuple[date, int]]] = {}
    counted = Exposure.objects.filter(currency__in=currencies, day__gte=last - HALF_A_YEAR).order_by("day")
    for currency, day, micros in counted.values_list("currency", "day", "used_micros"):
        found.setdefault(currency, []).append((day, micros))
    return {currency: _thinned(days) for currency, days in found.items()}


def _thinned(days: list[tuple[date, int]]) -> list[tuple[date, int]]:
    """Every so many, back from the last."""
    every = -(-len(days) // SPARKLINE_POINTS)
    return days[::-1][::every][::-1]


@require_safe
@permission_required("credit.view_wallet", raise_exception=True)
@may_be_old
def blocked_when_limits_end(request: HttpRequest) -> HttpResponse:
    """All of them, day by day."""
    now = timezone.now()
    until = _midnight(now, DAYS_AHEAD)
    found = endings.blocked_until(now, until)
    zone = viewer.zone()
    by_day: dict[date, list[Row]] = {}
    for one in found.found:
        rows = by_day.setdefault(display.local(one.at, zone).date(), [])
        rows.append(home_rows.ending_row(one, request.user, now))
    context = {
        "section": "home",
        "zone": zone,
        "by_day": list(by_day.items()),
        "known_until": found.known_until if found.known_until < until else None,
    }
    return render(request, "home/endings.html", context)
