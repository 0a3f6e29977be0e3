"""Payments."""

from typing import Literal

from django.http import HttpResponse
from django.utils import timezone
from ninja import Router

from credit.actions import charges, payments
from credit.api import shapes
from credit.api.charging import PaymentFields, answer
from credit.api.clients import ClientKey, SignedIn
from credit.api.fields import Key, key_of
from credit.models import PaymentMethod

router = Router(tags=["Payments"])
Method = Literal[tuple(PaymentMethod.values)]  # type: ignore[valid-type]


class Payment(PaymentFields):
    method: Method | None = None  # type: ignore[valid-type]


@router.post("/payments", auth=ClientKey("pay"), response=shapes.Paid, summary="Record a payment")
def record_payment(request: SignedIn, body: Payment, key: Key) -> HttpResponse:
    """Money that has arrived. The same reference, amount and date again is the same payment, under any key."""
    line = payments.PaymentLine(**body.__dict__, key=key_of(key))
    (outcome,) = charges.post(lines=[line], by=request.auth, now=timezone.now)
    return answer(outcome)
