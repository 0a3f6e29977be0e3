"""The equation strip: the parts of usable credit as the rule gave them, each with one line of why."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from credit import display
from credit.models import Wallet
from credit.terms import LimitState, PaymentMode, Scheme


@dataclass(frozen=True)
class Term:
    label: str
    about: str  # where the guide says what it is
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
        _("Debt: charged more than was paid in")
        if wallet.balance_micros < 0
        else _("Paid in, less what was charged")
    )
    return Term(_("Balance"), "balance", wallet.balance_micros, why)


def _limit(wallet: Wallet, op: str) -> Term:
    state = wallet.limit_state
    if state == LimitState.UNLIMITED:
        return Term(_("Credit limit"), "credit-limit", None, _("No bound"), op, words=_("Unlimited"))
    if state == LimitState.NOT_SET:
        return Term(_("Credit limit"), "credit-limit", 0, _("Counts as 0: no credit"), op, words=_("Not set"))
    if state == LimitState.TEMPORARY:
        return Term(
            _("Credit limit"),
            "credit-limit",
            wallet.effective_limit_micros,
            falls_back(wallet),
            op,
            until=wallet.limit_ends_at,
        )
    return Term(_("Credit limit"), "credit-limit", wallet.effective_limit_micros, _("Permanent"), op)


def falls_back(wallet: Wallet) -> str:
    """What holds after the temporary limit in force."""
    if wallet.falls_back_to_micros is None:
        return _("then unlimited")
    if not wallet.falls_back_to_micros and wallet.permanent_limit_micros is None:
        return _("then not set")
    return _("then %(falls_back_to)s") % {
        "falls_back_to": display.amount(wallet.falls_back_to_micros, wallet.currency)
    }


def _unbilled(wallet: Wallet, now: datetime) -> Term:
    what = _("calls, SMS, fax, numbers") if wallet.scheme == Scheme.INDIVIDUAL else _("everything charged")
    return Term(
        _("Unbilled"),
        "unbilled",
        wallet.live_unbilled_micros,
        f"{_month(now, wallet.time_zone)}: {what}",
        "−",
    )


def _overpayment(wallet: Wallet) -> Term:
    if wallet.due_micros:
        due = display.amount(wallet.due_micros, wallet.currency)
        why = _("The %(due)s due does not count here") % {"due": due}
    else:
        why = (
            _("Paid more than is due")
            if wallet.overpayment_micros
            else _("Nothing is overpaid, nothing is due")
        )
    return Term(_("Overpayment"), "overpayment", wallet.overpayment_micros, why, "+")


def _reserved(wallet: Wallet, holds: int) -> Term:
    why = _("%(holds)s in progress") % {"holds": holds} if holds else _("Nothing in progress")
    return Term(_("Reserved"), "reserved", wallet.live_reserved_micros, why, "−")


def _month(instant: datetime, zone: str) -> str:
    return display.month_name(display.local(instant, zone))
