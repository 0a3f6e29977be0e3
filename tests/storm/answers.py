"""What the clients were told, held against what stands: nothing answered as done is missing, no key has two effects."""

from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from credit.models import Answer, CreditLimit, HoldLine, Reservation, Transaction
from tests.storm.asking import Said

KNOWN_NO = {"credit_limit_exceeded", "reservation_expired", "reservation_closed", "reservation_exceeded",
            "already_refunded"}  # fmt: skip
# A limit is guarded by its version, not by a key; a retry after a lost answer may find its own change.
KNOWN_NO_TO_LIMITS = {"changed_meanwhile", "invalid_input"}


class Effects:
    """How often each key stands in the ledger, among the holds and in the history of limits."""

    def __init__(self) -> None:
        lines = Transaction.objects.exclude(kind="rounding")
        self.lines = {line.pk: line for line in lines.select_related("wallet")}
        self.of_key = Counter(_tag(line) for line in self.lines.values())
        self.of_hold = Counter(Reservation.objects.values_list("description", flat=True))
        self.of_limit = Counter(CreditLimit.objects.values_list("reason", flat=True))
        self.kept = {
            (wallet_id, key): answer
            for wallet_id, key, answer in Answer.objects.values_list("wallet__wallet_id", "key", "answer")
        }

    def faults(self, all_said: Iterable[Said]) -> Iterator[str]:
        for said in all_said:
            if said.verb == "limit":
                yield from self._of_limit(said)
            elif said.verb == "batch":
                yield from self._of_batch(said)
            else:
                yield from self._of_one(said.verb, said.key, said.body or {}, said.status, said.answer)

    def _of_batch(self, said: Said) -> Iterator[str]:
        body = said.body or {}
        undone = body["atomic"] and not said.accepted
        results = said.answer.get("results") or []
        if len(results) != len(body["lines"]):
            yield f"batch {body['lines'][0]['key']}: {said.status} {said.answer}"
            return
        for line, result in zip(body["lines"], results, strict=True):
            if undone:
                # It keeps no answer: an attempt that was thought lost may have come later and fitted.
                stands = self.of_key[line["key"]]
                if stands > said.doubtful:
                    yield f"line {line['key']} stands {stands} times, though its batch was undone"
            else:
                yield from self._of_one(
                    line.get("verb", "charge"), line["key"], line, result["status"], result
                )

    def _of_one(
        self, verb: str, key: str, body: dict[str, Any], status: int, told: dict[str, Any]
    ) -> Iterator[str]:
        name = f"{verb} {key}"
        stands = self.of_hold[key] if verb == "reserve" else self.of_key[key]
        wanted = status == 200 and verb not in ("extend", "release")
        if stands != wanted:
            yield f"{name} was answered {status} and stands {stands} times: {told}"
        kept = self.kept.get((body["wallet"], key))
        if kept is None or bool(kept.get("accepted")) != (status == 200):
            yield f"{name} was answered {status}, kept is {kept}"
        if status == 200 and told.get("transaction"):
            yield from self._of_line(name, body, told)
        if status != 200 and (status, told.get("reason") in KNOWN_NO) != (402, True):
            yield f"{name} got an answer nobody expected: {status} {told}"

    def _of_line(self, name: str, body: dict[str, Any], told: dict[str, Any]) -> Iterator[str]:
        line = self.lines.get(told["transaction"])
        if line is None:
            yield f"{name} was answered with line {told['transaction']}, which is missing"
            return
        amount = Decimal(abs(line.amount_micros)).scaleb(-6)
        right = [
            line.wallet.wallet_id == body["wallet"] == told["wallet"],
            line.sequence == told["sequence"],
            amount == Decimal(told["amount"]) == Decimal(body.get("amount", told["amount"])),
        ]
        if not all(right):
            yield f"{name}: {told} is not what stands: {amount} at {line.sequence}"

    def _of_limit(self, said: Said) -> Iterator[str]:
        reason = (said.body or {})["reason"]
        stands = self.of_limit[reason]
        if said.accepted != stands and not (said.doubtful and stands == 1):
            yield f"limit {reason} was answered {said.status} and stands {stands} times: {said.answer}"
        if not said.accepted and said.answer.get("reason") not in KNOWN_NO_TO_LIMITS:
            yield f"limit {reason} got an answer nobody expected: {said.status} {said.answer}"


def _tag(line: Transaction) -> str:
    """The key that made the line: refunds carry it as reason, commits as description, all others as reference."""
    return line.reason or (line.description if line.reservation_id else line.reference)


def hold_faults(all_said: Iterable[Said]) -> Iterator[str]:
    """Every answered step of a hold stands once: placing, extending, committing, and one end."""
    steps = Counter(HoldLine.objects.values_list("reservation__wallet__wallet_id", "reservation__reference"))
    answered: Counter[tuple[str, str]] = Counter()
    for said in all_said:
        if said.accepted and said.verb in ("reserve", "extend", "commit"):
            answered[said.answer["wallet"], said.answer["reference"]] += 1
    ended = Reservation.objects.filter(ending__in=["released", "expired", "replaced"])
    for name in ended.values_list("wallet__wallet_id", "reference"):
        answered[name] += 1
    for name in steps.keys() | answered.keys():
        if steps[name] != answered[name]:
            yield f"hold {name} has {steps[name]} steps, {answered[name]} were answered"


def replay_fault(first: Said, again: Said) -> str:
    """Empty if the key gave its first answer again."""
    if first.verb == "batch":
        same = _without_marks(first.answer) == _without_marks(again.answer)
        marked = all(result["replayed"] for result in again.answer.get("results", [{"replayed": False}]))
    else:
        same, marked = first.answer == again.answer, again.replayed
    if first.status == again.status and same and marked:
        return ""
    return (
        f"{first.verb} {first.key}: first {first.status} {first.answer}, then {again.status} {again.answer}"
    )


def is_replayable(said: Said) -> bool:
    """Limits have no key, and an undone batch keeps none."""
    return said.verb != "limit" and (said.verb != "batch" or said.accepted)


def _without_marks(answer: dict[str, Any]) -> Any:
    return [
        {name: value for name, value in result.items() if name != "replayed"}
        for result in answer.get("results", [])
    ]
