"""Webhooks in the portal: the list with how they fare; create, another secret, test, pause and remove."""

from typing import Any, NamedTuple

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from credit import viewer
from credit.actions import webhooks
from credit.actions.refusals import NotDone
from credit.actors import Actor
from credit.forms.alerts import WebhookForm
from credit.models import AlertKind, AlertSend, DeliveryState, Webhook
from credit.views.keyset import capped_count

manages_webhooks = permission_required("credit.manage_webhooks", raise_exception=True)


@require_GET
@manages_webhooks
def webhook_list(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    found = Webhook.objects.filter(removed_at=None).annotate(sent_at=Max("sends__sent_at")).order_by("name")
    dead = AlertSend.objects.at(now).filter(sent_at=None, webhook__isnull=False)
    context = {
        "webhooks": [
            (
                row,
                [AlertKind(kind).label for kind in row.kinds],
                capped_count(dead.filter(webhook=row, state=DeliveryState.FAILED)),
            )
            for row in found[: webhooks.MOST]
        ],
        "zone": viewer.zone(),
        "now": now,
        "section": "alerts",
    }
    return render(request, "alerts/webhooks.html", context)


@require_http_methods(["GET", "POST"])
@manages_webhooks
@never_cache
def new_webhook(request: HttpRequest) -> HttpResponse:
    form = WebhookForm(request.POST or None, initial={"kinds": AlertKind.values})
    if request.method == "POST" and form.is_valid():
        try:
            by = Actor.person(request.user)
            webhook, secret = webhooks.create_webhook(**form.cleaned_data, by=by, now=timezone.now())
            return _shown_once(request, webhook, secret)
        except NotDone as error:
            form.refuse(error)
    context = {"form": form, "section": "alerts"}
    return render(request, "alerts/webhook_new.html", context, status=422 if form.errors else 200)


class Question(NamedTuple):
    """What is asked before something is done with a webhook."""

    title: Any
    words: Any
    button: Any
    is_harmful: bool = False


QUESTIONS = {
    "secret": Question(
        gettext_lazy("New secret for %(name)s"),
        gettext_lazy(
            "For the next 24 hours every call carries the signatures of both secrets, so that the receiver "
            "can take the new one over without a gap."
        ),
        gettext_lazy("Make a new secret"),
    ),
    "test": Question(
        gettext_lazy("Test %(name)s"),
        gettext_lazy("It is called once, now, with a message of the type “test” that concerns nobody."),
        gettext_lazy("Send a test message"),
    ),
    "pause": Question(
        gettext_lazy("Pause %(name)s"),
        gettext_lazy(
            "Until it is resumed it hears of nothing; what waits for it fails and can be sent again."
        ),
        gettext_lazy("Pause"),
    ),
    "resume": Question(
        gettext_lazy("Resume %(name)s"),
        gettext_lazy("It hears of alerts from now on. What it has missed meanwhile is not sent."),
        gettext_lazy("Resume"),
    ),
    "remove": Question(
        gettext_lazy("Remove %(name)s"),
        gettext_lazy("It is called no more, for good. What was sent to it stays on the list."),
        gettext_lazy("Remove"),
        is_harmful=True,
    ),
}


@require_http_methods(["GET", "POST"])
@manages_webhooks
@never_cache
def change_webhook(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    webhook = get_object_or_404(Webhook, pk=pk, removed_at=None)
    if request.method == "GET":
        return _asked(request, webhook, verb)
    try:
        return _done(request, webhook, verb)
    except NotDone as error:
        messages.error(request, f"{webhook.name}: {error.message}", extra_tags="danger")
        return redirect("webhooks")


def _asked(request: HttpRequest, webhook: Webhook, verb: str) -> HttpResponse:
    question = QUESTIONS[verb]
    title = question.title % {"name": webhook.name}
    context = {"webhook": webhook, "question": question, "title": title, "section": "alerts"}
    return render(request, "alerts/webhook_ask.html", context)


def _done(request: HttpRequest, webhook: Webhook, verb: str) -> HttpResponse:
    by, now = Actor.person(request.user), timezone.now()
    if verb == "secret":
        return _shown_once(request, webhook, webhooks.rotate_secret(webhook=webhook, by=by, now=now))
    if verb == "test":
        webhooks.test(webhook=webhook, by=by, now=timezone.now)
        messages.success(request, _("%(name)s has taken it.") % {"name": webhook.name}, extra_tags="ok")
        return redirect("webhooks")
    act, words = {
        "pause": (webhooks.pause, _("%(name)s is paused.")),
        "resume": (webhooks.resume, _("%(name)s is called again.")),
        "remove": (webhooks.remove, _("%(name)s is removed.")),
    }[verb]
    act(webhook=webhook, by=by, now=now)
    messages.success(request, words % {"name": webhook.name}, extra_tags="ok")
    return redirect("webhooks")


def _shown_once(request: HttpRequest, webhook: Webhook, secret: str) -> HttpResponse:
    """The only time a secret can be read: it is not stored, so no page can show it again."""
    context = {"webhook": webhook, "secret": secret, "section": "alerts"}
    return render(request, "alerts/secret.html", context)
