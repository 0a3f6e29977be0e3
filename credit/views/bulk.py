"""Bulk changes: the list of them, a file of limits, and what to do with the wallets that were selected."""

from django.contrib.auth.decorators import permission_required
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from credit import display, viewer
from credit.actions.refusals import NotDone
from credit.actors import Actor
from credit.bulk import driving, forms_to_fill, making, receiving, sheets
from credit.bulk.forms import SELECTABLE, FileForm, SelectionForm
from credit.languages import in_both, shown
from credit.models import BulkChange, BulkState, BulkVerb
from credit.views.bulk_selection import Selection
from organizations.rows import UnreadableFile

PAGE = 30
AROUND_THE_FILE_BYTES = 64 * 1024
AT_ONCE_SECONDS = 20
BUSY = (BulkState.PLANNING, BulkState.RUNNING)
may_change_many = permission_required(making.RIGHT, raise_exception=True)


@csrf_exempt  # for the size alone, which has to be asked before the body is read; the view inside is protected
@require_http_methods(["GET", "HEAD", "POST"])
@may_change_many
def bulk_changes(request: HttpRequest) -> HttpResponse:
    sent = request.META.get("CONTENT_LENGTH") or "0"
    if sent.isdigit() and int(sent) > sheets.MOST_BYTES + AROUND_THE_FILE_BYTES:
        return _list(request, FileForm(), _("The file is larger than 10 MB. Split it."), status=413)
    return _bulk_changes(request)


@csrf_protect
def _bulk_changes(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _list(request, FileForm(initial={"reason_code": request.GET.get("reason_code", "")}))
    form = FileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _list(request, form, status=422)
    sent = form.cleaned_data["file"]
    by = Actor.person(request.user)
    try:
        change = receiving.receive(
            file=sent.file, form=form.as_form(BulkVerb.FILE, sent.name), by=by, now=timezone.now()
        )
    except UnreadableFile as error:
        form.add_error("file", str(shown(error.args[0])))
        return _list(request, form, status=422)
    return planned_soon(change)


@require_http_methods(["GET", "HEAD", "POST"])
@may_change_many
def new_bulk_change(request: HttpRequest) -> HttpResponse:
    """What to do with the selected wallets. The selection stands in the address, so it can be shared."""
    asked = request.POST if request.method == "POST" else request.GET
    verb = asked.get("verb", BulkVerb.SET)
    selection = Selection(_selecting(asked))
    if selection.problems or verb not in SELECTABLE:
        return _new(request, selection, None, BulkVerb.SET, status=422)
    may = request.user.has_perm("credit.set_unlimited_limit")
    form = SelectionForm(request.POST or None, verb=verb, may_be_unlimited=may)
    if request.method != "POST" or not form.is_valid():
        return _new(request, selection, form, verb, status=422 if form.is_bound else 200)
    return _make(request, selection, form, verb)


@require_safe
@may_change_many
@permission_required("credit.export_wallets", raise_exception=True)
def limits_xlsx(request: HttpRequest) -> HttpResponseBase:
    """The selected wallets as a sheet to fill in: what opens in a spreadsheet of any country."""
    selection = Selection(request.GET)
    if selection.problems or selection.count > sheets.MOST_ROWS:
        return _new(request, selection, None, BulkVerb.SET, status=422)
    now = timezone.now()
    name = f"limits-{display.local(now, viewer.zone()):%Y-%m-%d-%H%M}.xlsx"
    return FileResponse(forms_to_fill.workbook(selection.found(), now), as_attachment=True, filename=name)


def _make(request: HttpRequest, selection: Selection, form: SelectionForm, verb: str) -> HttpResponse:
    try:
        change = making.from_wallets(
            form=form.as_form(verb, in_both(lambda: selection.words)),
            wallet_pks=selection.wallet_pks,
            by=Actor.person(request.user),
            now=timezone.now(),
        )
    except NotDone as error:
        form.refuse(error)
        return _new(request, selection, form, verb, status=422)
    return planned_soon(change)


def planned_soon(change: BulkChange) -> HttpResponse:
    """A small one is previewed before its page is shown; a large one shows how far it is."""
    if change.state == BulkState.PLANNING and change.rows_count <= making.AT_ONCE:
        driving.work(change.pk, now=timezone.now, seconds=AT_ONCE_SECONDS)
    return HttpResponseRedirect(reverse("bulk_change", args=[change.pk]))


def _selecting(asked: QueryDict) -> QueryDict:
    """The part that selects, of an address or of what a form sends."""
    query = asked.copy()
    for name in (*SelectionForm.base_fields, "csrfmiddlewaretoken"):
        query.pop(name, None)
    return query


def _new(
    request: HttpRequest, selection: Selection, form: SelectionForm | None, verb: str, status: int = 200
) -> HttpResponse:
    currencies = [] if form is None else selection.currencies()
    address = reverse("bulk_new")
    query = QueryDict(mutable=True)
    for name, value in selection.hidden():
        query.appendlist(name, value)
    context = {
        "section": "bulk",
        "selection": selection,
        "form": form,
        "verb": verb,
        "title": BulkVerb(verb).label,
        "verbs": [
            (one.label, f"{address}?{query.urlencode()}&verb={one}", one == verb) for one in SELECTABLE
        ],
        "currencies": currencies,
        "one_currency": currencies[0] if len(currencies) == 1 else "",
        "count": selection.count if form is not None else 0,
        "most": sheets.MOST_ROWS,
        "xlsx_url": f"{reverse('bulk_limits_xlsx')}?{query.urlencode()}",
        "back_url": f"{reverse('organizations')}?{selection.query.urlencode()}",
    }
    return render(request, "bulk/new.html", context, status=status)


def _list(request: HttpRequest, form: FileForm, problem: str = "", status: int = 200) -> HttpResponse:
    before = request.GET.get("before", "")
    changes = list(_earlier_than(before)[: PAGE + 1])
    context = {
        "section": "bulk",
        "zone": viewer.zone(),
        "form": form,
        "problem": problem,
        "changes": changes[:PAGE],
        "earlier": changes[PAGE - 1].pk if len(changes) > PAGE else None,
        "before": before,
        "is_busy": any(change.state in BUSY for change in changes[:PAGE]),
        "most": sheets.MOST_ROWS,
    }
    return render(request, "bulk/table.html" if request.htmx else "bulk/list.html", context, status=status)


def _earlier_than(before: str) -> QuerySet[BulkChange]:
    found = BulkChange.objects.select_related("reverses").order_by("-pk")
    return found.filter(pk__lt=int(before[:18])) if before.isdigit() else found
