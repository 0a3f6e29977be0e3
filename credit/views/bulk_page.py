"""One bulk change: its preview, the yes, how far it is, what became of each row, and the way back."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from credit import viewer
from credit.actions.refusals import NotDone
from credit.actors import Actor
from credit.bulk import confirming, making, receiving, written
from credit.bulk.forms import BulkForm
from credit.bulk.running import MOST_TOGETHER
from credit.languages import Said as _
from credit.models import BulkChange, BulkRow, BulkState, BulkVerb, RowState
from credit.views.bulk import BUSY, may_change_many, planned_soon
from credit.views.bulk_rows import ShownRow, shown_total
from credit.views.export import stream
from credit.views.keyset import BadPageMark, Order, page

PAGE = 30
HURTS = "hurts"
TABS = [
    ("", gettext_lazy("All")),
    (RowState.PLANNED, gettext_lazy("Ready")),
    (HURTS, gettext_lazy("Hurts a customer")),
    (RowState.ABOVE, gettext_lazy("Above the authority")),
    (RowState.PROBLEM, gettext_lazy("Problems")),
    (RowState.UNCHANGED, gettext_lazy("Nothing to change")),
    (RowState.DONE, gettext_lazy("Done")),
    (RowState.ASKED, gettext_lazy("Asked for approval")),
    (RowState.REFUSED, gettext_lazy("Refused")),
]


@require_safe
@may_change_many
def bulk_change(request: HttpRequest, pk: int) -> HttpResponse:
    """Asked by htmx for its progress, the part that changes."""
    change = get_object_or_404(BulkChange.objects.select_related("reverses"), pk=pk)
    template = "bulk/progress.html" if request.htmx else "bulk/page.html"
    try:
        return render(request, template, _context(request, change))
    except BadPageMark:
        return HttpResponseRedirect(_address(pk))


@require_POST
@may_change_many
def run(request: HttpRequest, pk: int) -> HttpResponse:
    def say_yes(by: Actor) -> None:
        confirming.confirm(
            pk=pk,
            together=request.POST.get("how") == "together",
            harms_confirmed="harms" in request.POST,
            asks="asks" in request.POST,
            by=by,
            now=timezone.now(),
        )

    return _done(request, pk, say_yes)


@require_POST
@may_change_many
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    return _done(request, pk, lambda by: confirming.drop(pk=pk, by=by, now=timezone.now()))


@require_POST
@may_change_many
def preview_again(request: HttpRequest, pk: int) -> HttpResponse:
    answer = _done(request, pk, lambda by: confirming.plan_again(pk=pk, by=by))
    change = get_object_or_404(BulkChange, pk=pk)
    return planned_soon(change) if change.state == BulkState.PLANNING else answer


@require_POST
@may_change_many
def reverse_it(request: HttpRequest, pk: int) -> HttpResponse:
    change = get_object_or_404(BulkChange, pk=pk)
    form = BulkForm(request.POST)
    if not form.is_valid():
        return render(request, "bulk/page.html", _context(request, change, form), status=422)
    words = _("What bulk change %(number)s did") % {"number": pk}
    try:
        back = making.reversal_of(
            change,
            form=form.as_form(BulkVerb.REVERSE, words),
            by=Actor.person(request.user),
            now=timezone.now(),
        )
    except NotDone as error:
        form.refuse(error)
        return render(request, "bulk/page.html", _context(request, change, form), status=422)
    return planned_soon(back)


@require_safe
@may_change_many
def rows_csv(request: HttpRequest, pk: int) -> HttpResponse:
    change = get_object_or_404(BulkChange, pk=pk)
    return stream(f"bulk-change-{pk}", written.HEAD, written.every_row(change))


@require_safe
@may_change_many
def left_out_csv(request: HttpRequest, pk: int) -> HttpResponse:
    """A file's own columns and what is wrong, so that it can be mended and sent again."""
    change = get_object_or_404(BulkChange, pk=pk)
    return stream(f"bulk-change-{pk}-left-out", written.left_out_head(change), written.left_out(change))


def _done(request: HttpRequest, pk: int, deed: Callable[[Actor], Any]) -> HttpResponse:
    get_object_or_404(BulkChange, pk=pk)
    try:
        deed(Actor.person(request.user))
    except NotDone as refusal:
        messages.error(request, refusal.shown, extra_tags="danger")
    return HttpResponseRedirect(_address(pk))


# -- what the page shows


def _context(request: HttpRequest, change: BulkChange, form: BulkForm | None = None) -> dict[str, Any]:
    counts = _counts(change)
    shown = _page(request, change)
    is_mine = change.by_user_id == request.user.pk
    context = {
        "section": "bulk",
        "zone": viewer.zone(),
        "change": change,
        "is_busy": change.state in BUSY,
        "is_mine": is_mine,
        "may_run": is_mine and change.state == BulkState.PLANNED and _ready(counts),
        "may_discard": is_mine and change.state in (BulkState.PLANNED, BulkState.PLANNING),
        "counts": counts,
        "percent": _percent(change, counts),
        "tabs": _tabs(request, change, counts),
        "totals": [shown_total(total) for total in change.totals],
        "rows": [ShownRow(row) for row in shown.rows],
        "previous_url": _page_url(request, "before", shown.before),
        "next_url": _page_url(request, "after", shown.after),
        "left_out": counts[RowState.PROBLEM] + counts[RowState.REFUSED] + counts[RowState.ABOVE],
        "together_is_possible": not counts[RowState.PROBLEM] and _ready(counts) <= MOST_TOGETHER,
        "most_together": MOST_TOGETHER,
    }
    return context | _around(change, counts, form)


def _around(change: BulkChange, counts: dict[str, int], form: BulkForm | None) -> dict[str, Any]:
    """Its reversal, and what ran before it."""
    back = change.reversals.exclude(state__in=[BulkState.DROPPED, BulkState.FAILED]).order_by("-pk").first()
    is_over = change.state in (BulkState.DONE, BulkState.FAILED) and change.verb != BulkVerb.REVIEW
    may_reverse = counts[RowState.DONE] and is_over and not back
    return {
        "reversal": back,
        "reverse_form": (form or BulkForm(initial={"reason_code": "correction"})) if may_reverse else None,
        "same_file": receiving.same_file(change) if change.state == BulkState.PLANNED else None,
    }


def _counts(change: BulkChange) -> dict[str, int]:
    """How many rows stand in each state, and how many that are ready would hurt a customer."""
    found = change.rows.order_by().values_list("state").annotate(count=Count("pk"))
    counts = dict.fromkeys(RowState.values, 0) | dict(found)
    return counts | {"": sum(counts.values()), HURTS: sum(total["harms"] for total in change.totals)}


def _ready(counts: dict[str, int]) -> int:
    return counts[RowState.PLANNED] + counts[RowState.ABOVE]


def _percent(change: BulkChange, counts: dict[str, int]) -> int:
    to_run = _ready(counts) if change.asks else counts[RowState.PLANNED]
    left = counts[RowState.READ] if change.state == BulkState.PLANNING else to_run
    return 100 * (change.rows_count - left) // change.rows_count if change.rows_count else 100


def _tabs(request: HttpRequest, change: BulkChange, counts: dict[str, int]) -> list[dict[str, Any]]:
    shown = request.GET.get("rows", "")
    return [
        {
            "words": words,
            "count": counts[name],
            "url": f"{_address(change.pk)}?rows={name}" if name else _address(change.pk),
            "is_current": name == shown,
        }
        for name, words in TABS
        if counts[name] or not name
    ]


def _page(request: HttpRequest, change: BulkChange) -> Any:
    rows = _of_tab(change, request.GET.get("rows", "")).select_related("wallet__organization")
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    return page(rows, order=Order("number"), after=after, before=before, size=PAGE)


def _of_tab(change: BulkChange, tab: str) -> QuerySet[BulkRow]:
    """A tab that does not exist lists nothing."""
    if not tab:
        return change.rows.all()
    if tab == HURTS:
        return change.rows.filter(state__in=[RowState.PLANNED, RowState.DONE]).exclude(harms=[])
    return change.rows.filter(state=tab) if tab in RowState.values else change.rows.none()


def _page_url(request: HttpRequest, name: str, mark: str) -> str:
    if not mark:
        return ""
    query = request.GET.copy()
    for old in ("after", "before"):
        query.pop(old, None)
    query[name] = mark
    return f"?{query.urlencode()}"


def _address(pk: int) -> str:
    return reverse("bulk_change", args=[pk])
