"""One client's connection: every request is sent again, with the same key, until it is answered."""

import http.client
import json
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Any

# How often a client hangs up before it has sent all, or before it has read the answer.
HANGS_UP = 0.05
ANSWERS_WITHIN_SECONDS = 60


class NoAnswer(Exception):
    """A request was tried again until the storm was long over."""


@dataclass
class Said:
    """A request and the answer that counted. `doubtful`: an attempt before it got no answer."""

    verb: str
    path: str
    body: dict[str, Any] | None
    key: str
    status: int = 0
    answer: Any = None
    replayed: bool = False
    doubtful: bool = False

    @property
    def accepted(self) -> bool:
        return self.status == 200

    @property
    def is_replay(self) -> bool:
        return self.replayed or any(line["replayed"] for line in self.answer.get("results") or [])


class Asker:
    def __init__(self, port: int, credential: str, random: Random, is_over: Callable[[], bool]) -> None:
        self.port = port
        self.random = random
        self.is_over = is_over
        self.tally: Counter[str] = Counter()
        self.headers = {"Authorization": f"Bearer {credential}", "Content-Type": "application/json"}
        self._connection = self._new_connection()

    def ask(self, said: Said) -> Said:
        self.tally["requests"] += 1
        give_up_at = time.monotonic() + ANSWERS_WITHIN_SECONDS
        while True:
            self.tally["sent"] += 1
            if self._is_answered(said):
                self.tally["accepted" if said.accepted else "declined or refused"] += 1
                self.tally["tried more than once"] += said.doubtful
                self.tally["done by an attempt that seemed lost"] += said.doubtful and said.is_replay
                return said
            said.doubtful = True
            if time.monotonic() > give_up_at:
                raise NoAnswer(f"{said.verb} {said.key} was never answered: {said.status} {said.answer}")
            time.sleep(self.random.uniform(0.02, 0.2))

    def _is_answered(self, said: Said) -> bool:
        try:
            if not self.is_over() and self.random.random() < HANGS_UP:
                self._hang_up(said)
                return False
            self._once(said)
        except (OSError, http.client.HTTPException):
            self.tally["connection lost"] += 1
            self._renew()
            return False
        if said.status in (429, 500, 502, 503) or said.answer.get("reason") == "busy":
            self.tally[f"told to send again: {said.status}"] += 1
            return False
        return True

    def _once(self, said: Said) -> None:
        method, body, headers = self._parts(said)
        self._connection.request(method, said.path, body, headers)
        response = self._connection.getresponse()
        content = response.read()
        said.status = response.status
        # A server that cannot even begin answers with a page.
        said.answer = json.loads(content) if "json" in response.headers.get("Content-Type", "") else {}
        said.replayed = response.headers.get("Idempotent-Replayed") == "true"

    def _hang_up(self, said: Said) -> None:
        """Half the request, or all of it and no ear for the answer; the server does with it what it can."""
        method, content, headers = self._parts(said)
        whole = self.random.random() < 0.6
        self.tally["hung up before the answer" if whole else "hung up in the middle"] += 1
        if whole:
            self._connection.request(method, said.path, content, headers)
            time.sleep(self.random.uniform(0, 0.01))
        else:
            length = {"Content-Length": str(len(content or b""))}
            self._connection.putrequest(method, said.path)
            for name, value in {**headers, **length}.items():
                self._connection.putheader(name, value)
            self._connection.endheaders((content or b"")[: len(content or b"") // 2])
        self._renew()

    def _parts(self, said: Said) -> tuple[str, bytes | None, dict[str, str]]:
        headers = {**self.headers, "Idempotency-Key": said.key} if said.key else self.headers
        if said.body is None:
            return "GET", None, headers
        return "POST", json.dumps(said.body).encode(), headers

    def _renew(self) -> None:
        with suppress(OSError):
            self._connection.close()
        self._connection = self._new_connection()

    def _new_connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)
