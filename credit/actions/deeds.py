"""What an approved request does: the verb that was refused, called again with all that was typed, by the approver."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from credit.actions import corrections, credits, limits, modes, transfers, withdrawals
from credit.actions.books import Now
from credit.actions.outcome import Outcome
from credit.actions.refusals import Refused
from credit.actors import Actor
from credit.languages import Said as _
from credit.models import ChangeRequest, Transaction, Wallet
from credit.money import to_decimal
from credit.terms import ChangeReason, Reason

LONGEST_REASON = 255


@dataclass(frozen=True)
class Deed:
    """One approval: the request, who approves, and what they saw."""

    request: ChangeRequest
    by: Actor
    now: Now
    version: int | None
    confirmed: bool

    @property
    def wish(self) -> Mapping[str, Any]:
        wish: Mapping[str, Any] = self.request.wish
        return wish

    @property
    def who(self) -> dict[str, Any]:
        return {"by": self.by, "now": self.now}

    @property
    def reason(self) -> str:
        """The requester's words and name: the line or the limit stands under the approver's."""
        asked_by = _("asked for by %(name)s") % {"name": self.request.by_name}
        words = self.request.reason[: LONGEST_REASON - len(asked_by) - 3]
        return f"{words} ({asked_by})" if words else asked_by

    @property
    def told(self) -> dict[str, Any]:
        return {**self.why, "version": self.version}

    @property
    def why(self) -> dict[str, Any]:
        """What was asked for before a code was due has none."""
        return {"reason_code": self.request.reason_code or ChangeReason.OTHER, "reason": self.reason}

    def amount(self) -> Any:
        return None if self.wish["amount"] is None else to_decimal(self.wish["amount"])


def instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def wish_of_limit(wish: Mapping[str, Any]) -> dict[str, Any]:
    """The kept wish as `limits.set_limit` and `preview_limit` take it."""
    amount = None if wish["amount"] is None else to_decimal(wish["amount"])
    span = {name: instant(wish[name]) for name in ("ends_at", "starts_at")}
    review_on = date.fromisoformat(wish["review_on"]) if wish["review_on"] else None
    return {
        "amount": amount,
        "unlimited": wish["unlimited"],
        "days": wish["days"],
        "review_on": review_on,
        **span,
    }


def _set_limit(deed: Deed) -> None:
    wish = wish_of_limit(deed.wish)
    limits.set_limit(wallet=deed.request.wallet, **wish, **deed.told, confirmed=deed.confirmed, **deed.who)


def _end_temporary(deed: Deed) -> None:
    slot = deed.wish["slot"]
    limits.end_temporary(
        wallet=deed.request.wallet, slot=slot, **deed.told, confirmed=deed.confirmed, **deed.who
    )


def _change_mode(deed: Deed) -> None:
    modes.change_mode(wallet=deed.request.wallet, **deed.wish, **deed.told, **deed.who)


def _money(verb: Callable[..., Outcome]) -> Callable[[Deed], Outcome]:
    def do(deed: Deed) -> Outcome:
        said = {"amount": deed.amount(), **deed.why, "reference": deed.wish.get("reference", "")}
        return verb(wallet=deed.request.wallet, **said, **deed.who)

    return do


def _transfer(deed: Deed) -> Outcome:
    target = Wallet.objects.get(wallet_id=deed.wish["target"])
    said = {"amount": deed.amount(), **deed.why, "reference": deed.wish.get("reference", "")}
    return transfers.transfer(source=deed.request.wallet, target=target, **said, **deed.who)


def _refund(deed: Deed) -> Outcome:
    line = _line(deed)
    return corrections.refund(transaction=line, amount=deed.amount(), **deed.why, **deed.who)


def _reverse(deed: Deed) -> Outcome:
    return corrections.reverse(transaction=_line(deed), **deed.why, **deed.who)


def _line(deed: Deed) -> Transaction:
    """An old charge may have left for the archive since."""
    lines = Transaction.objects.of(deed.request.wallet).select_related("invoice", "counterpart", "wallet")
    line = lines.filter(pk=deed.wish["transaction"]).first()
    if line is None:
        raise Refused(Reason.NOT_FOUND, _("The line is no longer in the ledger. Reject the request."))
    return line


@dataclass(frozen=True)
class Asked:
    """A verb that can be asked for: the right it needs, and what does it."""

    right: str
    do: Callable[[Deed], Outcome | None]


DEEDS: dict[str, Asked] = {
    "set_limit": Asked("credit.set_credit_limit", _set_limit),
    "end_temporary_limit": Asked("credit.set_credit_limit", _end_temporary),
    "change_payment_mode": Asked("credit.change_payment_mode", _change_mode),
    "give_credit": Asked("credit.adjust_credit", _money(credits.give_credit)),
    "withdrawal": Asked("credit.withdraw_money", _money(withdrawals.withdraw)),
    "write_off": Asked("credit.write_off_debt", _money(withdrawals.write_off)),
    "transfer": Asked("credit.withdraw_money", _transfer),
    "refund": Asked("credit.correct_transactions", _refund),
    "reversal": Asked("credit.correct_transactions", _reverse),
}
