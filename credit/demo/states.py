"""What the staff did about some of the many: a temporary limit, a suspension, a closed wallet."""

from datetime import datetime, timedelta
from typing import Any

from credit.actions import invoices, limits, statuses, wallets
from credit.demo.crowd import Member
from credit.demo.market import text
from credit.demo.people import MANAGER, OFFICER
from credit.demo.stories import Stage
from credit.models import Invoice, InvoiceKind, Wallet
from credit.terms import ChangeReason

HELD_BACK = 6


def reached(stage: Stage, member: Member) -> None:
    """Puts on the agenda what brings the wallet into the state it should end in; the last thing that happens to it."""
    bring_about = {"temporary": _more_for_a_while, "suspended": _suspended, "closed": _closed}.get(
        member.ending
    )
    if bring_about:
        bring_about(stage, member, stage.calendar.ago(minutes=stage.chance.uniform(1, 4)))


def _wallet(member: Member) -> Wallet:
    return Wallet.objects.select_related("organization").get(wallet_id=member.wallet_id)


def _more_for_a_while(stage: Stage, member: Member, at: datetime) -> None:
    assert member.limit is not None
    more = member.limit + member.money.round_up(member.limit // 2)
    ends_at = stage.calendar.now + timedelta(hours=stage.chance.randrange(6, 700))
    told: dict[str, Any] = {
        "reason_code": ChangeReason.PAYMENT_PROMISED,
        "confirmed": True,
        "by": stage.actors[OFFICER],
    }

    def give(now: datetime) -> None:
        limits.set_limit(wallet=_wallet(member), amount=text(more), ends_at=ends_at, now=now, **told)

    stage.agenda.do(at, give)


def _suspended(stage: Stage, member: Member, at: datetime) -> None:
    told: dict[str, Any] = {
        "reason_code": ChangeReason.RISK,
        "reason": "Reminders without an answer.",
        "by": stage.actors[OFFICER],
    }

    def suspend(now: datetime) -> None:
        organization = _wallet(member).organization
        if organization.status == "active":
            statuses.suspend(organization=organization, now=now, **told)

    stage.agenda.do(at, suspend)


def _closed(stage: Stage, member: Member, at: datetime) -> None:
    told: dict[str, Any] = {
        "reason_code": ChangeReason.CONTRACT,
        "reason": "Contract ended.",
        "by": stage.actors[MANAGER],
    }
    stage.agenda.do(at, lambda now: wallets.close_wallet(wallet=_wallet(member), now=now, **told))


def hold_some_back(stage: Stage, at: datetime) -> None:
    """The largest drafts of the month, which somebody wants to look at before they go out."""
    drafts = Invoice.objects.filter(issued_at=None, kind=InvoiceKind.MONTHLY, created_at=at)
    crowd = drafts.filter(wallet__wallet_id__gte="W-4072").order_by("-total_micros", "pk")
    for draft in crowd[:HELD_BACK]:
        invoices.hold_back(invoice=draft, reason="Three times the usual", by=stage.actors[MANAGER], now=at)
