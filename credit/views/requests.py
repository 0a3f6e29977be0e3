"""Requests: what waits for whom, and one request with all that it takes to decide it."""

from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from credit import viewer
from credit.actions import limits, requests
from credit.actions.deeds import wish_of_limit
from credit.actions.refusals import ConfirmationNeeded, NotDone
from credit.actors import Actor
from credit.forms.requests import DecisionForm
from credit.models import ChangeRequest, RequestState, Wallet
from credit.terms import Reason
from credit.views.asked import Asked
from credit.views.keyset import BadPageMark, Order, Page, page
from credit.views.limit_preview import shown
from credit.views.panels import saved
from credit.views.request_words import compared, in_words

RIGHT = "credit.view_changerequest"
PAGE_SIZE = 50
TABS = {
    "": gettext_lazy("Waiting for me"),
    "open": gettext_lazy("All that wait"),
    "mine": gettext_lazy("Asked for by me"),
    "decided": gettext_lazy("Decided"),
}
_CHOICES = {"show": {name: name for name in TABS if name}}


@require_GET
@permission_required(RIGHT, raise_exception=True)
def request_list(request: HttpRequest) -> HttpResponse:
    asked, now = Asked(request.GET, _CHOICES), timezone.now()
    by = Actor.person(request.user)
    waiting = requests.waiting_for(by, now)
    found = _page(asked, by, waiting)
    context = {
        "rows": [(row, in_words(row)) for row in found.rows],
        "tabs": [(asked.address(show=name), words, name == asked.value("show")) for name, words in TABS.items()],
        "waiting_count": waiting.count(),
        "show": asked.value("show"),
        "previous_url": asked.address() + f"&before={found.before}" if found.before else "",
        "next_url": asked.address() + f"&after={found.after}" if found.after else "",
        "problems": asked.problems,
        "zone": viewer.zone(),
        "section": "requests",
    }  # fmt: skip
    return render(request, "requests/list.html", context)


def _page(asked: Asked, by: Actor, waiting: QuerySet[ChangeRequest]) -> Page:
    if asked.problems:
        return Page([])
    rows = {
        "": waiting,
        "open": ChangeRequest.objects.open(),
        "mine": ChangeRequest.objects.filter(by_user=by.user),
        "decided": ChangeRequest.objects.exclude(state=RequestState.OPEN),
    }[asked.value("show")]
    rows = rows.select_related("wallet__organization")
    order = Order("pk", descending=asked.value("show") in ("mine", "decided"))
    places = {name: asked.query.get(name, "") for name in ("after", "before")}
    try:
        return page(rows.order_by(), order=order, size=PAGE_SIZE, **places)
    except BadPageMark:
        asked.problems.append(_("This place in the list cannot be read."))
        return Page([])


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(RIGHT, raise_exception=True)
def request_page(request: HttpRequest, pk: int) -> HttpResponse:
    asked = get_object_or_404(ChangeRequest.objects.select_related("wallet__organization"), pk=pk)
    if request.method != "POST":
        return _shown(request, asked, None)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return _shown(request, asked, form, status=422)
    return _decided(request, asked, form)


def _decided(request: HttpRequest, asked: ChangeRequest, form: DecisionForm) -> HttpResponse:
    try:
        words = _act(request, asked, form.cleaned_data)
    except ConfirmationNeeded as question:
        return _shown(request, asked, form, status=409, question=question.shown)
    except NotDone as error:
        form.refuse(error)
        return _shown(request, asked, form, status=409 if error.reason == Reason.CHANGED_MEANWHILE else 422)
    return saved(request, request.path, words)


def _act(request: HttpRequest, asked: ChangeRequest, given: dict[str, Any]) -> str:
    who: dict[str, Any] = {"by": Actor.person(request.user), "now": timezone.now}
    said = {"request": asked, "words": given["words"], **who}
    if "approve" in request.POST:
        requests.approve(**said, version=given["version"], confirmed=given["confirmed"])
        return _("Approved: %(what)s.") % {"what": in_words(asked)}
    if "withdraw" in request.POST:
        requests.withdraw(**said)
        return _("Withdrawn: %(what)s.") % {"what": in_words(asked)}
    requests.reject(**said)
    return _("Rejected: %(what)s.") % {"what": in_words(asked)}


def _shown(
    request: HttpRequest,
    asked: ChangeRequest,
    form: DecisionForm | None,
    status: int = 200,
    question: str = "",
) -> HttpResponse:
    asked = ChangeRequest.objects.select_related("wallet__organization").get(pk=asked.pk)
    now, by = timezone.now(), Actor.person(request.user)
    live: Any = Wallet.objects.at(now).select_related("organization").get(pk=asked.wallet_id)
    is_open, is_own = asked.state == RequestState.OPEN, requests.is_own(asked, by)
    form = form or DecisionForm()
    if is_own:
        form.fields["words"].help_text = _("Kept with the request.")
    context = {
        "asked": asked,
        "words": in_words(asked),
        "wallet": live,
        "form": form,
        "version": live.live_version,
        "rows": compared(asked, live),
        "has_changed": is_open and live.live_version != asked.seen_version,
        "question": question,
        "is_open": is_open,
        "may_withdraw": is_open and is_own,
        "may_decide": is_open and requests.waiting_for(by, now).filter(pk=asked.pk).exists(),
        "zone": viewer.zone(),
        "section": "requests",
        **(_preview(asked, live, by, now) if is_open else {}),
    }
    return render(request, "requests/page.html", context, status=status)


def _preview(asked: ChangeRequest, live: Any, by: Actor, now: datetime) -> dict[str, Any]:
    """What approving does to the customer, by the same preview as the limit panel; or why it cannot be done."""
    if asked.verb != "set_limit" or not by.may("credit.set_credit_limit"):
        return {}
    try:
        preview = limits.preview_limit(wallet=live, now=now, by=by, **wish_of_limit(asked.wish))
    except NotDone as error:
        return {"refusal": error.shown}
    return {"preview": shown(preview, now)}


urlpatterns = [
    path("", request_list, name="requests"),
    path("<int:pk>/", request_page, name="request"),
]
