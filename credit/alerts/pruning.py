"""Alerts are news, not books: after a while they go, with what was sent of them, a bounded number at a time."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from credit.models import AlertEvent, AlertSend

AT_ONCE = 500


def prune(now: datetime) -> int:
    """How many alerts went: those older than CREDIT_ALERTS_KEPT_DAYS, the oldest first.

    They are found in the order in which they were made, so a look that finds nothing reads no more than that.
    """
    kept_from = now - timedelta(days=settings.CREDIT_ALERTS_KEPT_DAYS)
    with transaction.atomic():
        oldest = AlertEvent.objects.order_by("pk").values_list("pk", "at")[:AT_ONCE]
        gone = [pk for pk, at in oldest if at < kept_from]
        AlertSend.objects.filter(event__in=gone).delete()
        AlertEvent.objects.filter(pk__in=gone).delete()
    return len(gone)
