"""Writing down what all customers together may use, have used and owe: once a day and currency, as last counted."""

from datetime import datetime

from django.db import transaction

from credit.models import Exposure, ExposureLine
from credit.reports import exposure

_COUNTED = [
    "taken_at", "wallets", "unlimited_wallets", "limits_micros", "used_micros", "unlimited_used_micros",
    "unbilled_micros", "due_micros",
]  # fmt: skip


def take(*, now: datetime) -> dict[str, int]:
    """Counts every open wallet and replaces what was counted earlier on the same day. Days before stay as they are.

    Twice or in parallel: the day has one of the counts, whole. Returns how many currencies were counted.
    """
    counted = exposure.count(now)
    with transaction.atomic():
        _write([each for each, _ in counted], now)
        _write_lines(counted, now)
    return {"currencies": len(counted)}


def _write(exposures: list[Exposure], now: datetime) -> None:
    """In the order of the codes, so that two runs wait for each other and not in a ring."""
    Exposure.objects.bulk_create(
        exposures, update_conflicts=True, unique_fields=["currency", "day"], update_fields=_COUNTED
    )
    gone = Exposure.objects.filter(day=exposure.day_of(now))
    gone.exclude(currency__in=[each.currency for each in exposures]).delete()


def _write_lines(counted: list[tuple[Exposure, list[ExposureLine]]], now: datetime) -> None:
    today = Exposure.objects.filter(day=exposure.day_of(now))
    pks = dict(today.values_list("currency", "pk"))
    ExposureLine.objects.filter(exposure__in=pks.values()).delete()
    lines = []
    for each, parts in counted:
        for line in parts:
            line.exposure_id = pks[each.currency]
            lines.append(line)
    ExposureLine.objects.bulk_create(lines, batch_size=500)
