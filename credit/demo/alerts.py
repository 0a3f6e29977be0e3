"""Alerts of the customers that have a story: what was told, to whom, and one send for each sort of trouble."""

from datetime import datetime, timedelta

from django.db.models import F

from credit.actions import alerts
from credit.actors import Actor
from credit.alerts import looking, secrets
from credit.demo import cast
from credit.models import AlertPace, AlertSend, Wallet, Webhook

DESK = "credit-desk@demo.example"
MOST = 250
MINUTE = timedelta(minutes=1)


def tell(by: Actor, now: datetime) -> None:
    """The watch over everybody else begins with the first worker, which tells nobody about the past."""
    AlertPace.objects.bulk_create([AlertPace(pk=1)], ignore_conflicts=True)
    alerts.set_rule(wish=alerts.Wish(to_staff=(DESK,)), reason="Start", by=by, now=now)
    alerts.set_rule(
        wish=alerts.Wish(percents=(80, 95), amounts=("25.00",), to_staff=(DESK,)),
        currency="EUR",
        by=by,
        now=now,
    )
    AlertPace.objects.update(sweep_after_pk=None, quiet_before=None)
    _webhooks(by, now)
    known = Wallet.objects.filter(organization__reference__in=cast.LEIS, closed_at=None).order_by("pk")
    looking.look_at(list(known.values_list("pk", flat=True)[:MOST]), now=lambda: now)
    first = known.filter(permanent_limit_micros__gt=0).first()
    if first:
        wish = alerts.Wish(percents=(50, 75, 90), to_customer=True, to_staff=(DESK,))
        alerts.set_rule(wish=wish, wallet=first, reason="Asked for by the customer", by=by, now=now)
    _sent(now)


def _webhooks(by: Actor, now: datetime) -> None:
    """Rows without the look-up of their names, which nobody has; paused, so that nobody calls them either."""
    for name, kinds in (("Customer portal", ["blocked", "recovered"]), ("Ticket system", [])):
        salt = secrets.new_salt()
        Webhook.objects.create(
            name=name, url=f"https://{name.split()[0].lower()}.demo.example/alerts", kinds=kinds, created_at=now,
            salt=salt, fingerprint=secrets.fingerprint(secrets.derived(salt)), by_user=by.user, by_name=by.name,
        )  # fmt: skip


def _sent(now: datetime) -> None:
    sends = AlertSend.objects.order_by("pk")
    sends.update(claimed_at=F("created_at") + MINUTE, sent_at=F("created_at") + MINUTE, tries=1)
    dead = sends.filter(webhook__isnull=False).first()
    if dead:
        AlertSend.objects.filter(pk=dead.pk).update(
            sent_at=None, failed_at=now, tries=10, error="It answered 503. upstream connect error"
        )
    open_one = sends.filter(webhook=None).last()
    if open_one:
        AlertSend.objects.filter(pk=open_one.pk).update(sent_at=None, claimed_at=now - 10 * MINUTE)
    Webhook.objects.update(paused_at=now)
