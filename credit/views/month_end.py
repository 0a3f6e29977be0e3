"""Month end: the run that is open, what ends next, what a rehearsal found, the reports, and locking a month."""

from datetime import date
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from credit import display
from credit.actions import closes, month_end, months
from credit.actions.refusals import NotDone
from credit.actors import Actor
from credit.languages import shown
from credit.models import LockedMonth, MonthEndRun, RunKind
from credit.views import month_end_state as state

PAGE = 10
may_look = permission_required("credit.view_monthendrun", raise_exception=True)
may_run = permission_required("credit.run_month_end", raise_exception=True)
may_lock = permission_required("credit.lock_month", raise_exception=True)


@require_GET
@may_look
def page(request: HttpRequest) -> HttpResponse:
    """Asked by htmx while something runs: the part that changes."""
    now = timezone.now()
    context = {**_common(), **_runs(request, now)}
    if request.htmx:
        return render(request, "month_end/runs.html", context)
    drafts, more_drafts = state.drafts()
    context |= {
        "now": now,
        "open_kinds": {one.run.kind for one in context["running"]},
        "ends": state.ends(),
        "is_due": bool(closes.due(now, 1)),
        "drafts": drafts,
        "more_drafts": more_drafts,
        "review_hours": settings.CREDIT_INVOICE_REVIEW_HOURS,
        **state.months(now),
    }
    return render(request, "month_end/page.html", context)


def _runs(request: HttpRequest, now: Any) -> dict[str, Any]:
    before = request.GET.get("before", "")
    finished = MonthEndRun.objects.exclude(finished_at=None).order_by("-pk")
    if before.isdigit():
        finished = finished.filter(pk__lt=int(before[:18]))
    found = list(finished[: PAGE + 1])
    for each in found:
        each.took = state.took(each.report["milliseconds"])
    return {
        "running": [state.progress(run, now) for run in MonthEndRun.objects.filter(finished_at=None)],
        "runs": found[:PAGE],
        "earlier": found[PAGE - 1].pk if len(found) > PAGE else None,
        "before": before,
    }


@require_POST
@may_run
def start(request: HttpRequest) -> HttpResponse:
    kind = request.POST.get("kind", "")
    if kind not in RunKind.values:
        raise Http404(_("There is no such run."))
    month_end.start(kind=kind, by=Actor.person(request.user), now=timezone.now)
    return redirect("month_end")


@require_GET
@may_look
def run(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(MonthEndRun, pk=pk)
    if found.finished_at is None:
        return redirect("month_end")
    report, asked = found.report, request.GET.get("currency", "")
    tables = list(state.tables(report))
    context = {
        **_common(),
        "run": found,
        "report": report,
        "took": state.took(report["milliseconds"]),
        "tables": tables,
        "table": state.chosen(tables, asked),
    }
    return render(request, "month_end/run.html", context)


@require_POST
@may_run
def again(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(MonthEndRun, pk=pk)
    month_end.try_again(run=found, by=Actor.person(request.user), now=timezone.now)
    return redirect("month_end")


@require_http_methods(["GET", "HEAD", "POST"])
@may_lock
def lock(request: HttpRequest, year: int, month: int) -> HttpResponse:
    """What locking means and what is left to do before; then the deed."""
    first = state.first_day(year, month)
    if first is None:
        raise Http404(_("There is no such month."))
    if request.method != "POST":
        return _asked(request, first, [*map(shown, months.what_is_left(first, timezone.now()))])
    try:
        locked = months.lock(month=first, by=Actor.person(request.user), now=timezone.now)
    except NotDone as error:
        return _asked(
            request, first, [*map(shown, error.numbers.get("left", ()))] or [error.shown], status=422
        )
    done = _("is locked") if locked.in_force_at else _("is being locked, wallet by wallet")
    messages.success(request, f"{locked} {done}.", extra_tags="ok")
    return redirect("month_end")


def _asked(request: HttpRequest, first: date, left: list[str], status: int = 200) -> HttpResponse:
    context = {
        **_common(),
        "month": LockedMonth(month=first),
        "ends_at": months.end_of(first),
        "left": left,
    }
    return render(request, "month_end/lock.html", context, status=status)


def _common() -> dict[str, Any]:
    zone = settings.PORTAL_TIME_ZONE
    return {"section": "month_end", "zone": zone, "place": display.place(zone)}


urlpatterns = [
    path("", page, name="month_end"),
    path("start/", start, name="start_month_end"),
    path("runs/<int:pk>/", run, name="month_end_run"),
    path("runs/<int:pk>/again/", again, name="month_end_again"),
    path("lock/<int:year>-<int:month>/", lock, name="lock_month"),
]
