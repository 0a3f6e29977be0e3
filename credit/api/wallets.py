"""A wallet's numbers by the one rule, written down for a caller."""

from datetime import datetime
from typing import Any

from credit.actions.limit_plans import as_settled
from credit.actions.refusals import BadInput
from credit.api.answers import money
from credit.models import Transaction, Wallet
from credit.terms import PaymentMode, Reason

# product.md section 2: sign and word of each part of usable, with the rule's name for it.
_PREPAID = [("+", "balance", "balance_micros"), ("-", "reserved", "live_reserved_micros")]
_POSTPAID = [
    ("-", "unbilled", "live_unbilled_micros"),
    ("+", "overpayment", "overpayment_micros"),
    ("-", "reserved", "live_reserved_micros"),
]
_TEXTS = {
    PaymentMode.PREPAID: "usable = balance - reserved + effective limit",
    PaymentMode.POSTPAID: "usable = effective limit - unbilled + overpayment - reserved",
}


def by_id(wallet_id: str) -> Wallet:
    found = Wallet.objects.select_related("organization").filter(wallet_id=wallet_id).first()
    if found is None:
        raise BadInput("wallet", f"Wallet {wallet_id!r} is not known. Check the Wallet ID.", Reason.NOT_FOUND)
    return found


def at(wallet: Wallet, instant: datetime) -> Any:
    """Row and numbers anew."""
    return Wallet.objects.at(instant).select_related("organization").get(pk=wallet.pk)


def identity(wallet: Wallet) -> dict[str, Any]:
    organization = wallet.organization
    return {
        "wallet": wallet.wallet_id,
        "organization": {
            "name": organization.name,
            "uuid": str(organization.uuid),
            "status": wallet.organization_status,
            "time_zone": wallet.time_zone,
        },
        "currency": wallet.currency,
        "payment_mode": wallet.mode,
        "invoicing_scheme": wallet.scheme or None,
        "is_closed": wallet.closed_at is not None,
    }


def numbers(wallet: Any, instant: datetime) -> dict[str, Any]:
    """`wallet` carries the rule's names at the instant."""
    return {
        **identity(wallet),
        "at": instant,
        "balance": money(wallet.balance_micros),
        "unbilled": money(wallet.live_unbilled_micros),
        "closing": money(wallet.live_closing_micros),
        "reserved": money(wallet.live_reserved_micros),
        "due": money(wallet.due_micros),
        "overpayment": money(wallet.overpayment_micros),
        "current_balance": money(wallet.current_balance_micros),
        "own_money": money(wallet.own_money_micros),
        "used": money(wallet.used_micros),
        "used_percent": wallet.used_percent,
        "usable": money(wallet.usable_micros),
        "unlimited": wallet.usable_micros is None,
        "standing": wallet.standing,
        "version": wallet.live_version,
        "formula": _formula(wallet),
        "limits": _limits(wallet, instant),
    }


def line(one: Transaction) -> dict[str, Any]:
    return {
        "transaction": one.pk,
        "sequence": one.sequence,
        "posted_at": one.posted_at,
        "occurred_at": one.occurred_at,
        "kind": one.kind,
        "amount": money(one.amount_micros),
        "current_balance_after": money(one.current_balance_after_micros),
        "counted": one.counted,
        "overrun": one.overrun,
        "reference": one.reference,
        "description": one.description,
        "reason": one.reason,
        "corrects": one.original_id,
        "by": one.by_name,
    }


def _limits(wallet: Any, instant: datetime) -> dict[str, Any]:
    """What is in force, and each slot as a writer would find it: one that the clock has ended is gone."""
    as_settled(wallet, instant)
    state = {
        "state": wallet.limit_state,
        "effective": money(wallet.effective_limit_micros),
        "ends_at": wallet.limit_ends_at,
        "falls_back_to": money(wallet.falls_back_to_micros),
    }
    return {
        **state,
        "permanent": _permanent(wallet),
        "temporary": _slot(wallet, "temporary"),
        "scheduled": _slot(wallet, "scheduled"),
    }


def _permanent(wallet: Wallet) -> dict[str, Any] | None:
    if wallet.permanent_limit_micros is None and not wallet.limit_unlimited:
        return None
    return {"amount": money(wallet.permanent_limit_micros), "unlimited": wallet.limit_unlimited}


def _slot(wallet: Wallet, slot: str) -> dict[str, Any] | None:
    if getattr(wallet, f"{slot}_ends_at") is None:
        return None
    return {
        "amount": money(getattr(wallet, f"{slot}_limit_micros")),
        "starts_at": getattr(wallet, f"{slot}_starts_at"),
        "ends_at": getattr(wallet, f"{slot}_ends_at"),
    }


def _formula(wallet: Any) -> dict[str, Any]:
    parts = [_term(sign, name, getattr(wallet, column)) for sign, name, column in _parts(wallet)]
    limit = _term("+", "effective limit", wallet.effective_limit_micros)
    terms = [*parts, limit] if wallet.mode == PaymentMode.PREPAID else [limit, *parts]
    return {"text": _TEXTS[PaymentMode(wallet.mode)], "terms": terms}


def _parts(wallet: Wallet) -> list[tuple[str, str, str]]:
    return _PREPAID if wallet.mode == PaymentMode.PREPAID else _POSTPAID


def _term(sign: str, name: str, micros: int | None) -> dict[str, Any]:
    return {"sign": sign, "name": name, "amount": money(micros), "unlimited": micros is None}
