"""Real threads that start at one moment, each on its own connection, and a clock that never stands still."""

import itertools
import threading
from datetime import timedelta

from django.db import connection

from tests.factories import NOON

PATIENCE_SECONDS = 180


class Clock:
    """Read after the lock, as the actions do: its order is the order in which the row was written."""

    def __init__(self, start=NOON, tick=timedelta(microseconds=1)):
        self._instants = (start + tick * number for number in itertools.count())
        self._lock = threading.Lock()

    def __call__(self):
        with self._lock:
            return next(self._instants)


def together(*jobs):
    """Runs the jobs at once; their answers in order. An exception in a job is raised here; so is a deadlock."""
    barrier = threading.Barrier(len(jobs))
    answers = [None] * len(jobs)

    def run(number, job):
        try:
            barrier.wait(PATIENCE_SECONDS)
            answers[number] = job()
        except BaseException as error:
            answers[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair, daemon=True) for pair in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    assert not any(thread.is_alive() for thread in threads), "a job waits for ever: a deadlock"
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    return answers
