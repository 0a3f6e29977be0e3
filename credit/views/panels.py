"""What every side panel shares: where it leads back to, and what happens when it has saved."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import trigger_client_event


def way_back(request: HttpRequest, default: str) -> str:
    """Where Cancel and Save lead: the page the panel was opened from, if it is one of ours."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(asked, allowed_hosts=None, require_https=request.is_secure())
    return asked if is_ours and asked.startswith("/") else default


def saved(request: HttpRequest, back_to: str, words: str, look: str = "ok") -> HttpResponse:
    """The panel closes and the page below shows the words: by htmx in place, else by going back to it."""
    messages.success(request, words, extra_tags=look)
    if not request.htmx:
        return HttpResponseRedirect(back_to)
    return trigger_client_event(HttpResponse(status=204), "panel:saved")


def subject(wallet: Any, title: str, back_to: str) -> Mapping[str, Any]:
    """The context that `panel.html` needs besides the form."""
    return {"wallet": wallet, "panel_title": title, "cancel_url": back_to, "section": "organizations"}
