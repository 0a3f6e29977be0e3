"""A look at some wallets: their numbers by the rule, what is to be told, and the sends that tell it, all in one step.

Whoever looks holds the one row of `AlertPace`, so that two workers never decide about one crossing. No charge waits for
it: wallets are read, never locked. Nothing is sent here; the sends are rows that wait.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction

from credit.alerts import rules
from credit.alerts.deciding import Latch, Look, Numbers, Told, look
from credit.models import (
    AlertEvent,
    AlertKind,
    AlertPace,
    AlertRule,
    AlertSend,
    AlertWatch,
    Audience,
    Wallet,
    Webhook,
)

_NUMBERS = (
    "usable_micros", "used_micros", "effective_limit_micros", "used_percent", "limit_state", "limit_ends_at",
    "falls_back_to_micros", "standing",
)  # fmt: skip
_COLUMNS = (
    "pk",
    "currency",
    "last_sequence",
    "latest_at",
    "scheduled_starts_at",
    "time_zone",
    "organization__billing_email",
)


class Sight(NamedTuple):
    """One wallet as it was seen, and what follows from that."""

    row: dict[str, Any]
    rule: AlertRule
    watch: AlertWatch
    look: Look


def look_at(wallet_pks: Sequence[int], *, now: Callable[[], datetime]) -> dict[str, int]:
    """Up to a few hundred wallets. How many were looked at, and how many alerts that made.

    Most looks find nothing new: those take no lock and no transaction. What would be new is looked at again under it.
    """
    quiet_before = AlertPace.objects.get(pk=1).quiet_before
    news = [sight.watch.pk for sight in _news_of(wallet_pks, now(), quiet_before)]
    told = _look_and_write(news, now) if news else 0
    return {"wallets": len(wallet_pks), "alerts": told}


def _look_and_write(wallet_pks: Sequence[int], now: Callable[[], datetime]) -> int:
    with transaction.atomic():
        pace = AlertPace.objects.select_for_update(no_key=True).get(pk=1)
        at = now()
        news = _news_of(wallet_pks, at, pace.quiet_before)
        _keep([sight.watch for sight in news if sight.look.latches or sight.look.next_at])
        _forget([sight.watch for sight in news if not (sight.look.latches or sight.look.next_at)])
        return _write(news, at)


def _news_of(wallet_pks: Sequence[int], at: datetime, quiet_before: datetime | None) -> list[Sight]:
    rows = Wallet.objects.at(at, *_NUMBERS).filter(pk__in=wallet_pks).order_by("pk")
    watches = {row.wallet_id: row for row in AlertWatch.objects.filter(wallet__in=wallet_pks)}
    all_rules = rules.Rules(wallet_pks)
    seen = (_seen(row, watches, all_rules, at, quiet_before) for row in rows.values(*_COLUMNS, *_NUMBERS))
    return [sight for sight in seen if _changes(sight.watch, sight.look)]


def _seen(
    row: dict[str, Any], watches: dict[int, AlertWatch], all_rules: rules.Rules, at: datetime,
    quiet_before: datetime | None,
) -> Sight:  # fmt: skip
    rule = all_rules.of(row["pk"], row["currency"])
    watch = watches.get(row["pk"]) or AlertWatch(wallet_id=row["pk"])
    latches = {key: Latch.of_json(latch) for key, latch in watch.latches.items()}
    # Of a wallet's own rule a person wants to hear at once; a new default would tell everybody about the past.
    is_quiet = quiet_before is not None and row["latest_at"] < quiet_before and rule.wallet_id is None
    return Sight(
        row, rule, watch, look(_numbers(row, at), rules.as_decided(rule), latches, is_quiet=is_quiet)
    )


def _numbers(row: dict[str, Any], at: datetime) -> Numbers:
    return Numbers(
        at=at,
        standing=row["standing"],
        usable_micros=row["usable_micros"],
        limit_micros=row["effective_limit_micros"],
        used_percent=row["used_percent"],
        limit_state=row["limit_state"],
        limit_ends_at=row["limit_ends_at"],
        scheduled_starts_at=row["scheduled_starts_at"],
        is_untouched=row["last_sequence"] == 0 and row["used_micros"] == 0,
        time_zone=row["time_zone"],
    )


def _changes(watch: AlertWatch, seen: Look) -> bool:
    """Puts what was seen on the watch; whether that is anything new."""
    before = (watch.latches, watch.next_look_at, watch.blocked_since)
    watch.latches = {key: latch.as_json() for key, latch in seen.latches.items()}
    watch.next_look_at = seen.next_at
    blocked = seen.latches.get(f"{AlertKind.BLOCKED}:0")
    watch.blocked_since = blocked.raised_at if blocked and not blocked.is_quiet else None
    return before != (watch.latches, watch.next_look_at, watch.blocked_since)


def _keep(watches: list[AlertWatch]) -> None:
    AlertWatch.objects.bulk_create(
        watches,
        update_conflicts=True,
        unique_fields=["wallet"],
        update_fields=["latches", "next_look_at", "blocked_since"],
    )


def _forget(watches: list[AlertWatch]) -> None:
    if watches:
        AlertWatch.objects.filter(pk__in=[watch.pk for watch in watches]).delete()


def _event(told: Told, row: dict[str, Any], at: datetime) -> AlertEvent:
    return AlertEvent(
        wallet_id=row["pk"],
        at=at,
        kind=told.kind,
        threshold=told.threshold,
        covers=list(told.covers),
        standing=row["standing"],
        usable_micros=row["usable_micros"],
        limit_micros=row["effective_limit_micros"],
        used_micros=row["used_micros"],
        used_percent=row["used_percent"],
        limit_ends_at=row["limit_ends_at"],
        falls_back_to_micros=row["falls_back_to_micros"],
    )


def _write(news: list[Sight], at: datetime) -> int:
    told = [(_event(one, sight.row, at), sight) for sight in news for one in sight.look.told]
    if not told:
        return 0
    AlertEvent.objects.bulk_create([event for event, _ in told])
    webhooks = list(Webhook.objects.filter(removed_at=None, paused_at=None))
    sends = [
        send
        for event, sight in told
        for send in sends_of(event, sight.rule, sight.row["organization__billing_email"], webhooks, at)
    ]
    AlertSend.objects.bulk_create(sends)
    return len(told)


def sends_of(
    event: AlertEvent, rule: AlertRule, billing_email: str, webhooks: list[Webhook], at: datetime
) -> list[AlertSend]:
    """To whom an event goes, unsaved: one send per address and per webhook that wants to hear of its kind."""
    made: dict[str, AlertSend] = {}
    if settings.CREDIT_SEND_BY_EMAIL:
        wanted = [(Audience.CUSTOMER, billing_email)] if rule.to_customer and billing_email else []
        for audience, address in [*wanted, *((Audience.STAFF, address) for address in rule.to_staff)]:
            made.setdefault(
                address.lower(),
                AlertSend(event=event, audience=audience, recipient=address, created_at=at, next_try_at=at),
            )
    calls = [
        AlertSend(event=event, audience=Audience.WEBHOOK, webhook=webhook, created_at=at, next_try_at=at)
        for webhook in webhooks
        if not webhook.kinds or event.kind in webhook.kinds
    ]
    return [*made.values(), *calls]
