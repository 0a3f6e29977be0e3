"""As of a past instant, on the organization page: limit, use and usable as they were, and the events that made them."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from credit import display, past, viewer
from credit.forms.as_of import AsOfForm
from credit.models import Wallet
from credit.views import equation, events
from credit.views.events import Event


def page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """`context` is that of the organization page, with its `wallet` and `now`."""
    wallet, now = context["wallet"], context["now"]
    form = AsOfForm(request.GET, zone=wallet.time_zone, now=now)
    context |= {"form": form, "problem": "", "past": None}
    if not form.is_valid():
        context["problem"] = " ".join(form.errors["as_of"])
    else:
        context |= _shown(wallet, form.cleaned_data["as_of"], now)
    context["typed"] = form.typed()
    return render(request, "organization/as_of.html", context, status=422 if context["problem"] else 200)


def _shown(wallet: Wallet, instant: datetime, now: datetime) -> dict[str, Any]:
    try:
        then = past.read(wallet, instant)
    except past.NotThatFarBack as error:
        return {"problem": str(error)}
    around = events.around(wallet, instant, now, then.last_sequence)
    earlier = [event for event in around.earlier if event.at < instant]
    return {
        "past": then.row,
        "instant": instant,
        "in_words": display.in_words(instant, wallet.time_zone),
        "for_you": display.for_you(instant, wallet.time_zone, viewer.zone()),
        "terms": equation.terms(then.row, then.holds, instant),
        "later": _linked(around.later),
        "earlier": _linked(around.earlier),
        "before_url": _address(wallet, earlier[0].at) if earlier else "",
        "after_url": _address(wallet, around.later[-1].at) if around.later else "",
    }


def _linked(found: list[Event]) -> list[tuple[Event, str]]:
    return [(event, display.as_link(event.at)) for event in found]


def _address(wallet: Wallet, instant: datetime) -> str:
    return f"?wallet={wallet.wallet_id}&as_of={display.as_link(instant)}"
