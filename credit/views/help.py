"""The guide for finance staff: a page per task, the figures and how they are computed, linked from where one asks."""

from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe


@dataclass(frozen=True)
class Topic:
    slug: str
    title: str | Promise
    about: str | Promise


TOPICS = (
    Topic(
        "today", _("What needs you today"), _("The home page and exposure: what counts, and how fresh it is")
    ),
    Topic("find", _("Find a customer"), _("By name, UUID or Wallet ID; filters, saved views, columns")),
    Topic("limit", _("Set a credit limit"), _("Permanent, temporary, later; what the preview says; undo")),
    Topic("numbers", _("What every number means"), _("Each figure, its formula and an example")),
    Topic(
        "guideline",
        _("How large should the limit be?"),
        _("What the guideline rests on, and when to leave it"),
    ),
    Topic("time", _("What the clock does"), _("Ends of limits, month end, past instants")),
    Topic("money", _("Money in and out"), _("Payments, credit, withdrawals, refunds, reversals")),
    Topic("declines", _("Why was it declined?"), _("Reasons, and what helps")),
    Topic("authority", _("Authority and requests"), _("What you may grant, and what somebody else approves")),
    Topic("many", _("Change many at once"), _("Ticks on the list, or a sheet that was edited")),
    Topic("alerts", _("Alerts"), _("Who is told what, when, and how often")),
)
BY_SLUG = {topic.slug: topic for topic in TOPICS}


@require_safe
def contents(request: HttpRequest) -> HttpResponse:
    return render(request, "help/contents.html", {"section": "help", "topics": TOPICS})


@require_safe
def topic(request: HttpRequest, slug: str) -> HttpResponse:
    if slug not in BY_SLUG:
        raise Http404("There is no such page of the guide.")
    context = {"section": "help", "topics": TOPICS, "topic": BY_SLUG[slug]}
    return render(request, f"help/{slug}.html", context)


urlpatterns = [
    path("", contents, name="help"),
    path("<slug:slug>/", topic, name="help_topic"),
]
