"""The scheduled jobs: when each last ran, what it did, when it is next due; differences found; notices."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.decorators import permission_required
from django.db.models import Max, OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from django.views.decorators.http import require_GET

from credit import viewer
from credit.languages import as_written
from credit.models import Difference, JobRun, Notice

# Name of the runs -> (name in the schedule, what it does).
JOBS = {
    gettext_noop("Book ended limits"): (
        "book ended limits",
        gettext_lazy("Writes down temporary limits that the clock has ended, with one notice each."),
    ),
    gettext_noop("Close ended periods"): (
        "close due periods",
        gettext_lazy("Makes ended months into invoices and statements."),
    ),
    gettext_noop("Release timed-out reservations"): (
        "release expired holds",
        gettext_lazy("Gives back what expired reservations held."),
    ),
    gettext_noop("Issue invoices"): (
        "issue invoices",
        gettext_lazy("Numbers the invoices that the close has made."),
    ),
    gettext_noop("Send documents"): (
        "send documents",
        gettext_lazy("Sends invoices and reminders by e-mail."),
    ),
    gettext_noop("Remind of overdue invoices"): (
        "remind of overdue invoices",
        gettext_lazy("Puts the reminders that are due on their way, one per invoice and level."),
    ),
    gettext_noop("Copy numbers for lists"): (
        "refresh copies",
        gettext_lazy(
            "Copies numbers that move with the clock, so that large lists are filtered and sorted at once."
        ),
    ),
    gettext_noop("Reconcile wallets"): (
        "reconcile wallets",
        gettext_lazy("Adds every ledger up again and reports a difference; never repairs one."),
    ),
    gettext_noop("Suspend the overdue"): (
        "suspend overdue",
        gettext_lazy(
            "Suspends who has an invoice open for too long, where a setting says after how many days."
        ),
    ),
    gettext_noop("Count exposure"): (
        "count exposure",
        gettext_lazy(
            "Adds up limits, use and debt of all customers per currency; the day’s last count is kept."
        ),
    ),
    gettext_noop("Watch wallets"): (
        "watch wallets",
        gettext_lazy("Looks at wallets that changed, and writes down what is to be told about them."),
    ),
    gettext_noop("Send alerts"): (
        "send alerts",
        gettext_lazy("Sends alerts by e-mail, to customers and to finance."),
    ),
    gettext_noop("Call webhooks"): (
        "call webhooks",
        gettext_lazy("Tells other systems of alerts, again and again until they take it."),
    ),
    gettext_noop("Book kept promises"): (
        "book kept promises",
        gettext_lazy("Writes down promises of customers that their payments have kept."),
    ),
    gettext_noop("Seal the audit trail"): (
        "seal what is written",
        gettext_lazy(
            "Seals new entries of the audit trail and the ledger, so that a later change is found out."
        ),
    ),
    gettext_noop("Verify the seals"): (
        "verify seals",
        gettext_lazy("Computes every seal again and reports the first that differs."),
    ),
    gettext_noop("Add up revenue"): (
        "add up revenue",
        gettext_lazy("Adds new ledger lines to the revenue of their day, so that reports answer at once."),
    ),
    gettext_noop("Check revenue"): (
        "check revenue",
        gettext_lazy("Compares revenue as added up with the ledger and reports a difference."),
    ),
    gettext_noop("Take up bulk changes"): (
        "drive bulk changes",
        gettext_lazy("Goes on with bulk changes that wait, or whose worker was stopped."),
    ),
    gettext_noop("Take up usage files"): (
        "drive uploads",
        gettext_lazy("Goes on with usage files that wait, or whose worker was stopped."),
    ),
}
# What a run counts; other words stay as the job says them.
COUNTED = (
    gettext_noop("wallets"),
    gettext_noop("invoices"),
    gettext_noop("reminders"),
    gettext_noop("old alerts removed"),
    gettext_noop("usage files"),
    gettext_noop("stored files removed"),
    gettext_noop("bulk changes"),
    gettext_noop("previews discarded"),
    gettext_noop("promises kept"),
    gettext_noop("ledger lines"),
    gettext_noop("periods"),
    gettext_noop("chunks asked for"),
    gettext_noop("months locked"),
    gettext_noop("currencies"),
    gettext_noop("differences"),
    gettext_noop("alerts"),
    gettext_noop("suspended"),
    gettext_noop("sent"),
    gettext_noop("failed"),
    gettext_noop("waiting"),
    gettext_noop("unknown"),
    gettext_noop("changes sealed"),
    gettext_noop("ledger sealed"),
    gettext_noop("seals of changes"),
    gettext_noop("seals of ledger"),
)
# A beat that came a little late is no reason to worry anybody.
PATIENCE = 3
SHOWN = 20


@dataclass(frozen=True)
class Job:
    name: str
    what: str
    run: JobRun | None
    did: str
    next_due_at: datetime | None
    every: timedelta
    is_late: bool


@require_GET
@permission_required("credit.view_jobs", raise_exception=True)
def page(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    differences = Difference.objects.filter(gone_at=None).select_related("wallet__organization")
    notices = Notice.objects.select_related("wallet__organization")
    context = {
        "jobs": states(now),
        "differences": differences[:SHOWN],
        "notices": notices[:SHOWN],
        "errors": JobRun.objects.exclude(error="")[:5],
        "zone": viewer.zone(),
        "section": "jobs",
    }
    return render(request, "jobs/page.html", context)


def states(now: datetime) -> list[Job]:
    runs = latest_runs()
    first = min((run.started_at for run in runs.values()), default=None)
    return [_job(name, runs.get(name), first, now) for name in JOBS]


def latest_runs() -> dict[str, JobRun]:
    """The latest run of each job, each by one step into the index."""
    latest = JobRun.objects.filter(name=OuterRef("name")).order_by("-started_at", "-pk").values("pk")[:1]
    names = JobRun.objects.filter(name__in=JOBS).order_by().values("name").annotate(last=Max("started_at"))
    pks = names.annotate(run=Subquery(latest)).values("run")
    return {run.name: run for run in JobRun.objects.filter(pk__in=pks)}


def _job(name: str, run: JobRun | None, first: datetime | None, now: datetime) -> Job:
    entry, what = JOBS[name]
    every = timedelta(seconds=settings.CELERY_BEAT_SCHEDULE[entry]["schedule"])
    # A job that has not run since the portal was set up is late by the clock of the first one that has.
    since = run.started_at if run else first
    is_late = since is not None and now - since > every * PATIENCE
    return Job(_(name), what, run, _did(run), run.started_at + every if run else None, every, is_late)


def _did(run: JobRun | None) -> str:
    if run is None:
        return _("Has not run yet")
    done = [
        as_written(f"{count:,} ") + _(what.replace("_", " ")) for what, count in run.counts.items() if count
    ]
    return ", ".join(done) if done else _("Nothing was due")
