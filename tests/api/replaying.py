"""The scenarios' charges, holds, retries, payments, refunds and limits through HTTP instead of the actions."""

import time_machine

from credit.models import Transaction
from tests.api.asking import Caller, a_client
from tests.scenarios.replay import KINDS, LONG_LIFE, Replay, instant


class Unknown:
    """A wallet that nobody has; scenarios name one."""

    def __init__(self, wallet_id):
        self.wallet_id = wallet_id or "W-0000-0000"


class HttpReplay(Replay):
    """The start, the clock, jobs and what only people do stay with the actions."""

    def __init__(self, scenario):
        super().__init__(scenario)
        self.statuses = []
        with time_machine.travel(self.now, tick=False):
            self.caller = Caller(a_client()[1])

    def ask(self, verb, *asked, **more):
        given = {name: value for name, value in more.items() if value not in (None, "")}
        with time_machine.travel(self.now, tick=False):
            answer = verb(*asked, **given)
        self.statuses.append(answer.status)
        assert answer.status < 500
        return self.told(answer)

    def told(self, answer):
        is_replay = answer.headers.get("Idempotent-Replayed") == "true"
        result = "rejected" if answer.status != 200 else "replayed" if is_replay else "accepted"
        if is_replay and answer.status != 200:
            result = "replayed"
        told = {"result": result, "reason": answer.reason}
        if answer.status == 200:
            told["amount"] = told["taken"] = answer.body.get("granted") or answer.body.get("amount") or "0"
            told["billed_period"] = f"{self.now:%Y-%m}"
        return told

    def wallet(self, step):
        named = super().wallet(step)
        return named if hasattr(named, "wallet_id") else Unknown(named)

    def do_charge(self, step):
        if step.get("up_to"):
            return self._take_up_to(step)
        kind = KINDS.get(step.get("kind"), step.get("kind"))
        return self.ask(
            self.caller.charge,
            self.wallet(step),
            step["amount"],
            kind,
            key=step.get("idem", ""),
            currency=step.get("currency"),
            reference=step.get("ref", ""),
            description=step.get("meta", ""),
            occurred_at=instant(step["event_time"]) if "event_time" in step else None,
        )

    def _take_up_to(self, step):
        reference = self.reference(step)
        held = self.do_reserve({**step, "ref": reference})
        if held["result"] == "accepted" and float(held["taken"]):
            return self.do_commit({"ref": reference})
        return held

    def do_reserve(self, step):
        life = int(step["ttl"]) if "ttl" in step else int(LONG_LIFE.total_seconds())
        more = {"life_seconds": life, "up_to": step.get("up_to")}
        return self.ask(self.caller.reserve, self.wallet(step), step["amount"], self.reference(step), **more)

    def do_commit(self, step):
        more = {name: step[name] for name in ("amount", "final", "overrun") if name in step}
        asked = ("commit", self.wallet(step), step["ref"], step.get("idem", ""))
        return self.ask(self.caller.on_hold, *asked, **more)

    def do_void(self, step):
        return self.ask(self.caller.on_hold, "release", self.wallet(step), step["ref"])

    def do_refund(self, step):
        line = Transaction.objects.filter(reference=step["ref"]).first()
        wallet = line.wallet if line else self.wallet(step)
        return self.ask(self.caller.refund, wallet, line.pk if line else 2**62)

    def do_topup(self, step):
        if step.get("state") == "pending":
            return super().do_topup(step)
        return self.ask(self.caller.pay, self.wallet(step), step["amount"], step.get("idem", ""))

    do_pay = do_topup

    def _set_limit(self, step, amount, days=None):
        path = f"wallets/{self.wallet(step).wallet_id}/limit"
        body = {"amount": str(amount), "reason_code": "other", "reason": "test"}
        wanted = {**body, "days": days} if days is not None else body
        told = self.ask(self.caller.post, path, wanted, None)
        if told["reason"] == "invalid_input":
            told = self.ask(self.caller.post, path, {**wanted, "confirmed": True}, None)
        return told

    def do_set_limit(self, step):
        days = int(step["temporary_days"]) if "temporary_days" in step else None
        return self._set_limit(step, step["amount"], days)

    def do_batch(self, step):
        lines = [
            {
                "wallet": self.wallet(item).wallet_id,
                "amount": item["amount"],
                "kind": "call",
                "key": f"line-{at}",
            }
            for at, item in enumerate(step["items"])
        ]
        with time_machine.travel(self.now, tick=False):
            answer = self.caller.batch(lines, atomic=step["atomic"])
        done = answer.status == 200 and answer.body["accepted"] == len(lines)
        return {"result": "accepted" if done else "rejected"}
