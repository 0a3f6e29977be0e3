"""Somebody who looks at the list all the time; it is read from the standby while that can be trusted."""

import http.client
import threading
import time
from collections import Counter
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.test import Client

from credit.groups import VIEWER
from credit.replica import HEADER
from tests.cluster.portal import PORT

PAUSE_SECONDS = 0.5


class Reader:
    def __init__(self, address: str) -> None:
        self.address = address
        self.tally: Counter[str] = Counter()
        user = User.objects.create_user("reader")
        user.groups.add(Group.objects.get(name=VIEWER))
        client = Client()
        client.force_login(user)
        self.headers = {
            "Cookie": f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
        }

    def begin(self, is_over: Callable[[], bool]) -> threading.Thread:
        thread = threading.Thread(target=self._read_until, args=[is_over], daemon=True)
        thread.start()
        return thread

    def _read_until(self, is_over: Callable[[], bool]) -> None:
        while not is_over():
            self.tally[self._look()] += 1
            time.sleep(PAUSE_SECONDS)

    def _look(self) -> str:
        connection = http.client.HTTPConnection(self.address, PORT, timeout=5)
        try:
            connection.request("GET", "/organizations/", headers=self.headers)
            answer = connection.getresponse()
        except OSError:
            return "lists not shown: web was away"
        finally:
            connection.close()
        if answer.status != 200:
            return f"lists not shown: {answer.status}"
        return f"lists from the {'standby' if HEADER in answer.headers else 'primary'}"
