"""Every decision of one wallet taken again, in its order, by sums of its own: was it ever given more than usable?

Shares no code with `credit.rules`. The order is that of the kept answers, which are written under the wallet's lock.
A change of limit has no kept answer: one at the very microsecond of a decision may have come before it or after it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from credit.models import Answer, CreditLimit, Period, Transaction, Wallet

PURCHASES = ("subscription", "addon", "service", "hardware")
UNLIMITED = 10**30


@dataclass
class Hold:
    rest: int
    committed: int
    expires_at: datetime
    kind: str = ""


@dataclass
class Judge:
    wallet: Wallet
    balance: int = 0  # less closing
    unbilled: int = 0
    holds: dict[str, Hold] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    decisions: int = 0
    checked: int = 0

    def __post_init__(self) -> None:
        self.lines = {line.pk: line for line in Transaction.objects.filter(wallet=self.wallet)}
        self.roundings = sorted(
            (line for line in self.lines.values() if line.kind == "rounding"), key=lambda line: line.sequence
        )
        self.limits = list(CreditLimit.objects.filter(wallet=self.wallet))
        ends = set(Period.objects.filter(wallet=self.wallet).values_list("ends_at", flat=True))
        self.ends = sorted(ends | {self.wallet.period_ends_at} - {None})

    def judge(self) -> None:
        latest = None
        for at, verb, answer in self._answers():
            if latest and at < latest:
                self._fault(answer, f"decided at {at}, before {latest}")
            latest = at
            self._pass_time(at, answer.get("sequence", 0))
            self._decide(at, verb, answer)
        for line in self.lines.values():
            if line.kind != "rounding" and line.pk not in self._named:
                self.faults.append(f"{self.wallet}: {line.kind} {line.sequence} stands under no answer")

    def _answers(self) -> Iterator[tuple[datetime, str, dict[str, Any]]]:
        kept = list(Answer.objects.filter(wallet=self.wallet).order_by("pk"))
        accepted = [row.answer for row in kept if row.answer.get("accepted")]
        named = [answer["transaction_id"] for answer in accepted if "transaction_id" in answer]
        self._named = set(named)
        if len(self._named) < len(named):
            self.faults.append(f"{self.wallet}: one line stands under two keys")
        for row in kept:
            yield row.created_at, row.answer["verb"], {"key": row.key, **row.answer}

    def _pass_time(self, at: datetime, sequence: int) -> None:
        while self.ends and self.ends[0] <= at:
            self.ends.pop(0)
            self.balance -= self.unbilled
            self.unbilled = 0
        for hold in self.holds.values():
            if hold.expires_at <= at:
                hold.rest = 0
        while self.roundings and (self.roundings[0].posted_at < at or self.roundings[0].sequence < sequence):
            self.balance += self.roundings.pop(0).amount_micros

    # -- the decision

    def _decide(self, at: datetime, verb: str, answer: dict[str, Any]) -> None:
        self.decisions += 1
        if not answer.get("accepted"):
            self._declined(at, verb, answer)
            return
        before = self._usable(at)
        wanted, given_back = self._wanted(verb, answer)
        if wanted > 0 and wanted > given_back:
            self.checked += 1
            if wanted - given_back > max(before):
                self._fault(answer, f"{wanted} accepted, {max(before) + given_back} usable")
        self._apply(verb, answer)
        told = UNLIMITED if answer.get("unlimited") else answer.get("usable_micros", 0)
        if told not in self._usable(at):
            self._fault(answer, f"told {told} usable, it was {self._usable(at)}")

    def _declined(self, at: datetime, verb: str, answer: dict[str, Any]) -> None:
        fits = verb == "charge" and answer.get("amount_micros", 0) <= min(self._usable(at))
        if fits and answer["reason"] == "credit_limit_exceeded":
            self._fault(answer, f"{answer.get('amount_micros')} declined, {self._usable(at)} usable")

    def _wanted(self, verb: str, answer: dict[str, Any]) -> tuple[int, int]:
        """What the limit had to carry, and what a hold gave back for it."""
        if verb == "charge":
            line = self.lines[answer["transaction_id"]]
            return (0 if self._is_invoiced_at_once(line.kind) else -line.amount_micros), 0
        rest = self.holds[answer["details"]["reference"]].rest if self._has_hold(answer) else 0
        if verb == "reserve":
            return answer["details"]["granted_micros"], rest
        if verb == "extend":
            return answer["details"]["rest_micros"], rest
        if verb == "commit" and answer.get("amount_micros", 0) > rest:
            self._fault(answer, f"{answer['amount_micros']} committed, {rest} held")
        return 0, 0

    def _has_hold(self, answer: dict[str, Any]) -> bool:
        return answer.get("details", {}).get("reference") in self.holds

    def _is_invoiced_at_once(self, kind: str) -> bool:
        return self.wallet.scheme == "individual" and kind in PURCHASES

    def _apply(self, verb: str, answer: dict[str, Any]) -> None:
        if "transaction_id" in answer:
            line = self.lines.get(answer["transaction_id"])
            if line is None:
                self._fault(answer, "its line is missing")
            elif line.counted:
                self.unbilled -= line.amount_micros
            else:
                self.balance += line.amount_micros
        if verb in ("reserve", "extend", "commit", "release"):
            said = answer["details"]
            end = datetime.fromisoformat(said["expires_at"])
            self.holds[said["reference"]] = Hold(said["rest_micros"], said["committed_micros"], end)

    # -- what was usable

    def _usable(self, at: datetime) -> set[int]:
        late = sum(line.amount_micros for line in self.roundings if line.posted_at == at)
        reserved = sum(hold.rest for hold in self.holds.values())
        usable = set()
        for limit in {self._limit(at, settled=True), self._limit(at, settled=False)}:
            for balance in {self.balance, self.balance + late}:
                credit = balance if self.wallet.mode == "prepaid" else max(0, balance) - self.unbilled
                usable.add(UNLIMITED if limit is None else limit + credit - reserved)
        return usable

    def _limit(self, at: datetime, *, settled: bool) -> int | None:
        """`settled`: with what began at this very instant; otherwise as it was just before."""

        def runs(row: CreditLimit) -> bool:
            over_at = min([end for end in (row.ends_at, row.ended_at) if end], default=None)
            if settled:
                return row.starts_at <= at and (over_at is None or at < over_at)
            # What the clock ends has ended at its instant; what a person ends may still have stood.
            by_clock = row.ends_at is not None and row.ends_at <= at
            return row.starts_at < at and not by_clock and (over_at is None or at <= over_at)

        running = [row for row in self.limits if runs(row)]
        temporary = [row for row in running if row.slot == "temporary"]
        for row in (temporary or running)[:1]:
            return None if row.unlimited else row.amount_micros
        return 0

    def _fault(self, answer: dict[str, Any], words: str) -> None:
        self.faults.append(f"{self.wallet} {answer['verb']} {answer['key']}: {words}")


def judge_all() -> tuple[list[str], int]:
    """The faults of all wallets, and how many decisions the limit had to carry."""
    judges = [Judge(wallet) for wallet in Wallet.objects.order_by("pk")]
    for judge in judges:
        judge.judge()
    return [fault for judge in judges for fault in judge.faults], sum(judge.checked for judge in judges)
