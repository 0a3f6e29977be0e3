"""What the 64 clients do all the time: charge, batch, hold, refund, pay and change limits, each with keys of its own.

The key of a request also stands in its reference, description or reason: that is how its effects are counted later.
"""

import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from tests.storm.asking import Asker, Said
from tests.storm.scene import Account

USAGE = ["call", "sms", "fax", "number_activation"]
PURCHASES = ["subscription", "addon", "service", "hardware"]
HOT = 4  # wallets that a third of all requests meet on
API = "/api/v1"


class Customer:
    def __init__(self, number: int, asker: Asker, accounts: list[Account], random: Random) -> None:
        self.number = number
        self.asker = asker
        self.accounts = accounts
        self.random = random
        self.said: list[Said] = []
        self.failed: Exception | None = None
        self._count = 0

    def live_until(self, end: float) -> None:
        scenes = [self.charge, self.batch, self.call, self.pay, self.change_limit]
        try:
            while time.monotonic() < end:
                self.random.choices(scenes, [50, 10, 22, 12, 6])[0]()
        except Exception as error:
            self.failed = error

    # -- what a client does

    def charge(self) -> None:
        wallet, kind = self._wallet(), self._kind()
        amount = self._amount(kind)
        key = self._key()
        said = self._ask("charge", "charges", key, self._line(wallet, kind, amount, key))
        if said.accepted and self.random.random() < 0.2:
            self._refund(wallet, said.answer["transaction"], amount, kind)

    def _refund(self, wallet: Account, transaction: int, charged: Decimal, kind: str) -> None:
        part = charged * self.random.choice([Decimal("0.25"), Decimal("0.5"), Decimal(1), Decimal(2)])
        part = part.quantize(Decimal("0.01" if kind in PURCHASES else "0.000001"))
        if part:
            key = self._key()
            asked = {"wallet": wallet.wallet_id, "transaction": transaction, "amount": str(part)}
            self._ask("refund", "refunds", key, {**asked, "reason": key})

    def batch(self) -> None:
        wallets = [self._wallet() for _ in range(self.random.randint(1, 5))]
        lines = [self._batch_line(self.random.choice(wallets)) for _ in range(self.random.randint(2, 25))]
        if self.random.random() < 0.1:
            lines.append(lines[0])  # the same key twice in one batch
        atomic = self.random.random() < 0.3
        self._ask("batch", "batches", "", {"atomic": atomic, "lines": lines})

    def _batch_line(self, wallet: Account) -> dict[str, Any]:
        key = self._key()
        if self.random.random() < 0.1:
            return {"verb": "payment", "key": key, **self._payment(wallet, key)}
        kind = self._kind()
        return {"key": key, **self._line(wallet, kind, self._amount(kind), key)}

    def call(self) -> None:
        """A call in progress: reserve, extend, commit in parts; the end is a commit, a release or silence."""
        wallet, key = self._wallet(), self._key()
        held = {"amount": str(self._money(1, 60)), "life_seconds": self.random.choice([1, 2, 60])}
        about = {"kind": self._kind(), "up_to": self.random.random() < 0.2, "description": key}
        named = {"wallet": wallet.wallet_id, "reference": f"call-{key}"}
        if not self._ask("reserve", "reservations", key, {**named, **held, **about}).accepted:
            return
        if self.random.random() < 0.2:  # again under the same reference: replaces
            again = self._key()
            more = {"amount": str(self._money(1, 60)), "kind": about["kind"], "description": again}
            self._ask("reserve", "reservations", again, {**named, **more})
        if self.random.random() < 0.5:
            self._ask("extend", "reservations/extend", self._key(), {**named, **self._extension()})
        for _ in range(self.random.randint(0, 2)):
            self._commit(named, {"amount": str(self._money(1, 8)), "final": False})
        self._end(named)

    def _extension(self) -> dict[str, Any]:
        return self.random.choice(
            [{"total": str(self._money(1, 90))}, {"life_seconds": 60}, {"total": "15", "life_seconds": 2}]
        )

    def _commit(self, named: dict[str, str], more: dict[str, Any]) -> None:
        key = self._key()
        self._ask("commit", "reservations/commit", key, {**named, **more, "description": key})

    def _end(self, named: dict[str, str]) -> None:
        ending = self.random.random()
        if ending < 0.5:
            self._commit(named, self.random.choice([{}, {"amount": str(self._money(1, 20))}]))
        elif ending < 0.8:
            self._ask("release", "reservations/release", self._key(), named)

    def pay(self) -> None:
        key = self._key()
        self._ask("payment", "payments", key, self._payment(self._wallet(), key))

    def change_limit(self) -> None:
        """Decided on what was read; temporary for prepaid, some of them so short that they end in the storm."""
        wallet = self._wallet()
        read = self.asker.ask(Said("read", f"{API}/wallets/{wallet.wallet_id}", None, ""))
        change = {
            "amount": str(self.random.randint(0, 400)),
            "confirmed": True,
            "reason_code": "other",
            "reason": self._key(),
        }
        if wallet.mode == "prepaid" and self.random.random() < 0.6:
            ends_at = datetime.now(UTC) + timedelta(seconds=self.random.uniform(1, 4))
            change["ends_at"] = ends_at.isoformat()
        path = f"{API}/wallets/{wallet.wallet_id}/limit"
        asked = Said("limit", path, {**change, "version": read.answer["version"]}, "")
        self.said.append(self.asker.ask(asked))

    # -- words and numbers

    def _ask(self, verb: str, path: str, key: str, body: dict[str, Any]) -> Said:
        said = self.asker.ask(Said(verb, f"{API}/{path}", body, key))
        self.said.append(said)
        return said

    def _line(self, wallet: Account, kind: str, amount: Decimal, key: str) -> dict[str, Any]:
        return {"wallet": wallet.wallet_id, "amount": str(amount), "kind": kind, "reference": key}

    def _payment(self, wallet: Account, key: str) -> dict[str, Any]:
        return {"wallet": wallet.wallet_id, "amount": str(self._money(1, 60)), "reference": key}

    def _key(self) -> str:
        self._count += 1
        return f"{self.number}-{self._count}"

    def _wallet(self) -> Account:
        many = self.accounts[:HOT] if self.random.random() < 0.33 else self.accounts
        return self.random.choice(many)

    def _kind(self) -> str:
        return self.random.choice(USAGE if self.random.random() < 0.8 else PURCHASES)

    def _amount(self, kind: str) -> Decimal:
        """Small ones mostly, now and then one that cannot fit, rarely zero."""
        size = self.random.choices([0, 5, 40, 900], [1, 70, 24, 5])[0]
        return self._money(0, size) if kind in PURCHASES else self._exact(size)

    def _money(self, least: int, most: int) -> Decimal:
        return Decimal(self.random.randint(least * 100, most * 100)).scaleb(-2)

    def _exact(self, most: int) -> Decimal:
        return Decimal(self.random.randint(0, most * 1_000_000)).scaleb(-6)
