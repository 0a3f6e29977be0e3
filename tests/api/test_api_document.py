"""docs/api.md shows what the API really answers: every curl in it is sent here, and each answer compared.

`WRITE_DOCS=1 pytest tests/api/test_api_document.py` writes the answers anew; the rest of the page is written by people.
"""

import json
import os
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import time_machine

from credit.actions import limits, payments
from tests.api.asking import Answer, Caller, a_client
from tests.desk import FINANCE
from tests.factories import NOON, a_wallet, an_organization

pytestmark = pytest.mark.django_db

PATH = Path(__file__).resolve().parents[2] / "docs" / "api.md"
CALL = re.compile(r"```sh\n(?P<command>curl .*?)\n```\n\n```http\n(?P<answer>.*?)\n```", re.DOTALL)
SHORT = re.compile(r"\{\s*([^{}\[\]]{1,100}?)\s*\}")
STATUS_WORDS = {200: "OK", 202: "Accepted", 402: "Payment Required"}
FIRST_REQUEST = 12
FIRST_TRANSACTION = 40_001  # a line has any id in a test; in the document they are counted


class Reader:
    """Sends what the document says, and writes down what came back."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.shown: dict[int, int] = {}

    def answer(self, call: re.Match[str]) -> str:
        return f"```sh\n{call['command']}\n```\n\n```http\n{self._told(self._sent(call['command']))}\n```"

    def _sent(self, command: str) -> Answer:
        words = shlex.split(command.replace("\\\n", " "))
        path = next(word for word in words if word.startswith("$API/")).removeprefix("$API/")
        if "-d" not in words:
            return self.caller.get(path)
        key = next((word.partition(": ")[2] for word in words if word.startswith("Idempotency-Key: ")), None)
        body = json.loads(words[words.index("-d") + 1])
        if "transaction" in body:
            body["transaction"] = next(
                real for real, shown in self.shown.items() if shown == body["transaction"]
            )
        return self.caller.post(path, body, key)

    def _told(self, answer: Answer) -> str:
        replayed = answer.headers.get("Idempotent-Replayed")
        head = [
            f"{answer.status} {STATUS_WORDS[answer.status]}",
            *([f"Idempotent-Replayed: {replayed}"] if replayed else []),
        ]
        return "\n".join([*head, "", _pretty(self._named(answer.body))])

    def _named(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._named(one) for one in value]
        if not isinstance(value, dict):
            return value
        if "request" in value:
            value = {**value, "request": FIRST_REQUEST, "address": f"/api/v1/requests/{FIRST_REQUEST}"}
        return {
            name: self._number(one) if name in ("transaction", "corrects") else self._named(one)
            for name, one in value.items()
        }

    def _number(self, transaction: int | None) -> int | None:
        if transaction is None:
            return None
        return self.shown.setdefault(transaction, FIRST_TRANSACTION + len(self.shown))


def _pretty(body: Any) -> str:
    """An object on one line where it is short, as a person would write it; instants to the second."""
    text = json.dumps(body, indent=2, ensure_ascii=False)
    text = re.sub(r"(\d\d:\d\d:\d\d)(\.\d+)?\+00:00", r"\1Z", text)
    return SHORT.sub(lambda found: "{" + re.sub(r"\s*\n\s*", " ", found[1]) + "}", text)


@pytest.fixture
def reader():
    """Tatra Telekom: 100.00 paid in, a permanent limit of 50.00; Saturday, 14 March 2026, noon."""
    with time_machine.travel(NOON, tick=False):
        organization = an_organization("Tatra Telekom", uuid="0b0f6f2e-1d7a-4c39-9a52-5f3f0a1c7e11")
        wallet = a_wallet(organization, wallet_id="W-4071-0018")
        payments.record_payment(wallet=wallet, amount="100", by=FINANCE, now=NOON)
        limits.set_limit(wallet=wallet, amount="50", by=FINANCE, now=NOON)
        yield Reader(Caller(a_client("My switch")[1]))


def test_the_document_is_true(reader):
    written = PATH.read_text()
    true = CALL.sub(reader.answer, written)
    if os.environ.get("WRITE_DOCS"):
        PATH.write_text(true)

    assert len(CALL.findall(written)) >= 12
    assert true == written or os.environ.get("WRITE_DOCS")
