"""Webhooks: created, given another secret, paused, let run again, tested and removed."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from credit.actions import inputs
from credit.actions.refusals import BadInput, Refused, require
from credit.actors import Actor
from credit.alerts import addresses, calling, secrets
from credit.models import AlertKind, Change, Webhook
from credit.terms import Reason

# How long a replaced secret still signs, so that a receiver can take the new one over without a gap.
OVERLAP = timedelta(hours=24)
MOST = 20


def create_webhook(
    *, name: str, url: str, kinds: Iterable[str] = (), by: Actor, now: datetime
) -> tuple[Webhook, str]:
    """The webhook and its secret, which is shown this once. Refused(not_authorized); BadInput names the field.

    The address is looked up: a private one is refused already here, and again at every call.
    """
    require(by, "credit.manage_webhooks", "manage webhooks")
    name = inputs.text(name, field="name", longest=100, required=True)
    url = _checked(inputs.text(url, field="url", longest=500, required=True))
    wanted = _parse_kinds(kinds)
    salt = secrets.new_salt()
    secret = secrets.derived(salt)
    with transaction.atomic():
        lasting = Webhook.objects.filter(removed_at=None)
        if lasting.filter(name=name).exists():
            raise BadInput("name", _("A webhook has that name. Choose another one."))
        if lasting.count() >= MOST:
            raise BadInput(
                "name", _("There are %(most)s webhooks already. Remove one first.") % {"most": MOST}
            )
        webhook = Webhook.objects.create(
            name=name, url=url, kinds=wanted, created_at=now, salt=salt,
            fingerprint=secrets.fingerprint(secret), by_user=by.user, by_name=by.name,
        )  # fmt: skip
        _record(webhook, "create_webhook", {}, {"url": url, "kinds": wanted}, by, now)
    return webhook, secret


def rotate_secret(*, webhook: Webhook, by: Actor, now: datetime) -> str:
    """Another secret, shown this once; calls carry the signatures of both for a day."""
    require(by, "credit.manage_webhooks", "manage webhooks")
    with transaction.atomic():
        row = _locked(webhook)
        row.old_salt, row.old_fingerprint, row.old_ends_at = row.salt, row.fingerprint, now + OVERLAP
        row.salt = secrets.new_salt()
        secret = secrets.derived(row.salt)
        row.fingerprint = secrets.fingerprint(secret)
        row.save()
        _record(row, "rotate_webhook_secret", {}, {}, by, now)
    return secret


def pause(*, webhook: Webhook, by: Actor, now: datetime) -> None:
    """Nothing more is made for it; what waits fails, and can be sent again later."""
    _turn(webhook, "pause_webhook", {"paused_at": now}, by, now)


def resume(*, webhook: Webhook, by: Actor, now: datetime) -> None:
    _turn(webhook, "resume_webhook", {"paused_at": None}, by, now)


def remove(*, webhook: Webhook, by: Actor, now: datetime) -> None:
    """For good. What was sent to it stays on the list."""
    _turn(webhook, "remove_webhook", {"removed_at": now}, by, now)


def _turn(webhook: Webhook, verb: str, columns: dict[str, Any], by: Actor, now: datetime) -> None:
    require(by, "credit.manage_webhooks", "manage webhooks")
    with transaction.atomic():
        row = _locked(webhook)
        for name, value in columns.items():
            setattr(row, name, value)
        row.save(update_fields=list(columns))
        _record(row, verb, {}, {}, by, now)


def test(*, webhook: Webhook, by: Actor, now: Callable[[], datetime]) -> None:
    """Calls it at once with a test message; Refused(invalid_input) says why it was not taken."""
    require(by, "credit.manage_webhooks", "manage webhooks")
    content = {
        "type": "test",
        "timestamp": now().isoformat(),
        "data": {"words": "A test of the Finance portal"},
    }
    try:
        calling.call(webhook, calling.Message(str(uuid4()), content), now())
    except calling.NotTaken as refusal:
        raise Refused(Reason.INVALID_INPUT, str(refusal)) from None


def _checked(url: str) -> str:
    try:
        addresses.resolve(url)
    except addresses.NotCallable as refusal:
        raise BadInput("url", str(refusal)) from None
    return url


def _parse_kinds(kinds: Iterable[str]) -> list[str]:
    wanted = set(kinds)
    if unknown := wanted - set(AlertKind.values):
        raise BadInput("kinds", _("%(kind)s is no kind of alert.") % {"kind": min(unknown)})
    return (
        [] if len(wanted) == len(AlertKind.values) else [kind for kind in AlertKind.values if kind in wanted]
    )


def _locked(webhook: Webhook) -> Webhook:
    row = Webhook.objects.select_for_update(no_key=True).get(pk=webhook.pk)
    if row.removed_at:
        raise Refused(Reason.CHANGED_MEANWHILE, _("The webhook was removed meanwhile."))
    return row


def _record(
    webhook: Webhook, verb: str, before: dict[str, Any], after: dict[str, Any], by: Actor, at: datetime
) -> None:
    told = {"webhook": webhook.name, **after}
    Change.objects.create(at=at, verb=verb, before=before, after=told, **by.signature())
