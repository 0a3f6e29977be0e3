"""A system that asks over HTTP, for tests: one call per verb, the answer as a small object."""

import json
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any

from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from credit.actions import clients
from credit.actors import Actor
from credit.groups import MANAGER
from credit.models import Scope

ADMINISTRATOR = Actor.system("Administrator")
_keys = count(1)


@dataclass
class Answer:
    status: int
    body: Any
    headers: Any

    @property
    def reason(self) -> str:
        return self.body.get("reason", "")

    @property
    def is_problem(self) -> bool:
        return self.headers["Content-Type"] == "application/problem+json"


def a_client(name: str = "Mediation", scopes: list[str] | None = None) -> tuple[Any, str]:
    wanted = Scope.values if scopes is None else scopes
    group = Group.objects.get(name=MANAGER)
    said = {"name": name, "scopes": wanted, "authority": group}
    return clients.create_client(**said, by=ADMINISTRATOR, now=timezone.now())


class Caller:
    """`caller.charge(wallet, "12.50")`; every money request gets a new key unless one is given."""

    def __init__(self, credential: str) -> None:
        self.credential = credential
        self.http = Client(raise_request_exception=False)

    def headers(self, **more: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.credential}", **more}

    def get(self, path: str, **query: Any) -> Answer:
        return self._answered(self.http.get(f"/api/v1/{path}", query, headers=self.headers()))

    def post(self, path: str, body: Any, key: str | None = "", raw: bool = False) -> Answer:
        headers = (
            self.headers() if key is None else self.headers(**{"Idempotency-Key": key or self.new_key()})
        )
        content = body if raw else json.dumps(body, default=_text)
        sent = self.http.post(f"/api/v1/{path}", content, content_type="application/json", headers=headers)
        return self._answered(sent)

    def decide(self, path: str, body: dict[str, Any], key: str | None = None) -> Answer:
        """A change of limit or mode: with a reason, and a key only if one is given."""
        return self.post(path, {"reason_code": "other", **body}, key)

    def new_key(self) -> str:
        return f"key-{next(_keys)}"

    def charge(self, wallet: Any, amount: str, kind: str = "call", key: str = "", **more: Any) -> Answer:
        return self.post("charges", {"wallet": wallet.wallet_id, "amount": amount, "kind": kind, **more}, key)

    def pay(self, wallet: Any, amount: str, key: str = "", **more: Any) -> Answer:
        return self.post("payments", {"wallet": wallet.wallet_id, "amount": amount, **more}, key)

    def refund(self, wallet: Any, transaction: int, key: str = "", **more: Any) -> Answer:
        asked = {"wallet": wallet.wallet_id, "transaction": transaction, "reason": "complaint", **more}
        return self.post("refunds", asked, key)

    def reserve(
        self, wallet: Any, amount: str, reference: str = "call-1", key: str = "", **more: Any
    ) -> Answer:
        asked = {"wallet": wallet.wallet_id, "amount": amount, "reference": reference, **more}
        return self.post("reservations", asked, key)

    def on_hold(
        self, verb: str, wallet: Any, reference: str = "call-1", key: str = "", **more: Any
    ) -> Answer:
        return self.post(
            f"reservations/{verb}", {"wallet": wallet.wallet_id, "reference": reference, **more}, key
        )

    def batch(self, lines: list[dict[str, Any]], **more: Any) -> Answer:
        return self.post("batches", {"lines": lines, **more}, None)

    def read(self, wallet: Any, **query: Any) -> Answer:
        return self.get(f"wallets/{wallet.wallet_id}", **query)

    @staticmethod
    def _answered(response: Any) -> Answer:
        is_json = "json" in response.headers.get("Content-Type", "")
        return Answer(
            response.status_code, json.loads(response.content) if is_json else response.content, response
        )


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
