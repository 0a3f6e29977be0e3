"""What the toast of a saved limit says, and the ways back to what stood there before: changes of their own."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from credit import display, viewer
from credit.models import LimitSlot
from credit.terms import ChangeReason, LimitState


def toast(wallet: Any, limit: Any, before: Any) -> str:
    """The toast: the new limit with its end, what is usable now, and the ways to undo it."""
    amount = _("unlimited") if limit.unlimited else display.with_code(limit.amount_micros, wallet.currency)
    usable = (
        _("unlimited")
        if wallet.usable_micros is None
        else display.with_code(wallet.usable_micros, wallet.currency)
    )
    ways = [(_undo(limit, before), _("Undo"))]
    if restore := _restoring(limit, before):
        ways.append((restore, _("Have the temporary limit again")))
    links = format_html_join("", ' <a href="{}" data-panel>{}</a>', ways)
    name = f"{wallet.organization.name}, {wallet.wallet_id},"
    lead = _("Limit of %(name)s is %(amount)s") % {"name": name, "amount": amount}
    lasts = _lasts(limit, wallet.time_zone)
    return format_html("<b>{}</b>{}. {}{}", lead, lasts, _("Usable %(usable)s.") % {"usable": usable}, links)


def _lasts(limit: Any, zone: str) -> str:
    since = (
        display.for_both(limit.starts_at, zone, viewer.zone()) if limit.slot == LimitSlot.SCHEDULED else ""
    )
    until = display.for_both(limit.ends_at, zone, viewer.zone()) if limit.ends_at else ""
    return (_(" from %(since)s") % {"since": since} if since else "") + (
        _(" until %(until)s") % {"until": until} if until else ""
    )


def _undo(limit: Any, before: Any) -> str:
    """Undoing is a change of its own, opened with what stood there before, as a correction."""
    page, args, given = _undoing(limit, before)
    return f"{reverse(page, args=args)}?{urlencode(given | {'reason_code': ChangeReason.CORRECTION})}"


def _undoing(limit: Any, before: Any) -> tuple[str, list[str], dict[str, str]]:
    """The page, whose limit, and what its form begins with."""
    here = [before.wallet_id]
    if limit.slot != LimitSlot.PERMANENT:
        replaced = running(before) if limit.slot == LimitSlot.TEMPORARY else _scheduled(before)
        return ("set_limit", here, replaced) if replaced else ("end_limit", [*here, limit.slot], {})
    if before.limit_unlimited:
        return "set_limit", here, {"limit_is": "unlimited"}
    if before.permanent_limit_micros is None:
        return "remove_limit", here, {}
    return "set_limit", here, {"amount": display.typed(before.permanent_limit_micros, before.currency)}


def _restoring(limit: Any, before: Any) -> str:
    """Where a permanent limit has ended a running temporary one: the way to have that one again."""
    ended = running(before) if limit.slot == LimitSlot.PERMANENT else {}
    if not ended:
        return ""
    given = ended | {"reason_code": ChangeReason.CORRECTION}
    return f"{reverse('set_limit', args=[before.wallet_id])}?{urlencode(given)}"


def again(limit: Any, wallet: Any, now: datetime) -> str:
    """The way to have a limit that is over once more; empty where its time is over too, or where it is in force."""
    is_permanent = limit.slot == LimitSlot.PERMANENT
    if not is_permanent and limit.ends_at <= now:
        return ""
    if is_permanent and (limit.unlimited, limit.amount_micros) == (
        wallet.limit_unlimited,
        wallet.permanent_limit_micros,
    ):
        return ""
    amount = {} if limit.unlimited else {"amount": display.typed(limit.amount_micros, wallet.currency)}
    instants = {"starts_at": limit.starts_at if limit.starts_at > now else None, "ends_at": limit.ends_at}
    lasts = {name: _as_typed(instant, wallet.time_zone) for name, instant in instants.items() if instant}
    given = (amount or {"limit_is": "unlimited"}) | lasts
    return f"{reverse('set_limit', args=[wallet.wallet_id])}?{urlencode(given)}"


def running(wallet: Any) -> dict[str, str]:
    """The temporary limit in force as the form is typed to have it; nothing where none is."""
    if wallet.limit_state != LimitState.TEMPORARY:
        return {}
    amount = display.typed(wallet.effective_limit_micros, wallet.currency)
    return {"amount": amount, "ends_at": _as_typed(wallet.limit_ends_at, wallet.time_zone)}


def _scheduled(wallet: Any) -> dict[str, str]:
    """The same of a limit that is still to begin."""
    if wallet.scheduled_starts_at is None or wallet.scheduled_starts_at <= timezone.now():
        return {}
    instants = {"starts_at": wallet.scheduled_starts_at, "ends_at": wallet.scheduled_ends_at}
    lasts = {name: _as_typed(instant, wallet.time_zone) for name, instant in instants.items() if instant}
    return {"amount": display.typed(wallet.scheduled_limit_micros, wallet.currency), **lasts}


def _as_typed(instant: Any, zone: str) -> str:
    local = display.local(instant, zone)
    return local.strftime("%Y-%m-%dT%H:%M:%S" if local.second else "%Y-%m-%dT%H:%M")
