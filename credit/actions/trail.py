"""What is written into the audit trail besides the changes of a wallet's own columns."""

from datetime import datetime
from typing import Any

from credit.actors import Actor
from credit.models import Change, Transaction, Wallet
from credit.models.change import MONEY_VERBS


def is_told(line: Transaction, by: Actor) -> bool:
    """Money that a person moved. Systems move money by the thousand: their lines say who posted them."""
    return by.user is not None and line.kind in MONEY_VERBS


def of_line(line: Transaction, by: Actor, reason_code: str = "") -> Change:
    """A person's ledger line as an entry: from where it was posted, and the current balance before and after."""
    after = line.current_balance_after_micros
    return Change(
        organization_id=line.wallet.organization_id,
        wallet=line.wallet,
        at=line.posted_at,
        verb=line.kind,
        reason_code=reason_code,
        reason=line.reason,
        before={"current_balance_micros": after - line.amount_micros},
        after={
            "current_balance_micros": after,
            "amount_micros": line.amount_micros,
            "line": line.sequence,
            **({"reference": line.reference} if line.reference else {}),
        },
        **by.signature(),
    )


def of_record(
    verb: str,
    *,
    organization_id: int | None = None,
    wallet: Wallet | None = None,
    reason: str = "",
    by: Actor,
    at: datetime,
    before: dict[str, Any],
    after: dict[str, Any],
) -> Change:
    """Written at once: what decides about no money, such as a customer's name or when somebody is told."""
    return Change.objects.create(
        organization_id=organization_id,
        wallet=wallet,
        at=at,
        verb=verb,
        reason=reason,
        before=before,
        after=after,
        **by.signature(),
    )


def of_portal(
    verb: str, *, by: Actor, at: datetime, before: dict[str, Any] | None = None, after: dict[str, Any]
) -> Change:
    """Written at once: what concerns the portal itself and no customer, such as an API client or a locked month."""
    return of_record(verb, by=by, at=at, before=before or {}, after=after)
