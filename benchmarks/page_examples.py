"""What the demo has no reason to have, so that every page shows something: a client, a file, an alert sent."""

from datetime import datetime, timedelta

from django.utils import timezone

from credit.actions import notes, revenue_days
from credit.actions.clients import create_client
from credit.actors import Actor
from credit.models import (
    AlertEvent,
    AlertRule,
    AlertSend,
    ApiClient,
    Note,
    Scope,
    Upload,
    UploadState,
    Wallet,
    Webhook,
)


def add_what_the_demo_lacks(wallet_id: str) -> None:
    now, by = timezone.now(), Actor.system("Page benchmark")
    wallet = Wallet.objects.get(wallet_id=wallet_id)
    if not ApiClient.objects.exists():
        create_client(name="Switch 1", scopes=[Scope.READ, Scope.CHARGE], by=by, now=now)
    if not Upload.objects.exists():
        Upload.objects.create(
            name="usage.csv", digest="0" * 64, size_bytes=1, content_bytes=1, sent_at=now, by_name=by.name,
            state=UploadState.DONE, finished_at=now,
        )  # fmt: skip
    if not Note.objects.filter(wallet=wallet).exists():
        notes.write_note(wallet=wallet, text="Pays on Friday.", by=by, now=timezone.now)
    if not AlertRule.objects.exists():
        AlertRule.objects.create(currency=wallet.currency, changed_at=now, by_name=by.name)
    if not AlertSend.objects.exists():
        _send_in_vain(wallet, by, now)
    # What the job does within ten minutes: it looks ahead, and adds up what was there then.
    for at in (now, now + timedelta(minutes=5)):
        list(revenue_days.add_up(now=at))


def _send_in_vain(wallet: Wallet, by: Actor, now: datetime) -> None:
    webhook = Webhook.objects.create(
        name="Billing", url="https://billing.example.com/alerts", created_at=now, salt="-", fingerprint="-",
        by_name=by.name,
    )  # fmt: skip
    event = AlertEvent.objects.create(
        wallet=wallet, at=now, kind="blocked", standing="blocked", usable_micros=0
    )
    AlertSend.objects.create(
        event=event, audience="webhook", webhook=webhook, created_at=now, next_try_at=now, tries=9, failed_at=now,
        error="503 Service Unavailable",
    )  # fmt: skip
