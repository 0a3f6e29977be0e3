"""What happens to payments of invoices: one bounces, one is put on another invoice by a person."""

from datetime import datetime
from typing import Any

from credit.actions import allocations
from credit.demo.people import OFFICER
from credit.models import Invoice, Transaction, Wallet
from credit.terms import Kind


def direct_debit_returned(scene: Any) -> None:
    """The month's invoice was paid, and is open again."""
    story = scene.postpaid("consolidated")
    story.live_postpaid(scene.of(60), scene.of(55), cash=True)
    story.pay(story.lately(0.5), scene.of(55), "DD-11", remark="Direct debit")
    story.reverse(story.lately(0.7), "DD-11", "Direct debit returned")
    story.running_usage(scene.of(30))


def paid_for_one_invoice_of_several(scene: Any) -> None:
    """The customer wrote which invoice it pays, and it is not the oldest."""
    calendar = scene.stage.calendar
    story = scene.postpaid("individual")
    story.usage(1, scene.of(40))
    story.charge(calendar.in_month(1, 8.3), scene.of(8), Kind.HARDWARE, description="4 desk phones")
    story.charge(calendar.in_month(1, 11.3), scene.of(5), Kind.SUBSCRIPTION, description="PBX, 20 seats")
    story.pay(story.lately(0.4), scene.of(5), "PBX-11", remark="For the PBX")
    by = scene.by(OFFICER)

    def move(wallet: Wallet, now: datetime) -> None:
        payment = Transaction.objects.get(wallet=wallet, reference="PBX-11")
        invoice = Invoice.objects.get(wallet=wallet, transactions__kind=Kind.SUBSCRIPTION)
        told: dict[str, Any] = {"reason": "As the customer wrote", "by": by, "now": now}
        allocations.reallocate(line=payment, amounts={invoice.pk: scene.of(5)}, **told)

    story.do(story.lately(0.45), move)
    story.running_usage(scene.of(20))
