"""The person's own desk: views of the list under a name, the columns they want, their clock and their keys."""

from functools import cache
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from credit import display, viewer
from credit.actions import saved_views
from credit.actions.refusals import NotDone
from credit.actors import Actor
from credit.forms.saved_views import ColumnsForm, LookForm, ViewForm
from credit.models import SavedView
from credit.views.list_columns import CHOOSABLE, words_of
from credit.views.panels import saved
from credit.written_queries import Written, slot

sees_wallets = permission_required("credit.view_wallet", raise_exception=True)
PLACES = ("after", "before")


def tabs_for(user: Any) -> list[tuple[str, str]]:
    """What the list shows beside its own tabs: (name, query). Asked for where there is one (credit/sign_in.py)."""
    if not getattr(user, "is_offered_views", True):
        return []
    using = SavedView.objects.all().db
    return [(name, query) for name, query, *_order in _written_tabs(using).rows(owner=user.pk)]


@cache
def _written_tabs(using: str) -> Written:
    tabs = SavedView.objects.offered_to(slot("owner", User._meta.pk)).values_list("name", "query")
    return Written(tabs[: 2 * saved_views.MOST_VIEWS], using)


def asked_of_list(asked: QueryDict) -> str:
    """The list's address without the page one was on: what a saved view keeps."""
    kept = asked.copy()
    for name in PLACES:
        kept.pop(name, None)
    for name in [name for name in kept if not any(kept.getlist(name))]:
        kept.pop(name)
    return kept.urlencode()


@require_http_methods(["GET", "POST"])
@sees_wallets
def save_view(request: HttpRequest) -> HttpResponse:
    query = asked_of_list(request.GET)
    form = ViewForm(_sent(request))
    if request.method == "POST" and form.is_valid():
        by = Actor.person(request.user)
        try:
            view = saved_views.save_view(**form.cleaned_data, query=query, by=by, now=timezone.now())
            return saved(request, _list_address(query), _("“%(name)s” is a tab now.") % {"name": view.name})
        except NotDone as error:
            form.refuse(error)
    context = _panel(_("Save this view"), _list_address(query)) | {
        "form": form,
        "panel_action": request.get_full_path(),
        "may_replace": SavedView.objects.filter(owner=request.user.pk).exists(),
    }
    return render(request, "views/save.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@sees_wallets
def choose_columns(request: HttpRequest) -> HttpResponse:
    hidden = viewer.preferences().hidden_columns
    choices = [(name, words_of(name)) for name in CHOOSABLE]
    shown = [name for name in CHOOSABLE if name not in hidden]
    form = ColumnsForm(_sent(request), choices=choices, initial={"columns": shown})
    if request.method == "POST" and form.is_valid():
        unwanted = set(CHOOSABLE) - set(form.cleaned_data["columns"])
        saved_views.choose_columns(hidden=unwanted, by=Actor.person(request.user))
        return saved(request, reverse("organizations"), _("The list shows the columns you chose."))
    context = _panel(_("Columns of the list"), reverse("organizations")) | {"form": form}
    return render(request, "views/columns.html", context, status=422 if form.errors else 200)


@require_GET
@sees_wallets
def view_list(request: HttpRequest) -> HttpResponse:
    context = {
        "section": "organizations",
        "views": [
            (view, _list_address(view.query))
            for view in SavedView.objects.offered_to(request.user).select_related("owner")
        ],
        "may_share": request.user.has_perm("credit.share_views"),
    }
    return render(request, "views/list.html", context)


@require_POST
@sees_wallets
def rename_view(request: HttpRequest, pk: int) -> HttpResponse:
    view = get_object_or_404(SavedView.objects.offered_to(request.user), pk=pk)
    typed = request.POST.get("name", "")
    return _done(
        request,
        lambda by: saved_views.rename_view(view=view, name=typed, by=by),
        _("The view has its new name."),
    )


@require_POST
@sees_wallets
def remove_view(request: HttpRequest, pk: int) -> HttpResponse:
    view = get_object_or_404(SavedView.objects.offered_to(request.user), pk=pk)
    name = view.name
    return _done(
        request,
        lambda by: saved_views.remove_view(view=view, by=by),
        _("“%(name)s” is removed.") % {"name": name},
    )


@require_POST
@sees_wallets
def share_view(request: HttpRequest, pk: int) -> HttpResponse:
    view = get_object_or_404(SavedView.objects.offered_to(request.user), pk=pk)
    is_shared = "share" in request.POST
    words = _("Everybody sees “%(name)s” now.") if is_shared else _("Only you see “%(name)s” now.")
    return _done(
        request,
        lambda by: saved_views.share_view(view=view, is_shared=is_shared, by=by),
        words % {"name": view.name},
    )


@require_http_methods(["GET", "POST"])
def you(request: HttpRequest) -> HttpResponse:
    """Open to everybody who is signed in: it is about nobody but them."""
    chosen = viewer.preferences()
    initial = {"time_zone": chosen.time_zone, "single_letters": chosen.single_letters}
    form = LookForm(_sent(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            saved_views.choose_look(**form.cleaned_data, by=Actor.person(request.user))
        except NotDone as error:
            form.refuse(error)
        else:
            messages.success(request, _("Saved. Every page follows it."), extra_tags="ok")
            return redirect("you")
    now = timezone.now()
    context = {"form": form, "now": now, "zone": viewer.zone(), "here": display.in_words(now, viewer.zone())}
    return render(request, "you/page.html", context, status=422 if form.errors else 200)


@require_POST
def letters(request: HttpRequest) -> HttpResponse:
    """The switch in the map of keys, which stands on every page."""
    saved_views.choose_letters(single_letters="on" in request.POST, by=Actor.person(request.user))
    return HttpResponse(status=204)


def _sent(request: HttpRequest) -> QueryDict | None:
    """A form without a single tick sends nothing, and means it."""
    return request.POST if request.method == "POST" else None


def _done(request: HttpRequest, act: Any, words: str) -> HttpResponse:
    try:
        act(Actor.person(request.user))
        messages.success(request, words, extra_tags="ok")
    except NotDone as error:
        messages.error(request, error.shown, extra_tags="danger")
    return redirect("views")


def _list_address(query: str) -> str:
    return f"{reverse('organizations')}?{query}" if query else reverse("organizations")


def _panel(title: str, back_to: str) -> dict[str, Any]:
    return {"panel_title": title, "cancel_url": back_to, "section": "organizations"}


urlpatterns = [
    path("views/", view_list, name="views"),
    path("views/new/", save_view, name="save_view"),
    path("views/columns/", choose_columns, name="choose_columns"),
    path("views/<int:pk>/rename/", rename_view, name="rename_view"),
    path("views/<int:pk>/remove/", remove_view, name="remove_view"),
    path("views/<int:pk>/share/", share_view, name="share_view"),
    path("you/", you, name="you"),
    path("you/letters/", letters, name="letters"),
]
