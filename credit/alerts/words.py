"""An alert in words and in fields: the same text on the page, in an e-mail and in the portal's bell."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from credit import display, money
from credit.models import AlertEvent, AlertKind
from credit.terms import Standing

LOOKS = {
    AlertKind.PERCENT: ("warn", "alert"),
    AlertKind.AMOUNT: ("warn", "alert"),
    AlertKind.BLOCKED: ("danger", "stop"),
    AlertKind.ENDING: ("temp", "clock"),
    AlertKind.RECOVERED: ("ok", "check"),
}
Words = str | Promise


def headline(event: AlertEvent) -> str:
    """What happened, in a few words. `event.wallet` is loaded."""
    match event.kind:
        case AlertKind.PERCENT:
            return _("%(percent)s %% of the credit limit is used") % {"percent": event.used_percent}
        case AlertKind.AMOUNT:
            return _("Usable credit is down to %(amount)s") % {"amount": _money(event, event.usable_micros)}
        case AlertKind.BLOCKED if event.standing == Standing.SUSPENDED:
            return _("Stopped: the organization is suspended")
        case AlertKind.BLOCKED:
            return _("Blocked: nothing is left to spend")
        case AlertKind.ENDING:
            days = event.threshold
            words = ngettext(
                "The temporary limit ends within %(days)s day",
                "The temporary limit ends within %(days)s days",
                days,
            )
            return words % {"days": days}
    if f"{AlertKind.BLOCKED}:0" in event.covers:
        return _("Recovered: the customer can spend again")
    return _("Recovered: use is back behind every threshold")


def details(event: AlertEvent) -> str:
    """The numbers behind it, and what follows."""
    if event.kind == AlertKind.ENDING:
        return _after_the_end(event)
    usable = _("Usable %(usable)s.") % {"usable": _money(event, event.usable_micros)}
    if event.limit_micros:
        words = _("%(used)s of the limit of %(limit)s is used.")
        used = words % {"used": _money(event, event.used_micros), "limit": _money(event, event.limit_micros)}
        return f"{usable} {used}"
    if event.limit_micros is None:
        return usable
    return f"{usable} " + _("There is no credit limit.")


def _after_the_end(event: AlertEvent) -> str:
    assert event.limit_ends_at is not None
    zone = event.wallet.time_zone
    until = _("The limit of %(limit)s ends on %(end)s.") % {
        "limit": _money(event, event.limit_micros),
        "end": display.in_words(event.limit_ends_at, zone),
    }
    left = usable_after_the_end(event)
    if left is None:
        return until
    back = _("Then %(limit)s is in force again") % {"limit": _money(event, event.falls_back_to_micros)}
    if left > 0:
        effect = _("and, as things stand, %(usable)s is usable.") % {"usable": _money(event, left)}
    else:
        effect = _("and the customer is blocked until more than %(amount)s is paid.") % {
            "amount": _money(event, -left)
        }
    return f"{until} {back} {effect}"


def usable_after_the_end(event: AlertEvent) -> int | None:
    """Micros that are usable once the temporary limit has ended, if nothing else happens; None: without bound."""
    if event.usable_micros is None or event.limit_micros is None or event.falls_back_to_micros is None:
        return None
    return event.usable_micros - event.limit_micros + event.falls_back_to_micros


def figures(event: AlertEvent) -> list[tuple[str, str]]:
    """Label and figure, for the table in an e-mail."""
    rows = [
        (_("Wallet ID"), event.wallet.wallet_id),
        (_("Usable credit"), _money(event, event.usable_micros)),
        (_("Credit limit"), _money(event, event.limit_micros)),
    ]
    if event.limit_micros:
        used = f"{_money(event, event.used_micros)} ({event.used_percent} %)"
        rows.append((_("Used"), used))
    if event.limit_ends_at:
        rows.append((_("Limit ends"), display.in_words(event.limit_ends_at, event.wallet.time_zone)))
    return rows


def _money(event: AlertEvent, micros: int | None) -> str:
    return _("unlimited") if micros is None else display.with_code(micros, event.wallet.currency)


def payload(event: AlertEvent) -> dict[str, Any]:
    """What a webhook is sent. Amounts are decimal texts in units of the currency; null: unlimited."""
    wallet = event.wallet
    return {
        "type": f"alert.{event.kind}",
        "timestamp": event.at.isoformat(),
        "data": {
            "id": str(event.uuid),
            "threshold": _threshold(event),
            "covers": event.covers,
            "organization": {"uuid": str(wallet.organization.uuid), "name": wallet.organization.name},
            "wallet_id": wallet.wallet_id,
            "currency": wallet.currency,
            "mode": wallet.mode,
            "standing": event.standing,
            "usable": _text(event.usable_micros),
            "credit_limit": _text(event.limit_micros),
            "used": _text(event.used_micros),
            "used_percent": event.used_percent,
            "limit_ends_at": event.limit_ends_at.isoformat() if event.limit_ends_at else None,
            "falls_back_to": _text(event.falls_back_to_micros),
        },
    }


def _threshold(event: AlertEvent) -> int | str | None:
    if event.kind == AlertKind.AMOUNT:
        return _text(event.threshold)
    return event.threshold if event.kind in (AlertKind.PERCENT, AlertKind.ENDING) else None


def _text(micros: int | None) -> str | None:
    return None if micros is None else money.to_text(micros)
