"""Requests from connections that stay open: by wrk where it is installed, else by threads of this process.

The threads take much more of the machine than wrk does and slow the fastest way down the most, so that ratios to it
look better than they are; the report says which of the two it was.
"""

import json
import random
import shutil
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from benchmarks.charging.books import Range
from benchmarks.rounds import Round

CONNECTIONS = 8
SCRIPT = Path(__file__).with_name("load.lua")
ADDRESSES = {0: "/api/v1/empty", 1: "/api/v1/charges"}


def generator() -> str:
    if shutil.which("wrk"):
        return f"wrk, 1 thread, {CONNECTIONS} connections"
    return f"{CONNECTIONS} Python threads (wrk is not installed)"


@dataclass
class Load:
    """`lines` 0: the empty POST; 1: a charge; more: a batch of so many. A rate counts lines, or empty POSTs."""

    port: int
    credential: str
    wallets: Range
    lines: int
    accepted: int = 0
    refused: int = 0
    unheard: int = 0

    def run(self, seconds: float) -> Round:
        told = (self._by_wrk if shutil.which("wrk") else self._by_threads)(seconds)
        if told["cut"]:
            raise RuntimeError(f"{told['cut']} connections were cut: {told}")
        answered = told["requests"] - told["refused"]
        self.refused += told["refused"]
        self.accepted += answered * self.lines
        # Asked when the time was up: done by the server, heard by nobody.
        self.unheard += CONNECTIONS * self.lines
        return Round(answered * max(1, self.lines) / told["seconds"], told["p99_ms"])

    def _by_wrk(self, seconds: float) -> dict:
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s", "--timeout", "20s"]
        headers = ["-H", f"Authorization: Bearer {self.credential}", "-H", "Content-Type: application/json"]
        asked = [self.wallets.first, self.wallets.last, self.lines, random.getrandbits(31)]
        command += [*headers, "-s", str(SCRIPT), f"http://127.0.0.1:{self.port}/", "--", *map(str, asked)]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return json.loads(told.splitlines()[-1])

    def _by_threads(self, seconds: float) -> dict:
        began = time.perf_counter()
        with ThreadPoolExecutor(CONNECTIONS) as threads:
            asked = [threads.submit(self._ask, began + seconds) for _ in range(CONNECTIONS)]
        answers = sorted(answer for each in asked for answer in each.result())
        return {
            "requests": len(answers),
            "refused": sum(status != 200 for _, status in answers),
            "cut": 0,
            "seconds": time.perf_counter() - began,
            "p99_ms": answers[int(len(answers) * 0.99)][0] * 1000,
        }

    def _ask(self, until: float) -> list[tuple[float, int]]:
        """Seconds and status of each answer to one connection."""
        answers = []
        with (
            socket.create_connection(("127.0.0.1", self.port)) as connection,
            connection.makefile("rb") as heard,
        ):
            while (began := time.perf_counter()) < until:
                connection.sendall(self._request())
                status = _answer(heard)
                answers.append((time.perf_counter() - began, status))
        return answers

    def _request(self) -> bytes:
        body = b"{}"
        if self.lines == 1:
            body = json.dumps(self._line()).encode()
        elif self.lines:
            lines = [{**self._line(), "key": str(random.getrandbits(62))} for _ in range(self.lines)]
            body = json.dumps({"lines": lines}).encode()
        head = (
            f"POST {ADDRESSES.get(self.lines, '/api/v1/batches')} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Authorization: Bearer {self.credential}\r\nIdempotency-Key: {random.getrandbits(62)}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    def _line(self) -> dict[str, str]:
        wallet = str(random.randint(self.wallets.first, self.wallets.last))
        return {"wallet": wallet, "amount": "0.01", "kind": "sms", "reference": "call-7f3a"}


def _answer(heard) -> int:
    status, length = int(heard.readline().split()[1]), 0
    while (line := heard.readline().strip().lower()) != b"":
        if line.startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    heard.read(length)
    return status
