"""Another process that books what the clock has ended, again and again: `python -m tests.storm.month_end`."""

import os
import time
from contextlib import suppress

import django

PAUSE_SECONDS = 0.3


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "finance_portal.settings")
    django.setup()
    from django.db import OperationalError, connection

    from credit import tasks

    while True:
        for job in (tasks.close_due_periods, tasks.book_ended_limits, tasks.release_expired_holds):
            # What was cut is taken up by the next round, as by the next beat.
            with suppress(OperationalError):
                job()
        connection.close_if_unusable_or_obsolete()
        time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    main()
