# The Celery app must exist before any `shared_task` is imported, in every process.
from finance_portal.celery import app as celery_app

__all__ = ["celery_app"]
