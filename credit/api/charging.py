"""Charges, one or a thousand, and refunds."""

from typing import Annotated, Any, Literal

from django.http import HttpResponse
from django.utils import timezone
from ninja import Router
from pydantic import Discriminator, Field, Tag

from credit.actions import charges, combining, corrections, payments
from credit.actions.answering import LONGEST_BATCH, Request
from credit.actions.outcome import Outcome
from credit.actions.refusals import BadInput
from credit.api import answers, shapes
from credit.api.clients import ClientKey, SignedIn
from credit.api.fields import (
    Body,
    Currency,
    Day,
    Flag,
    Id,
    Instant,
    Key,
    Money,
    Reference,
    Text,
    WalletId,
    key_of,
)
from credit.api.problems import Problem, of_decline, of_refusal
from credit.archive import telling
from credit.models import Transaction, Wallet
from credit.terms import CHARGES, Kind, Reason

router = Router(tags=["Charges"])
ChargeKind = Literal[tuple(kind.value for kind in Kind if kind in CHARGES)]  # type: ignore[valid-type]


class ChargeFields(Body):
    wallet: WalletId
    amount: Money
    currency: Currency | None = None
    reference: Reference = ""
    description: Text = ""
    occurred_at: Instant | None = None
    overrun: Flag = Field(
        False, description="The service was delivered: charged in full. Needs the scope overrun."
    )


class Charge(ChargeFields):
    kind: ChargeKind  # type: ignore[valid-type]


class BatchKey(Body):
    key: Annotated[str, Field(min_length=1, max_length=255, description="The line’s idempotency key.")]


class ChargeLine(ChargeFields, BatchKey):
    verb: Literal["charge"] = "charge"
    kind: Annotated[str, Field(max_length=18, examples=["sms"])]


class PaymentFields(Body):
    wallet: WalletId
    amount: Money
    currency: Currency | None = None
    received_on: Day | None = Field(None, description="Today, if left out.")
    reference: Reference = ""
    remark: Text = ""
    another: Flag = Field(False, description="Confirms that a used reference stands for one more payment.")


class PaymentLine(PaymentFields, BatchKey):
    verb: Literal["payment"]
    method: Annotated[str, Field(max_length=20)] | None = None


def _verb(sent: Any) -> str:
    verb = sent.get("verb", "charge") if isinstance(sent, dict) else getattr(sent, "verb", "charge")
    return verb if isinstance(verb, str) else ""


BatchLine = Annotated[
    Annotated[ChargeLine, Tag("charge")] | Annotated[PaymentLine, Tag("payment")], Discriminator(_verb)
]


class Batch(Body):
    atomic: Flag = Field(False, description="All lines or none.")
    lines: Annotated[list[BatchLine], Field(min_length=1, max_length=LONGEST_BATCH)]


class Refund(Body):
    wallet: WalletId
    transaction: Annotated[Id, Field(description="The charge’s, as it was answered or stands in the ledger.")]
    amount: Money | None = Field(None, description="All that is left, if not sent.")
    reason: Annotated[str, Field(min_length=1, max_length=255)]


def answer(outcome: Outcome) -> HttpResponse:
    """A single verb's outcome. A replay has the first one's status and body, and says so in a header."""
    if outcome.error is not None:
        raise of_refusal(outcome.error)
    response = answers.json(answers.accepted(outcome)) if outcome.accepted else of_decline(outcome).response()
    if outcome.replayed:
        response["Idempotent-Replayed"] = "true"
    return response


@router.post("/charges", auth=ClientKey("charge"), response=shapes.Accepted, summary="Charge")
def post_charge(request: SignedIn, body: Charge, key: Key) -> HttpResponse:
    """Asks the rule and posts, in one step. Declined is 402: nothing is charged, the attempt is recorded."""
    line = charges.Line(**body.__dict__, key=key_of(key))
    return answer(combining.charge(line, by=request.auth, now=timezone.now))


@router.post("/batches", auth=ClientKey("charge"), response=shapes.BatchAnswer, summary="Post a batch")
def post_batch(request: SignedIn, body: Batch) -> HttpResponse:
    """Up to 1,000 charges and payments, decided in order, each with its own `key` and its own result.

    200 says that the batch was worked through: look at each line’s `status`. With `atomic`, a batch in which a line
    is refused gets that line’s status, and nothing of it stands. Payments need the scope pay.
    """
    lines = [_request(line) for line in body.lines]
    if not request.auth.may("credit.record_payment"):
        _refuse_payments(lines)
    outcomes = charges.post(lines=lines, atomic=body.atomic, by=request.auth, now=timezone.now)
    told = _told(body, outcomes)
    if body.atomic and told["accepted"] < len(outcomes):
        raise _undone(told)
    return answers.json(told)


@router.post("/refunds", auth=ClientKey("charge"), response=shapes.Refunded, summary="Refund")
def refund(request: SignedIn, body: Refund, key: Key) -> HttpResponse:
    """Gives a charge back, whole or in part: it goes where the charge went."""
    original = _original(body)
    asked: dict[str, Any] = {"amount": body.amount, "reason": body.reason, "key": key_of(key)}
    return answer(corrections.refund(transaction=original, by=request.auth, now=timezone.now, **asked))


def _request(line: ChargeLine | PaymentLine) -> Request:
    fields = {name: value for name, value in line.__dict__.items() if name != "verb"}
    return charges.Line(**fields) if line.verb == "charge" else payments.PaymentLine(**fields)


def _refuse_payments(lines: list[Request]) -> None:
    if any(isinstance(line, payments.PaymentLine) for line in lines):
        raise Problem(403, "not_authorized", "The client does not have the scope pay.", scope="pay")


def _told(body: Batch, outcomes: list[Outcome]) -> dict[str, Any]:
    results = [_result(line.key, outcome) for line, outcome in zip(body.lines, outcomes, strict=True)]
    accepted = sum(outcome.accepted for outcome in outcomes)
    declined = sum(result["status"] == 402 for result in results)
    counts = {"accepted": accepted, "declined": declined, "refused": len(results) - accepted - declined}
    return {**counts, "results": results}


def _result(key: str, outcome: Outcome) -> dict[str, Any]:
    told = {"key": key, "replayed": outcome.replayed}
    if outcome.accepted:
        return {"status": 200, **told, **answers.accepted(outcome)}
    if outcome.error is not None:
        return {**of_refusal(outcome.error).document(), "accepted": False, **told}
    if not outcome.breakdown:  # a good line of an atomic batch in which another one was refused
        return {**Problem(424, "undone", outcome.message).document(), "accepted": False, **told}
    return {**of_decline(outcome).document(), **told}


def _undone(told: dict[str, Any]) -> Problem:
    failed = [result for result in told["results"] if result["status"] not in (200, 424)]
    first = failed[0]
    return Problem(
        first["status"],
        first["reason"],
        f"Nothing of the batch was posted, since {len(failed)} of {len(told['results'])} lines were refused. "
        f"The first one, {first['key']}: {first['detail']}",
        results=told["results"],
    )


def _original(body: Refund) -> Transaction:
    lines = Transaction.objects.filter(pk=body.transaction, wallet__wallet_id=body.wallet)
    line = lines.select_related("wallet").first()
    if line is None:
        message = "The wallet has no such transaction. Send the one that the charge was answered with."
        if archived := _archived(body.wallet):
            message += f" {archived.words} One of them cannot be refunded; give credit instead."
        raise BadInput("transaction", message, Reason.NOT_FOUND)
    return line


def _archived(wallet_id: str) -> telling.Archived | None:
    wallet = Wallet.objects.filter(wallet_id=wallet_id).first()
    return telling.of(wallet) if wallet else None
