"""API clients in the portal: the list with last use; create, new credential, revoke."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db.models import Max, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from credit import viewer
from credit.actions import clients
from credit.actions.refusals import NotDone
from credit.actors import Actor
from credit.forms.clients import ClientForm
from credit.models import ApiClient, Scope

manages_clients = permission_required("credit.manage_clients", raise_exception=True)


@require_GET
@manages_clients
def client_list(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    old_key = Max("keys__ends_at", filter=Q(keys__ends_at__gt=now))
    found = ApiClient.objects.annotate(old_key_ends_at=old_key).order_by("revoked_at", "name")
    context = {
        "clients": [(client, [_(Scope(scope).label) for scope in client.scopes]) for client in found],
        "zone": viewer.zone(),
        "section": "clients",
    }
    return render(request, "clients/list.html", context)


@require_http_methods(["GET", "POST"])
@manages_clients
@never_cache
def new_client(request: HttpRequest) -> HttpResponse:
    form = ClientForm(request.POST or None, initial={"scopes": [Scope.READ, Scope.CHARGE]})
    if request.method == "POST" and form.is_valid():
        try:
            by = Actor.person(request.user)
            client, credential = clients.create_client(**form.cleaned_data, by=by, now=timezone.now())
            return _shown_once(request, client, credential)
        except NotDone as error:
            form.refuse(error)
    return render(
        request, "clients/new.html", {"form": form, "section": "clients"}, status=422 if form.errors else 200
    )


@require_http_methods(["GET", "POST"])
@manages_clients
@never_cache
def rotate_key(request: HttpRequest, pk: int) -> HttpResponse:
    client = get_object_or_404(ApiClient, pk=pk)
    if request.method == "GET":
        return _asked(request, client, "rotate")
    try:
        credential = clients.rotate_key(client=client, by=Actor.person(request.user), now=timezone.now())
    except NotDone as error:
        return _refused(request, error)
    return _shown_once(request, client, credential)


@require_http_methods(["GET", "POST"])
@manages_clients
def revoke_client(request: HttpRequest, pk: int) -> HttpResponse:
    client = get_object_or_404(ApiClient, pk=pk)
    if request.method == "GET":
        return _asked(request, client, "revoke")
    try:
        clients.revoke_client(client=client, by=Actor.person(request.user), now=timezone.now())
    except NotDone as error:
        return _refused(request, error)
    messages.success(request, _("%(name)s is revoked.") % {"name": client.name}, extra_tags="ok")
    return redirect("clients")


def _asked(request: HttpRequest, client: ApiClient, verb: str) -> HttpResponse:
    return render(request, f"clients/{verb}.html", {"client": client, "section": "clients"})


def _shown_once(request: HttpRequest, client: ApiClient, credential: str) -> HttpResponse:
    """The only time a credential can be read: it is not stored, so no page can show it again."""
    context = {"client": client, "credential": credential, "section": "clients"}
    return render(request, "clients/credential.html", context)


def _refused(request: HttpRequest, error: NotDone) -> HttpResponse:
    messages.error(request, error.shown, extra_tags="danger")
    return redirect("clients")


urlpatterns = [
    path("", client_list, name="clients"),
    path("new/", new_client, name="new_client"),
    path("<int:pk>/credential/", rotate_key, name="rotate_key"),
    path("<int:pk>/revoke/", revoke_client, name="revoke_client"),
]
