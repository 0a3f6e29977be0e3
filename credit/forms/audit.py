"""What may be asked of the audit trail by its address. An unreadable value lists nothing."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credit.forms.limits import YEARS
from credit.models import ApiClient
from credit.periods import first_instant

MOST_PEOPLE = 500
_DAY = timedelta(days=1)
_CHOICE = forms.Select(attrs={"class": "form-select"})


class AuditFilter(forms.Form):
    q = forms.CharField(label=gettext_lazy("Customer"), required=False, max_length=200)
    who = forms.ChoiceField(label=gettext_lazy("Who"), required=False, widget=_CHOICE)
    verb = forms.ChoiceField(label=gettext_lazy("What"), required=False, widget=_CHOICE)
    since = forms.DateField(label=gettext_lazy("From"), required=False)
    until = forms.DateField(label=gettext_lazy("To"), required=False)

    def __init__(
        self, asked: Any, verbs: list[tuple[str, str]], zone: str, customers: Callable[[str], Q]
    ) -> None:
        """`customers`: the entries of those that a text finds; ValidationError where there are too many."""
        super().__init__(asked)
        self.zone, self.customers = zone, customers
        self.fields["who"].choices = [("", _("Anybody")), *_people()]  # type: ignore[attr-defined]
        self.fields["verb"].choices = [("", _("Anything")), *verbs]  # type: ignore[attr-defined]

    def clean_q(self) -> Q:
        text = self.cleaned_data["q"].strip()
        return self.customers(text) if text else Q()

    def clean_who(self) -> Q:
        kind, _dash, pk = self.cleaned_data["who"].partition("-")
        if kind == "system":
            return Q(by_user=None, by_client=None)
        return Q(**{{"user": "by_user", "client": "by_client"}[kind]: int(pk)}) if pk else Q()

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        for name in ("since", "until"):
            if given.get(name) and given[name].year not in YEARS:
                words = _("%(label)s is no day. Type one such as 2026-11-30.")
                self.add_error(name, words % {"label": self.fields[name].label})
        since, until = given.get("since"), given.get("until")
        if since and until and until < since:
            self.add_error("until", _("The last day is before the first one."))
        return given

    def conditions(self) -> Q:
        given = self.cleaned_data
        asked: Q = given["q"] & given["who"]
        if given["verb"]:
            asked &= Q(verb=given["verb"])
        if given["since"]:
            asked &= Q(at__gte=_begins(given["since"], self.zone))
        if given["until"]:
            asked &= Q(at__lt=_begins(given["until"] + _DAY, self.zone))
        return asked

    def problems(self) -> list[str]:
        return [
            f"{self.fields[name].label if name in self.fields else ''}: {error}"
            for name, errors in self.errors.items()
            for error in errors
        ]


def _people() -> list[tuple[str, list[tuple[str, str]]]]:
    users = get_user_model().objects.order_by("last_name", "username")[:MOST_PEOPLE]
    clients = ApiClient.objects.order_by("name")[:MOST_PEOPLE]
    return [
        (_("People"), [(f"user-{user.pk}", user.get_full_name() or user.get_username()) for user in users]),
        (_("API clients"), [(f"client-{client.pk}", client.name) for client in clients]),
        (_("The system"), [("system", _("Jobs and commands"))]),
    ]


def _begins(day: date, zone: str) -> datetime:
    return first_instant(datetime(day.year, day.month, day.day), zone)  # noqa: DTZ001  a local wall-clock time
