"""Usage files: send one, see how far each is, take the refused lines home."""

from typing import Any

from django.contrib.auth.decorators import permission_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from credit import viewer
from credit.actions.refusals import Refused
from credit.actors import Actor
from credit.languages import shown
from credit.models import Upload, UploadState
from credit.usage_files import receiving, refused, working
from credit.usage_files.forms import UsageFileForm, too_large
from organizations.rows import UnreadableFile

PAGE = 50
SHOWN = 20
BUSY = (UploadState.WAITING, UploadState.RUNNING)
# What a browser sends around the file.
AROUND_THE_FILE_BYTES = 64 * 1024
may_post = permission_required("credit.post_charges", raise_exception=True)


@csrf_exempt  # for the size alone, which has to be asked before the body is read; the view inside is protected
@require_http_methods(["GET", "POST"])
@may_post
def usage_files(request: HttpRequest) -> HttpResponse:
    sent = request.META.get("CONTENT_LENGTH") or "0"
    size = int(sent) if sent.isdigit() else 0
    if size > receiving.most_bytes() + AROUND_THE_FILE_BYTES:
        return _page(request, _form(request), problem=too_large(size), status=413)
    return _usage_files(request)


@csrf_protect
def _usage_files(request: HttpRequest) -> HttpResponse:
    if request.method == "GET":
        return _page(request, _form(request))
    form = _form(request, request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form, status=422)
    try:
        upload, is_new = _received(request, form.cleaned_data)
    except receiving.AnotherOfThisName as error:
        form.ask_for_another(error.earlier)
        return _page(request, form, status=409)
    except (UnreadableFile, Refused) as error:
        form.add_error("file", str(shown(error.args[0])))
        return _page(request, form, status=422)
    return HttpResponseRedirect(_address(upload) + ("" if is_new else "?same=1"))


def _received(request: HttpRequest, typed: dict[str, Any]) -> tuple[Upload, bool]:
    return receiving.receive(
        name=typed["file"].name,
        chunks=typed["file"].chunks(),
        gated=typed["gated"],
        another=typed["another"],
        by=Actor.person(request.user),
        now=timezone.now(),
    )


@require_GET
@may_post
def usage_file(request: HttpRequest, pk: int) -> HttpResponse:
    """One file. Asked by htmx for its progress, the part that changes."""
    upload = get_object_or_404(Upload, pk=pk)
    lines = upload.refused_lines.order_by("number")
    context = {
        **_common(),
        "upload": _told(upload),
        "lines": lines[:SHOWN],
        "shown": SHOWN,
        "is_same": "same" in request.GET and not request.htmx,
        "may_again": _may_again(upload),
    }
    return render(request, "uploads/progress.html" if request.htmx else "uploads/page.html", context)


@require_POST
@may_post
def import_again(request: HttpRequest, pk: int) -> HttpResponse:
    upload = get_object_or_404(Upload, pk=pk)
    if _may_again(upload):
        working.again(upload.pk, now=timezone.now)
        receiving.ask_a_worker(upload.pk)
    return HttpResponseRedirect(_address(upload))


@require_GET
@may_post
def refused_lines(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    upload = get_object_or_404(Upload, pk=pk)
    answer = StreamingHttpResponse(refused.written(upload), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="refused-lines-{upload.pk}.csv"'
    return answer


def _page(request: HttpRequest, form: UsageFileForm, *, problem: str = "", status: int = 200) -> HttpResponse:
    uploads = [_told(upload) for upload in _earlier_than(request.GET.get("before", ""))[: PAGE + 1]]
    context = {
        **_common(),
        "form": form,
        "problem": problem,
        "uploads": uploads[:PAGE],
        "earlier": uploads[PAGE - 1].pk if len(uploads) > PAGE else None,
        "before": request.GET.get("before", ""),
        "is_busy": any(upload.is_busy for upload in uploads[:PAGE]),
        "most_megabytes": receiving.most_bytes() // 1024**2,
    }
    return render(
        request, "uploads/table.html" if request.htmx else "uploads/list.html", context, status=status
    )


def _form(request: HttpRequest, *sent: Any) -> UsageFileForm:
    return UsageFileForm(*sent, may_overrun=request.user.has_perm("credit.overrun"))


def _earlier_than(before: str) -> QuerySet[Upload]:
    found = Upload.objects.order_by("-pk")
    return found.filter(pk__lt=int(before[:18])) if before.isdigit() else found


def _told(upload: Upload) -> Upload:
    """With what the pages say about it."""
    upload.is_busy = upload.state in BUSY
    upload.not_posted = upload.declined + upload.refused
    upload.read = upload.posted + upload.known + upload.not_posted
    upload.percent = 100 * upload.position_bytes // upload.content_bytes if upload.content_bytes else 0
    return upload


def _may_again(upload: Upload) -> bool:
    """Failed, or something was refused that may pass now; and the file is still there."""
    if not upload.stored_as:
        return False
    return upload.state == UploadState.FAILED or (upload.state == UploadState.DONE and upload.refused > 0)


def _address(upload: Upload) -> str:
    return reverse("usage_file", args=[upload.pk])


def _common() -> dict[str, Any]:
    return {"section": "usage_files", "zone": viewer.zone()}
