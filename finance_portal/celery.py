"""The Celery app; everything it needs to know stands in settings.py under `CELERY_`."""

import os
from functools import cache
from typing import Any

from celery import Celery
from celery.fixups.django import DjangoFixup, DjangoWorkerFixup
from django.db import close_old_connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "finance_portal.settings")


class KeptConnections(DjangoWorkerFixup):
    """A task ends like a request: its connection stays open for CONN_MAX_AGE, and is replaced once it is broken.

    Celery's own way closes every connection after every task, and a short task would mostly connect.
    """

    def close_database(self, **kwargs: Any) -> None:
        close_old_connections()


class Fixup(DjangoFixup):
    def __init__(self, app: Celery) -> None:
        super().__init__(app)
        self.kept = cache(lambda: KeptConnections(app))  # made late: it reads the settings

    @property
    def worker_fixup(self) -> DjangoWorkerFixup:
        return self.kept()


def fixup(app: Celery) -> DjangoFixup:
    return Fixup(app).install()


app = Celery("finance_portal", fixups=["finance_portal.celery:fixup"])
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
