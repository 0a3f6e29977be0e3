"""Alert rules: set for one wallet, for a currency or for all; and alerts that a person sends again or has read."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from credit.actions import inputs, trail
from credit.actions.books import Now
from credit.actions.refusals import BadInput, Refused, require
from credit.actors import Actor
from credit.alerts import watching
from credit.models import (
    AlertEvent,
    AlertReader,
    AlertRule,
    AlertSend,
    AlertWatch,
    DeliveryState,
    Wallet,
)
from credit.terms import Reason

MOST_THRESHOLDS = 5
MOST_ADDRESSES = 10
LONGEST_AHEAD = 60  # days
LONGEST_COOLDOWN = 10_080  # minutes: a week
_SHOWN = (
    "is_on", "percents", "usable_micros", "days_ahead", "tells_blocked", "tells_recovered", "to_customer",
    "to_staff", "hysteresis_percent", "cooldown_minutes",
)  # fmt: skip


@dataclass(frozen=True)
class Wish:
    """What a person asks for; amounts as they were typed."""

    is_on: bool = True
    percents: Sequence[int] = (80,)
    amounts: Sequence[inputs.Amount] = ()
    days_ahead: Sequence[int] = (3,)
    tells_blocked: bool = True
    tells_recovered: bool = True
    to_customer: bool = False
    to_staff: Sequence[str] = field(default_factory=tuple)
    hysteresis_percent: int = 5
    cooldown_minutes: int = 60


def set_rule(
    *, wish: Wish, wallet: Wallet | None = None, currency: str = "", reason: str = "", by: Actor, now: Now
) -> AlertRule:
    """A wallet's own rule, or the default of a currency ("": of all). Its alerts follow within seconds.

    After a change of a default, what is crossed already is not told: it was so before. Of one wallet it is.
    Refused(not_authorized); BadInput names the field.
    """
    require(by, "credit.manage_alerts", "set alert rules")
    words = inputs.text(reason, field="reason", longest=255)
    unit = wallet.currency if wallet else currency and inputs.currency(currency)
    columns = _parsed(wish, unit)
    with transaction.atomic():
        row = _found(wallet, currency)
        before = _told(row) if row.pk else {}
        for name, value in columns.items():
            setattr(row, name, value)
        row.changed_at, row.by_user, row.by_name = _read(now), by.user, by.name
        row.save()
        _record(wallet, currency, "set_alert_rule", before, _told(row), words, by, row.changed_at)
        _look_anew(wallet, row.changed_at)
    return row


def drop_rule(*, rule: AlertRule, by: Actor, now: Now) -> None:
    """From now on the default holds: of the currency, or for all. Refused(not_authorized)."""
    require(by, "credit.manage_alerts", "set alert rules")
    at = _read(now)
    with transaction.atomic():
        _record(rule.wallet, rule.currency, "drop_alert_rule", _told(rule), {}, "", by, at)
        wallet = rule.wallet
        rule.delete()
        _look_anew(wallet, at)


def _found(wallet: Wallet | None, currency: str) -> AlertRule:
    rows = AlertRule.objects.select_for_update(no_key=True)
    return rows.filter(wallet=wallet, currency=currency).first() or AlertRule(
        wallet=wallet, currency=currency
    )


def _look_anew(wallet: Wallet | None, at: datetime) -> None:
    if wallet is None:
        watching.look_at_all(quiet_before=at)
        return
    watch = AlertWatch(wallet=wallet, next_look_at=at)
    AlertWatch.objects.bulk_create(
        [watch], update_conflicts=True, unique_fields=["wallet"], update_fields=["next_look_at"]
    )


# -- what was sent -> columns


def _parsed(wish: Wish, currency: str) -> dict[str, Any]:
    if wish.amounts and not currency:
        raise BadInput("amounts", _("Amounts need a currency. Set them for one currency, or for a wallet."))
    if not 0 <= wish.hysteresis_percent <= 50:
        raise BadInput("hysteresis_percent", _("Type a number of percent from 0 to 50."))
    if not 0 <= wish.cooldown_minutes <= LONGEST_COOLDOWN:
        raise BadInput("cooldown_minutes", _("Type minutes, from 0 to 10080 (a week)."))
    return {
        "is_on": wish.is_on,
        "percents": _numbers(wish.percents, "percents", 100),
        "usable_micros": _amounts(wish.amounts, currency),
        "days_ahead": _numbers(wish.days_ahead, "days_ahead", LONGEST_AHEAD),
        "tells_blocked": wish.tells_blocked,
        "tells_recovered": wish.tells_recovered,
        "to_customer": wish.to_customer,
        "to_staff": _addresses(wish.to_staff),
        "hysteresis_percent": wish.hysteresis_percent,
        "cooldown_minutes": wish.cooldown_minutes,
    }


def _numbers(sent: Sequence[int], name: str, most: int) -> list[int]:
    for number in sent:
        if not 1 <= number <= most:
            words = _("%(number)s cannot be used. Type whole numbers from 1 to %(most)s.")
            raise BadInput(name, words % {"number": number, "most": most})
    return _few(sorted(set(sent)), name)


def _amounts(sent: Sequence[inputs.Amount], currency: str) -> list[int]:
    micros = {inputs.cash(inputs.amount(one, field="amounts"), currency, field="amounts") for one in sent}
    return _few(sorted(micros), "amounts")


def _few(values: list[int], name: str) -> list[int]:
    if len(values) > MOST_THRESHOLDS:
        raise BadInput(name, _("At most %(most)s are watched. Leave some out.") % {"most": MOST_THRESHOLDS})
    return values


def _addresses(sent: Sequence[str]) -> list[str]:
    found: dict[str, str] = {}
    for address in sent:
        try:
            validate_email(address)
        except ValidationError:
            words = _("%(address)s is no e-mail address.") % {"address": address}
            raise BadInput("to_staff", words) from None
        found.setdefault(address.lower(), address)
    if len(found) > MOST_ADDRESSES:
        raise BadInput("to_staff", _("At most %(most)s addresses.") % {"most": MOST_ADDRESSES})
    return list(found.values())


# -- what was told


def send_again(*, send: AlertSend, by: Actor, now: Now) -> AlertSend:
    """Sends what failed, what nobody knows about, or what was sent, once more under the same id.

    Refused(not_authorized | changed_meanwhile | invalid_input).
    """
    require(by, "credit.manage_alerts", "send alerts again")
    at = _read(now)
    with transaction.atomic():
        rows = AlertSend.objects.at(at).select_related("event__wallet", "webhook")
        row: Any = rows.select_for_update(no_key=True, of=("self",)).get(pk=send.pk)
        if row.state in (DeliveryState.WAITING, DeliveryState.SENDING):
            words = _("It is on its way already. Wait for its outcome.")
            raise Refused(Reason.CHANGED_MEANWHILE, words)
        if row.webhook and (row.webhook.removed_at or row.webhook.paused_at):
            words = _("The webhook is paused or removed. Let it run again first.")
            raise Refused(Reason.INVALID_INPUT, words)
        before = {"state": row.state, "error": row.error}
        row.next_try_at, row.tries, row.error = at, 0, ""
        row.claimed_at = row.sent_at = row.failed_at = None
        row.save()
        after = {"alert": str(row.event.uuid), "to": row.recipient or str(row.webhook)}
        _record(row.event.wallet, "", "send_alert_again", before, after, "", by, at)
    return row


def mark_read(*, user: Any, up_to: int) -> None:
    """Every alert up to this one is read by this person; never takes that back."""
    latest = AlertEvent.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    reader, made = AlertReader.objects.get_or_create(user=user, defaults={"read_up_to": min(up_to, latest)})
    if not made:
        AlertReader.objects.filter(pk=reader.pk, read_up_to__lt=up_to).update(read_up_to=min(up_to, latest))


def _told(row: AlertRule) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _SHOWN}


def _record(
    wallet: Wallet | None, currency: str, verb: str, before: dict[str, Any], after: dict[str, Any],
    reason: str, by: Actor, at: datetime,
) -> None:  # fmt: skip
    if wallet is None and verb != "send_alert_again":
        after = {**after, "currency": currency}
    organization_id = wallet.organization_id if wallet else None
    trail.of_record(
        verb,
        organization_id=organization_id,
        wallet=wallet,
        reason=reason,
        by=by,
        at=at,
        before=before,
        after=after,
    )


def _read(now: Now) -> datetime:
    return now() if callable(now) else now
