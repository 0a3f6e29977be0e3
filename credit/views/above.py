"""What a page says about authority: how much of it is left, and that what is above it becomes a request."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from credit import display
from credit.actions import openings, requests
from credit.actions.authority import BeyondAuthority, Bounds
from credit.actions.deeds import DEEDS
from credit.actions.limit_plans import Preview
from credit.models import ChangeRequest
from credit.money import to_micros
from credit.views.request_words import in_words


@dataclass(frozen=True)
class Above:
    """A note and its buttons; `grant` is empty where no part is within authority."""

    says: str
    then: str
    button: str
    grant: str = ""


def above(beyond: BeyondAuthority) -> Above:
    then = _("This will be a request: somebody else with enough authority approves or rejects it.")
    return Above(beyond.shown, f"{_yours(beyond)}{then}", _button(beyond), _grant(beyond))


def _yours(beyond: BeyondAuthority) -> str:
    """How far the person alone may go where the amount is too much, and why no further than another bound allows."""
    part, asked = requests.part_of(beyond), beyond.asked.amount_micros
    if part is None or asked is None or to_micros(part["amount"]) >= asked:
        return ""
    figures = {
        "amount": _amount_of(part, beyond),
        "left": display.with_code(beyond.bounds.left_micros, beyond.wallet.currency),
    }
    another_binds = (
        to_micros(part["amount"]) < beyond.bounds.amount_micros < asked
    )  # than the one that is named
    if another_binds:
        words = _(
            "You alone may set up to %(amount)s: this wallet may get %(left)s more from you in 30 days."
        )
    else:
        words = _("You alone may set up to %(amount)s.")
    return f"{words % figures} "


def above_new(beyond: BeyondAuthority, mode: str) -> Above:
    """Of a wallet that does not exist yet: what it is opened with, and what becomes a request."""
    part = openings.first_part(beyond, mode)
    opened = display.with_code(to_micros(part or 0), beyond.wallet.currency)
    then = _(
        "The wallet is opened with a limit of %(opened)s now. The limit you typed will be a request: somebody else "
        "with enough authority approves or rejects it."
    )
    micros = beyond.asked.amount_micros
    if micros is None:
        return Above(beyond.shown, then % {"opened": opened}, _("Create and request unlimited"))
    wanted = display.with_code(micros, beyond.wallet.currency)
    button = _("Create and request %(amount)s") % {"amount": wanted}
    return Above(beyond.shown, then % {"opened": opened}, button)


def can_be_asked_for(beyond: BeyondAuthority) -> bool:
    return beyond.asked.verb in DEEDS


def left_words(bounds: Bounds | None, currency: str, increase_micros: int = 0) -> str:
    """How much more the person may grant this wallet; nothing is said to somebody without a bound."""
    if bounds is None:
        return ""
    left = display.with_code(max(0, bounds.left_micros - max(0, increase_micros)), currency)
    if increase_micros > 0:
        return _("Within your authority, %(left)s left.") % {"left": left}
    return _("Your authority: %(left)s more for this wallet in 30 days.") % {"left": left}


def authority_of(preview: Preview, currency: str) -> dict[str, Any]:
    """What the limit panel says about a typed limit."""
    if preview.beyond:
        return {"above": above(preview.beyond), "authority_left": left_words(preview.bounds, currency)}
    return {"authority_left": left_words(preview.bounds, currency, preview.increase_micros)}


def asked_words(request: ChangeRequest, granted: BeyondAuthority | None = None) -> str:
    """The toast: a request was made, and where it is; before it, which part of it stands already."""
    address = reverse("request", args=[request.pk])
    said = _("Requested: %(what)s. Somebody else decides.") % {"what": in_words(request)}
    if granted and (part := requests.part_of(granted)):
        now = _("Granted: a limit of %(amount)s.") % {"amount": _amount_of(part, granted)}
        said = f"{now} {said}"
    return format_html('<b>{}</b> <a href="{}">{}</a>', said, address, _("Look at it"))


def _button(beyond: BeyondAuthority) -> str:
    micros = beyond.asked.amount_micros
    if micros is None:
        return _("Request unlimited")
    return _("Request %(amount)s") % {"amount": display.with_code(micros, beyond.wallet.currency)}


def _grant(beyond: BeyondAuthority) -> str:
    part = requests.part_of(beyond)
    if part is None:
        return ""
    amount = _amount_of(part, beyond)
    if part["days"] and part["days"] != beyond.asked.wish["days"]:
        facts = {"amount": amount, "days": part["days"]}
        return _("Grant %(amount)s for %(days)s days now and request the rest") % facts
    return _("Grant %(amount)s now and request the rest") % {"amount": amount}


def _amount_of(part: dict[str, Any], beyond: BeyondAuthority) -> str:
    return display.with_code(to_micros(part["amount"]), beyond.wallet.currency)


def typed(data: Mapping[str, Any], without: frozenset[str]) -> str:
    """What a click on “Request” says yes to: these values and no others."""
    return "|".join(f"{name}={data[name]}" for name in sorted(data) if name not in without)
