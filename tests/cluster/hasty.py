"""The portal's Celery app, less patient: what is lost is asked for again after seconds, and chunks are small.

In life a minute does not matter; here the whole month end lasts one. Small chunks take the way over the broker, which
a small month end does not need.
"""

from datetime import timedelta
from typing import Any

from celery.signals import worker_init

from finance_portal.celery import app

__all__ = ["app"]


@worker_init.connect
def make_hasty(**told: Any) -> None:
    from credit.actions import month_end

    month_end.ASKED_AGAIN_AFTER = timedelta(seconds=4)
    month_end.CHUNK_WALLETS["postgresql"] = 50
    month_end.FEW_CHUNKS = 1
