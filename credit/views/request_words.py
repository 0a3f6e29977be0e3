"""Requests in words: what is wanted, what stood there when it was asked for, and what stands there now."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from credit import display, viewer
from credit.actions.deeds import instant
from credit.models import ChangeRequest
from credit.terms import Standing

VERBS = {
    "set_limit": gettext_lazy("Set credit limit"),
    "end_temporary_limit": gettext_lazy("End a temporary limit"),
    "change_payment_mode": gettext_lazy("Change payment mode"),
    "give_credit": gettext_lazy("Give credit"),
    "withdrawal": gettext_lazy("Withdraw"),
    "write_off": gettext_lazy("Write off"),
    "transfer": gettext_lazy("Transfer"),
    "refund": gettext_lazy("Refund"),
    "reversal": gettext_lazy("Reverse"),
}


def in_words(request: ChangeRequest) -> str:
    """“Limit of 20,000.00 EUR for 7 days”."""
    return _WORDS.get(request.verb, _amount)(request, request.wish)


def _limit(request: ChangeRequest, wish: Mapping[str, Any]) -> str:
    if wish["unlimited"]:
        return _("Unlimited")
    facts = {"amount": display.with_code(wish["amount"], request.wallet.currency)}
    words = _("Limit of %(amount)s") % facts
    return f"{words}{_since(request, wish)}{_until(request, wish)}"


def _since(request: ChangeRequest, wish: Mapping[str, Any]) -> str:
    starts_at = instant(wish["starts_at"])
    if starts_at is None:
        return ""
    return _(" from %(since)s") % {
        "since": display.for_both(starts_at, request.wallet.time_zone, viewer.zone())
    }


def _until(request: ChangeRequest, wish: Mapping[str, Any]) -> str:
    if days := wish["days"]:
        return ngettext(" for %(days)s day", " for %(days)s days", days) % {"days": days}
    if ends_at := instant(wish["ends_at"]):
        return _(" until %(until)s") % {
            "until": display.for_both(ends_at, request.wallet.time_zone, viewer.zone())
        }
    return _(", permanent")


def _mode(request: ChangeRequest, wish: Mapping[str, Any]) -> str:
    words = _("Postpaid from now on") if wish["to"] == "postpaid" else _("Prepaid from now on")
    limit = _unlimited_or(wish["limit"], wish["unlimited"], request.wallet.currency)
    return f"{words}, {limit}" if limit else words


def _unlimited_or(limit: str | None, unlimited: bool, currency: str) -> str:
    if unlimited:
        return _("with an unlimited limit")
    return _("with a limit of %(amount)s") % {"amount": f"{limit} {currency}"} if limit else ""


def _end(request: ChangeRequest, wish: Mapping[str, Any]) -> str:
    stands = display.with_code(request.amount_micros or 0, request.wallet.currency)
    return _("End the temporary limit now: %(amount)s again") % {"amount": stands}


def _amount(request: ChangeRequest, wish: Mapping[str, Any]) -> str:
    amount = display.exact(request.amount_micros or 0, request.wallet.currency)
    words = f"{VERBS[request.verb]}: {amount} {request.wallet.currency}"
    if request.verb == "transfer":
        return _("%(what)s to %(target)s") % {"what": words, "target": wish["target"]}
    return words


_WORDS: dict[str, Callable[[ChangeRequest, Mapping[str, Any]], str]] = {
    "set_limit": _limit,
    "change_payment_mode": _mode,
    "end_temporary_limit": _end,
}


@dataclass(frozen=True)
class Compared:
    """A row of “when it was asked for” beside “now”."""

    label: str
    then: str
    now: str

    @property
    def differs(self) -> bool:
        return self.then != self.now


def compared(request: ChangeRequest, live: Any) -> list[Compared]:
    """The limit, usable and use then and now; the wallet comes with the rule's numbers."""
    seen, currency = request.seen, request.wallet.currency
    return [
        Compared(
            _("Credit limit"),
            _money(seen["effective_limit_micros"], currency),
            _money(live.effective_limit_micros, currency),
        ),
        Compared(
            _("Usable"), _money(seen["usable_micros"], currency), _money(live.usable_micros, currency)
        ),
        Compared(_("Used"), _money(seen["used_micros"], currency), _money(live.used_micros, currency)),
        Compared(_("Payment mode"), _mode_words(seen["mode"], seen["scheme"]), _mode_words(live.mode, live.scheme)),
        Compared(_("Customer"), _standing(seen["standing"]), _standing(live.standing)),
    ]  # fmt: skip


def _money(micros: int | None, currency: str) -> str:
    return _("Unlimited") if micros is None else display.amount(micros, currency)


def _mode_words(mode: str, scheme: str) -> str:
    return str(display.mode_words(mode, scheme))


def _standing(standing: str) -> str:
    return str(display.STANDINGS[Standing(standing)])
