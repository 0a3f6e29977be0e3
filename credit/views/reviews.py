"""Limits nobody has looked at for too long, and “Reviewed, keep”."""

from datetime import date, datetime
from types import SimpleNamespace
from typing import Any

from django import forms
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from credit import display, periods, viewer
from credit.actions import reviews
from credit.actors import Actor
from credit.forms.money import CodedReasonForm, VerbForm
from credit.models import CreditLimit, LimitSlot, Wallet
from credit.terms import ChangeReason
from credit.views.asked import Asked
from credit.views.keyset import BadPageMark, Order, Page, capped_count, page
from credit.views.panels import way_back
from credit.views.verbs import VerbPanel, Words

RIGHT = "credit.set_credit_limit"
PAGE_SIZE = 25
_CHOICES = {"show": {"all": "all"}}


@require_GET
@permission_required("credit.view_creditlimit", raise_exception=True)
def review_list(request: HttpRequest) -> HttpResponse:
    asked, now = Asked(request.GET, _CHOICES), timezone.now()
    today = periods.local_day(now, viewer.zone())
    found = _page(asked, today)
    context = {
        "rows": _with_numbers(found.rows, today, now),
        "due_count": capped_count(due(today)),
        "shows_all": asked.value("show") == "all",
        "previous_url": asked.address() + f"&before={found.before}" if found.before else "",
        "next_url": asked.address() + f"&after={found.after}" if found.after else "",
        "problems": asked.problems,
        "zone": viewer.zone(),
        "section": "requests",
    }
    return render(request, "requests/reviews.html", context)


def due(today: date) -> Any:
    """Open permanent limits whose day of review has come; read off an index of their own."""
    return standing().filter(review_on__lte=today)


def standing() -> Any:
    return CreditLimit.objects.open().filter(review_on__isnull=False)


def _page(asked: Asked, today: date) -> Page:
    if asked.problems:
        return Page([])
    rows = standing() if asked.value("show") else due(today)
    places = {name: asked.query.get(name, "") for name in ("after", "before")}
    try:
        return page(rows, order=ByReview(), size=PAGE_SIZE, **places)
    except BadPageMark:
        asked.problems.append(_("This place in the list cannot be read."))
        return Page([])


def _with_numbers(limits: list[CreditLimit], today: date, now: datetime) -> list[dict[str, Any]]:
    """The rule is asked for the wallets of this page alone."""
    wallets = Wallet.objects.at(now).select_related("organization")
    found = wallets.in_bulk([limit.wallet_id for limit in limits])
    return [
        {
            "limit": limit,
            "wallet": found[limit.wallet_id],
            "is_due": limit.review_on is not None and limit.review_on <= today,
        }
        for limit in limits
    ]


class ByReview(Order):
    """By the day of review, which stands in an address as 2027-11-30."""

    def __init__(self) -> None:
        super().__init__("review_on", "pk", kind=str)

    def mark(self, row: Any) -> str:
        return super().mark(SimpleNamespace(review_on=str(row.review_on), pk=row.pk))

    def read(self, mark: str) -> list[Any]:
        day, pk = super().read(mark)
        try:
            return [date.fromisoformat(day), pk]
        except ValueError:
            raise BadPageMark(mark) from None


class KeepForm(CodedReasonForm):
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    review_on = forms.DateField(
        label=gettext_lazy("Next review"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": gettext_lazy("Date is not readable. Write it such as 2027-11-30.")},
    )
    field_order = ["review_on", "reason_code", "reason"]


class Keep(VerbPanel):
    permission_required = RIGHT
    form_class = KeepForm
    title = gettext_lazy("Reviewed, keep the limit")
    button = gettext_lazy("Reviewed, keep")

    def initial(self) -> dict[str, Any]:
        return {"version": self.wallet.live_version, "reason_code": ChangeReason.REVIEW}

    def about(self, form: VerbForm) -> dict[str, Any]:
        return {
            "facts": [self._stands(), _("Nothing about the limit changes but when it is looked at again.")]
        }

    def act(self, given: dict[str, Any], by: Actor) -> Words:
        said = {name: given[name] for name in ("review_on", "reason_code", "reason", "version")}
        kept = reviews.keep(wallet=self.wallet, by=by, now=timezone.now, **said)
        assert kept.review_on is not None
        return _("Reviewed. It is looked at again on %(day)s.") % {"day": display.long_day(kept.review_on)}

    def back_to(self) -> str:
        return way_back(self.request, reverse("reviews"))

    def _stands(self) -> str:
        limit = CreditLimit.objects.open().filter(wallet=self.wallet, slot=LimitSlot.PERMANENT).first()
        if limit is None:
            return _("There is no permanent limit.")
        amount = _("unlimited") if limit.amount_micros is None else self.money(limit.amount_micros)
        facts = {"amount": amount, "name": limit.by_name, "when": display.long_day(limit.recorded_at.date())}
        return _("The permanent limit is %(amount)s, set by %(name)s on %(when)s.") % facts


urlpatterns = [
    path("", review_list, name="reviews"),
    path("<str:wallet_id>/keep/", Keep.as_view(), name="keep_limit"),
]
