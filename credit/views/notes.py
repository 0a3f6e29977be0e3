"""Notes on a customer: the block on the organization page, the panels, and the list of what comes back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import permission_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET

from credit import display
from credit.actions import notes
from credit.actors import Actor
from credit.forms.money import VerbForm
from credit.forms.notes import NoteForm, SettleForm, StrikeOutForm
from credit.models import Note, Settled, Wallet
from credit.views import keyset
from credit.views.asked import Asked
from credit.views.dated import Dated
from credit.views.verbs import VerbPanel, Words
from credit.written_queries import WrittenRows, slot
from organizations.models import Organization

SHOWN, MOST = 5, 100
PAGE = 50
BY_DAY = Dated("comes_back_on", read=date.fromisoformat)
LATEST = keyset.Order("pk", descending=True)
LISTS = {
    "": gettext_lazy("Due and missed"),
    "coming": gettext_lazy("Coming"),
    "settled": gettext_lazy("Settled"),
}


@dataclass(frozen=True)
class Told:
    """A note with what is to be said about its promise; `look` and `icon` are those of a badge."""

    note: Note
    promise: str
    standing: str
    look: str
    icon: str
    is_open: bool


def told(note: Any, today: date) -> Told:
    standing, look, icon = _standing(note, today)
    is_open = bool(note.comes_back_on and not note.struck_at and not note.settled_as and look != "ok")
    return Told(note, _promise(note), standing, look, icon, is_open)


def _promise(note: Any) -> str:
    """ "100.00 EUR promised by 30 Nov 2026, 40.00 paid since"."""
    if note.promised_on is None:
        return ""
    amount = _("Payment") if note.promised_micros is None else _money(note, note.promised_micros)
    words = _("%(amount)s promised by %(day)s") % {"amount": amount, "day": display.day(note.promised_on)}
    if note.settled_as or not note.paid_micros:
        return words
    return _("%(promise)s; %(paid)s paid since") % {"promise": words, "paid": _money(note, note.paid_micros)}


def _standing(note: Any, today: date) -> tuple[str, str, str]:
    if note.struck_at or note.comes_back_on is None:
        return "", "plain", ""
    if note.settled_as:
        look, icon = ("warn", "alert") if note.settled_as == Settled.BROKEN else ("ok", "check")
        return str(Settled(note.settled_as).label), look, icon
    if note.promised_on and note.paid_micros >= (note.promised_micros or 1):
        return str(Settled.KEPT.label), "ok", "check"
    days = (today - note.comes_back_on).days
    if days < 0:
        return _("comes back on %(day)s") % {"day": display.short_day(note.comes_back_on)}, "plain", "clock"
    if days == 0:
        return _("due today"), "warn", "clock"
    return ngettext("%(days)s day missed", "%(days)s days missed", days) % {"days": days}, "danger", "clock"


def _money(note: Note, micros: int) -> str:
    return display.with_code(micros, note.wallet.currency)


# -- the block


@dataclass(frozen=True)
class Block:
    notes: list[Told]
    count: int
    is_whole: bool


def block(organization: Organization, wallets: Sequence[Wallet], now: datetime, *, everything: bool) -> Block:
    """The newest notes of the organization with these wallets; what is open comes first."""
    rows = _written(Note.objects.all().db).found(organization=organization.pk)
    known = {wallet.pk: wallet for wallet in wallets}
    for note in rows:
        if note.wallet_id in known:
            note.wallet = known[note.wallet_id]
    here = notes.today(now)
    said = sorted((told(note, here) for note in rows), key=_open_first)
    shown = said if everything else said[:SHOWN]
    return Block(shown, len(said), len(shown) == len(said))


@cache
def _written(using: str) -> WrittenRows[Note]:
    of_one = Note.objects.using(using).filter(organization=slot("organization", Organization._meta.pk))
    return WrittenRows(notes.with_payments(of_one).order_by("-pk")[:MOST], using)


def _open_first(one: Told) -> tuple[bool, date]:
    """What comes back soonest on top; the others stay as they are, the newest first."""
    return (not one.is_open, one.note.comes_back_on if one.is_open else date.min)


# -- the list


@require_GET
@permission_required("credit.view_note", raise_exception=True)
def promises(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    asked = Asked(request.GET, {"list": LISTS})
    here, chosen = notes.today(now), asked.value("list")
    found = keyset.Page([]) if asked.problems else _page(chosen, request, now)
    context = {
        "rows": [told(note, here) for note in found.rows],
        "tabs": [(asked.address(list=name), words, name == chosen) for name, words in LISTS.items()],
        "chosen": chosen,
        "asked": asked,
        "previous_url": asked.address(before=found.before) if found.before else "",
        "next_url": asked.address(after=found.after) if found.after else "",
        "zone": settings.PORTAL_TIME_ZONE,
        "section": "promises",
    }
    return render(request, "notes/list.html", context)


def _page(chosen: str, request: HttpRequest, now: datetime) -> keyset.Page:
    marks = {name: request.GET.get(name, "") for name in ("after", "before")}
    found, order = _rows(chosen, now)
    try:
        return keyset.page(found, order=order, size=PAGE, **marks)
    except keyset.BadPageMark:
        return keyset.page(found, order=order, size=PAGE)


def _rows(chosen: str, now: datetime) -> tuple[QuerySet[Note], keyset.Order]:
    if chosen == "settled":
        settled = notes.with_payments(Note.objects.standing().exclude(settled_as=""))
        return settled.select_related("organization", "wallet"), LATEST
    if chosen == "coming":
        return notes.not_kept().filter(comes_back_on__gt=notes.today(now)), BY_DAY
    return notes.due(now), BY_DAY


# -- the panels


class WriteNote(VerbPanel):
    permission_required = notes.RIGHT
    form_class = NoteForm
    title = gettext_lazy("Write note")
    button = gettext_lazy("Save note")

    def about(self, form: VerbForm) -> dict[str, Any]:
        return {
            "facts": [
                _("A note is never edited: a wrong one is struck out, with a reason, and stays to be read.")
            ]
        }

    def act(self, given: dict[str, Any], by: Actor) -> Words:
        said = {name: given[name] for name in ("text", "promised_on", "amount", "comes_back_on")}
        note = notes.write_note(wallet=self.wallet, by=by, now=timezone.now, **said)
        if note.comes_back_on is None:
            return _("The note is saved.")
        return _("The note is saved. It comes back on %(day)s.") % {"day": display.day(note.comes_back_on)}


class NotePanel(VerbPanel):
    """A panel over one note; its form is about the wallet for which the note was written."""

    permission_required = notes.RIGHT
    note: Note

    def load(self, **names: Any) -> None:
        super().load(**names)
        found = notes.with_payments(Note.objects.filter(wallet__wallet_id=names["wallet_id"]))
        self.note = get_object_or_404(found.select_related("wallet"), pk=names["pk"])

    def about(self, form: VerbForm) -> dict[str, Any]:
        words = _promise(self.note)
        return {"facts": [f"“{self.note.text}”", *([f"{words}."] if words else [])]}


class StrikeOut(NotePanel):
    form_class = StrikeOutForm
    title = gettext_lazy("Strike note out")
    button = gettext_lazy("Strike out")
    is_harmful = True

    def act(self, given: dict[str, Any], by: Actor) -> Words:
        notes.strike_out(note=self.note, reason=given["reason"], by=by, now=timezone.now)
        return _("The note is struck out. It stays to be read.")


class Settle(NotePanel):
    form_class = SettleForm
    title = gettext_lazy("Settle promise or follow-up")
    button = gettext_lazy("Save")

    def form_arguments(self) -> dict[str, Any]:
        return {"is_promise": self.note.promised_on is not None}

    def act(self, given: dict[str, Any], by: Actor) -> Words:
        settled = notes.settle(note=self.note, outcome=given["outcome"], by=by, now=timezone.now)
        return _("Noted: %(outcome)s.") % {"outcome": display.inside(Settled(settled.settled_as).label)}
