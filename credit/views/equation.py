"""The equation strip: the parts of usable credit as the rule gave them, each with one line of why."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from credit import display
from credit.models import Wallet
from credit.terms import LimitState, PaymentMode, Scheme


@dataclass(frozen=True)
class Term:
    label: str
    micros: int | None
    why: str = ""
    op: str = ""
    words: str = ""
    until: datetime | None = None


def terms(wallet: Wallet, holds: int, now: datetime) -> list[Term]:
    """All but the result, in the order in which they are added up (product.md section 2)."""
    if wallet.mode == PaymentMode.PREPAID:
        return [_balance(wallet), _reserved(wallet, holds), _limit(wallet, "+")]
    return [_limit(wallet, ""), _unbilled(wallet, now), _overpayment(wallet), _reserved(wallet, holds)]


def _balance(wallet: Wallet) -> Term:
    why = (
        "Debt: charged more than was paid in"
        if wallet.balance_micros < 0
        else "Paid in, less what was charged"
    )
    return Term("Balance", wallet.balance_micros, why)


def _limit(wallet: Wallet, op: str) -> Term:
    state = wallet.limit_state
    if state == LimitState.UNLIMITED:
        return Term("Credit limit", None, "No bound", op, words="Unlimited")
    if state == LimitState.NOT_SET:
        return Term("Credit limit", 0, "Counts as 0: no credit", op, words="Not set")
    if state == LimitState.TEMPORARY:
        return Term(
            "Credit limit", wallet.effective_limit_micros, falls_back(wallet), op, until=wallet.limit_ends_at
        )
    return Term("Credit limit", wallet.effective_limit_micros, "Permanent", op)


def falls_back(wallet: Wallet) -> str:
    """What holds after the temporary limit in force."""
    if wallet.falls_back_to_micros is None:
        return "then unlimited"
    return f"then {display.amount(wallet.falls_back_to_micros, wallet.currency)}"


def _unbilled(wallet: Wallet, now: datetime) -> Term:
    what = "calls, SMS, fax, numbers" if wallet.scheme == Scheme.INDIVIDUAL else "everything charged"
    return Term("Unbilled", wallet.live_unbilled_micros, f"{_month(now, wallet.time_zone)}: {what}", "−")


def _overpayment(wallet: Wallet) -> Term:
    if wallet.due_micros:
        due = display.amount(wallet.due_micros, wallet.currency)
        why = f"The {due} due does not count here"
    else:
        why = "Paid more than is due" if wallet.overpayment_micros else "Nothing is overpaid, nothing is due"
    return Term("Overpayment", wallet.overpayment_micros, why, "+")


def _reserved(wallet: Wallet, holds: int) -> Term:
    why = f"{holds} in progress" if holds else "Nothing in progress"
    return Term("Reserved", wallet.live_reserved_micros, why, "−")


def _month(instant: datetime, zone: str) -> str:
    return f"{instant.astimezone(ZoneInfo(zone)):%B}"
