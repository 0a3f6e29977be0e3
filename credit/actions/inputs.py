"""What was sent -> typed values, or BadInput that names the field."""

from datetime import MAXYEAR, MINYEAR, UTC, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

import orjson

from credit import money
from credit.actions.refusals import BadInput
from credit.languages import Number, Said
from credit.languages import Said as _
from credit.terms import CHARGES, Kind, Reason

Amount = Decimal | int | str
_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATETIME


def amount(sent: Amount, *, field: str = "amount", zero: bool = False) -> int:
    """Micros; negative is refused, and zero unless it stands for something."""
    try:
        micros = money.to_micros(sent)
    except money.InvalidAmount as error:
        raise BadInput(field, error.args[0], Reason.INVALID_AMOUNT) from None
    if micros < 0:
        raise BadInput(field, _("Amount is negative. Type it without the minus."), Reason.INVALID_AMOUNT)
    if micros == 0 and not zero:
        raise BadInput(field, _("Amount is zero. Type an amount above zero."), Reason.INVALID_AMOUNT)
    return micros


def cash(micros: int, currency: str, *, field: str = "amount") -> int:
    """Refuses more decimals than the currency has."""
    if not money.is_cash(micros, currency):
        rounded = money.round_to_currency(micros, currency)
        raise BadInput(
            field,
            _(
                "Amount has too many decimals. %(currency)s takes %(decimals)s here. Type %(rounded)s, "
                "not %(typed)s."
            )
            % {
                "currency": currency,
                "decimals": money.decimals(currency),
                "rounded": Number(money.to_text(rounded)),
                "typed": Number(money.to_text(micros)),
            },
            Reason.INVALID_AMOUNT,
        )
    return micros


def text(sent: str | None, *, field: str, longest: int, required: bool = False) -> str:
    if sent is not None and not isinstance(sent, str):
        raise BadInput(field, _("%(label)s must be text.") % {"label": _label(field)})
    value = (sent or "").strip()
    if required and not value:
        raise BadInput(field, _("%(label)s is missing. Type it.") % {"label": _label(field)})
    if len(value) > longest:
        raise BadInput(
            field,
            _("%(label)s is longer than %(longest)s characters. Shorten it.")
            % {"label": _label(field), "longest": longest},
        )
    if "\x00" in value or not (value.isascii() or _is_whole(value)):
        raise BadInput(
            field, _("%(label)s has a character that cannot be stored. Remove it.") % {"label": _label(field)}
        )
    return value


def _is_whole(value: str) -> bool:
    """Half a surrogate pair is no character, and no database takes it."""
    return not any("\ud800" <= letter <= "\udfff" for letter in value)


def instant(sent: datetime | None, *, field: str) -> datetime | None:
    if sent is None:
        return None
    if not isinstance(sent, datetime) or sent.utcoffset() is None:
        raise BadInput(
            field,
            _("%(label)s needs a date, a time and a zone, such as 2026-11-30T15:32:00+02:00.")
            % {"label": _label(field)},
        )
    # The first and the last year of the calendar are left out: some customer's clock could not show all of them.
    if not MINYEAR < sent.year < MAXYEAR:
        raise outside_the_calendar(field)
    return sent.astimezone(UTC)


def outside_the_calendar(field: str) -> BadInput:
    return BadInput(
        field, _("%(label)s lies outside the calendar. Check the year.") % {"label": _label(field)}
    )


def charge_kind(sent: str) -> Kind:
    if sent not in CHARGES:
        kinds = ", ".join(kind.value for kind in Kind if kind in CHARGES)
        raise BadInput(
            "kind",
            _("Kind %(sent)r is none that can be charged. Use one of %(kinds)s.")
            % {"sent": sent, "kinds": kinds},
        )
    return Kind(sent)


def currency(sent: str) -> str:
    try:
        money.decimals(sent)
    except money.InvalidAmount as error:
        raise BadInput("currency", error.args[0]) from None
    return sent


def fingerprint(verb: str, content: dict[str, Any]) -> str:
    """SHA-256 of a verb and what was sent; what was left out or empty is no part of it."""
    sent = {
        name: value
        for name, value in content.items()
        if value is not None and value != "" and value is not False
    }
    try:
        return sha256(orjson.dumps([verb, sent], option=_OPTIONS, default=_canonical)).hexdigest()
    except orjson.JSONEncodeError:
        raise BadInput(
            "request", _("The request has a character that cannot be stored. Remove it.")
        ) from None


def _canonical(value: Any) -> str:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)


def _label(field: str) -> Said:
    return Said(field.replace("_", " ").capitalize())
