"""Alerts in the portal: the bell, the list of what was told, and how far each was sent."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required, permission_required
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from credit import viewer
from credit.actions import alerts
from credit.alerts import words
from credit.models import AlertEvent, AlertKind, AlertReader, AlertSend, DeliveryState, Wallet
from credit.views.documents import LOOKS
from credit.views.keyset import LARGEST, capped_count

PAGE = 50
IN_THE_BELL = 6
MOST_COUNTED = 99
# In queries of their own: joined, SQLite might begin with the wallets and put a million of them in order.
WALLETS = Prefetch("wallet", Wallet.objects.select_related("organization"))
EVENTS = Prefetch("event", AlertEvent.objects.prefetch_related(WALLETS))
sees_alerts = permission_required("credit.view_alertevent", raise_exception=True)


@require_http_methods(["GET", "POST"])
@sees_alerts
def event_list(request: HttpRequest) -> HttpResponse:
    """What was told, the newest first; by kind or of one wallet, from the address. POST: all up to one is read."""
    if request.method == "POST":
        return _mark_read(request)
    kind, wallet_id = request.GET.get("kind", ""), request.GET.get("wallet", "")
    if kind not in ("", *AlertKind.values):
        raise Http404("There is no such kind of alert.")
    rows = AlertEvent.objects.order_by("-pk").prefetch_related(WALLETS)
    rows = rows.filter(kind=kind) if kind else rows
    rows = rows.filter(wallet__wallet_id=wallet_id) if wallet_id else rows
    page = _page(rows, request.GET.get("before", ""))
    read = read_up_to(request)
    context = {
        **page,
        "rows": _with_sends(page["rows"], read, timezone.now()),
        "kind": kind,
        "kinds": AlertKind.choices,
        "wallet_id": wallet_id,
        "unread": unread(read),
        "newest": AlertEvent.objects.order_by("-pk").values_list("pk", flat=True).first() or 0,
        "zone": viewer.zone(),
        "section": "alerts",
    }
    return render(request, "alerts/list.html", context)


def _mark_read(request: HttpRequest) -> HttpResponse:
    given = request.POST.get("up_to", "")
    if given.isdecimal() and len(given) < 19:
        alerts.mark_read(user=request.user, up_to=int(given))
    return redirect("alerts")


def _page(rows: QuerySet[Any], before: str) -> dict[str, Any]:
    """A page from a place on: rows that arrive meanwhile neither repeat nor hide one."""
    place = int(before) if before.isdecimal() and len(before) < 19 else 0
    found = list(rows.filter(pk__lt=min(place, LARGEST))[: PAGE + 1] if place else rows[: PAGE + 1])
    earlier = found[PAGE - 1].pk if len(found) > PAGE else None
    return {"rows": found[:PAGE], "earlier": earlier, "before": before}


def _with_sends(events: list[AlertEvent], read: int, now: datetime) -> list[dict[str, Any]]:
    sends: dict[int, list[Any]] = {}
    for send in AlertSend.objects.at(now).filter(event__in=events).select_related("webhook").order_by("pk"):
        sends.setdefault(send.event_id, []).append(told(send))
    return [
        {**_told_event(event), "sends": sends.get(event.pk, []), "is_new": event.pk > read}
        for event in events
    ]


def _told_event(event: AlertEvent) -> dict[str, Any]:
    look, icon = words.LOOKS[AlertKind(event.kind)]
    return {
        "event": event,
        "look": look,
        "icon": icon,
        "headline": words.headline(event),
        "details": words.details(event),
    }


# --- the bell ---------------------------------------------------------------------------------------------------------


@require_GET
@login_not_required  # else a poll after the session has ended would put the sign-in page into the bell
@never_cache
def bell(request: HttpRequest) -> HttpResponse:
    """The bell in the top bar, asked for after the page is there: no page waits for it."""
    if not request.user.has_perm("credit.view_alertevent"):
        return HttpResponse(status=204)
    read = read_up_to(request)
    rows = AlertEvent.objects.filter(pk__gt=read).order_by("-pk")
    found = list(rows.prefetch_related(WALLETS)[:IN_THE_BELL])
    context = {
        "rows": [_told_event(event) for event in found],
        "count": unread(read) if len(found) == IN_THE_BELL else len(found),
        "newest": found[0].pk if found else 0,
        "zone": viewer.zone(),
    }
    return render(request, "alerts/bell.html", context)


@require_GET
@login_not_required
@never_cache
def bell_count(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm("credit.view_alertevent"):
        return HttpResponse(status=204)
    return render(request, "alerts/count.html", {"count": unread(read_up_to(request))})


def read_up_to(request: HttpRequest) -> int:
    reader = AlertReader.objects.filter(pk=request.user.pk).first()
    return reader.read_up_to if reader else 0


def unread(read: int) -> int:
    """How many there are beyond what a person has read; counted no further than the bell can show."""
    rows = AlertEvent.objects.filter(pk__gt=read).order_by()
    return rows.values("pk")[: MOST_COUNTED + 1].count()


# --- what was sent ----------------------------------------------------------------------------------------------------


@require_GET
@sees_alerts
def send_list(request: HttpRequest) -> HttpResponse:
    """How far alerts were sent, the newest first; by state, such as the dead letters."""
    now, state = timezone.now(), request.GET.get("state", "")
    if state not in ("", *DeliveryState.values):
        raise Http404("There is no such state.")
    rows = AlertSend.objects.at(now).select_related("webhook").prefetch_related(EVENTS).order_by("-pk")
    if state:
        # Said twice: the second is what the index of the few that were not sent knows.
        rows = rows.filter(state=state, sent_at__isnull=state != DeliveryState.SENT)
    page = _page(rows, request.GET.get("before", ""))
    context = {
        **page,
        "rows": [(told(send), _told_event(send.event)) for send in page["rows"]],
        "state": state,
        "states": [(value, label, _to_look_at(value, now)) for value, label in DeliveryState.choices],
        "sends_mail": settings.CREDIT_SEND_BY_EMAIL,
        "zone": viewer.zone(),
        "section": "alerts",
    }
    return render(request, "alerts/sends.html", context)


def told(send: Any) -> Any:
    """A send that comes with its state, with the words of its cells."""
    send.look, send.icon = LOOKS[send.state]
    send.label = DeliveryState(send.state).label
    send.to = str(send.webhook) if send.webhook_id else send.recipient
    send.moved_at = send.sent_at or send.failed_at or send.claimed_at or send.next_try_at
    send.can_be_sent_again = send.state in (DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.UNKNOWN)
    return send


def _to_look_at(state: str, now: datetime) -> int:
    if state not in (DeliveryState.FAILED, DeliveryState.UNKNOWN):
        return 0
    return capped_count(AlertSend.objects.at(now).filter(state=state, sent_at=None))
